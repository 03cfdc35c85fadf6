import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import Projections
import ServiceKit

/// Makes payment orders: finds out what is owed for each line and to whom the money goes.
struct OrderDesk: Sendable {
    let kit: ServiceContext
    let directory: DirectoryProjection
    let access: DuesAccess
    let policies: Policies
    let gateways: GatewayRegistry
    let lifetime: TimeInterval
    let maximumLines: Int
    let monthsAhead: Int
    /// Whether dues are paid electronically where no organisation says from when.
    let isElectronicByDefault: Bool
    /// Called after a commit that asks a gateway for a payer's page.
    let pagesAsked: WakeUp

    struct NewOrder: Decodable, Sendable {
        struct Line: Decodable, Sendable {
            let memberId: MemberID
            let month: DuesMonth
        }

        let lines: [Line]
        let gateway: String
    }

    func create(
        _ body: NewOrder, by caller: Caller, payer: MemberID, from address: String?,
        in transaction: PostgresTransaction
    ) async throws -> PaymentOrder {
        let now = kit.time.now
        guard try await directory.member(payer, in: transaction)?.mayEnter ?? true else { throw Problem.accountClosed }
        guard let gateway = gateways[body.gateway] else {
            throw Self.refused([
                InvalidValue(
                    field: "gateway", rule: "gateway.unknown", vietnamese: "Không có cổng thanh toán này.",
                    english: "There is no such gateway.")
            ])
        }
        let rules = OrderRules(minimum: gateway.minimum, maximumLines: maximumLines, monthsAhead: monthsAhead)
        let keys = body.lines.map { DuesKey(memberId: $0.memberId, month: $0.month) }
        try Self.require(rules.faults(in: keys, present: DuesMonth(containing: now)))
        let members = try await members(keys, caller, in: transaction)
        let lines = try await lines(keys, members, in: transaction)
        try Self.require(rules.faults(in: lines))
        let payee = try await payee(of: lines, Day(containing: now), in: transaction)
        if gateway.needsPayeeAccount, payee.account == nil { throw Self.refused([Self.noAccount]) }
        let order = PaymentOrder(
            orderId: kit.ids.next(at: now), reference: .make(month: DuesMonth(containing: now)), state: .open,
            channel: gateway.name, payerMemberId: payer, payeeId: payee.id, payeeAccount: payee.account, lines: lines,
            total: lines.map(\.amount).sum(), createdAt: now, expiresAt: now.addingTimeInterval(lifetime), version: 1)
        _ = try await transaction.pipeline(order.insertions)
        if gateway.paymentURL(for: PaymentRequest(order, payerAddress: address)) == nil {
            try await transaction.execute(PageRequestRows.insertion(order, payerAddress: address))
            transaction.afterCommit { pagesAsked.call() }
        }
        try await kit.outbox.append(
            order.created, key: order.orderId.value, version: order.version, context: kit.eventContext(),
            in: transaction)
        try await kit.audit.record(
            "payment-order.created", subject: "\(order.orderId)", actor: caller.subject, in: transaction)
        return order
    }

    static func refused(_ faults: [InvalidValue]) -> Problem {
        Problem.invalidFields.with(errors: faults.map { FieldError($0) })
    }

    private static let noAccount = InvalidValue(
        field: "gateway", rule: "gateway.no-account",
        vietnamese: "Cổng này chuyển tiền vào tài khoản của đơn vị thu, mà đơn vị chưa có tài khoản.",
        english: "This gateway pays to the payee's account, and none is known.")

    static func require(_ faults: [InvalidValue]) throws {
        guard faults.isEmpty else { throw refused(faults) }
    }

    /// The members of the lines; whoever pays for another must have a role for it.
    private func members(
        _ keys: [DuesKey], _ caller: Caller, in transaction: PostgresTransaction
    ) async throws -> [MemberID: MemberState] {
        for member in Set(keys.map(\.memberId)).sorted() {
            try await access.requirePayer(for: member, caller, in: transaction)
        }
        return try await members(keys, in: transaction)
    }

    /// The members of the lines.
    func members(_ keys: [DuesKey], in transaction: PostgresTransaction) async throws -> [MemberID: MemberState] {
        var members: [MemberID: MemberState] = [:]
        for (index, key) in keys.enumerated() where members[key.memberId] == nil {
            guard let state = try await directory.member(key.memberId, in: transaction) else {
                throw Self.refused([
                    InvalidValue(
                        field: "lines[\(index)].memberId", rule: "member.unknown",
                        vietnamese: "Không tìm thấy đảng viên.", english: "The member is not known.")
                ])
            }
            members[key.memberId] = state
        }
        return members
    }

    /// Where the money goes: to the account of the cell, else of its nearest superior that has one; while no account is
    /// known to the nearest committee, whose account the gateway's contract names.
    private func payee(
        of lines: [OrderLine], _ today: Day, in transaction: PostgresTransaction
    ) async throws -> Payee {
        var payees: Set<Payee> = []
        for cell in Set(lines.map(\.cellId)) {
            let path = try await directory.path(from: cell, in: transaction)
            if let fault = OrganizationState.Activation.fault(
                of: .dues, above: path, isElectronicByDefault: isElectronicByDefault, today: today)
            {
                throw Self.refused([fault.renamed(field: "lines")])
            }
            let withAccount = path.lazy.compactMap { organization in
                organization.account(on: today).map { Payee(id: organization.organizationId, account: $0) }
            }.first
            payees.insert(
                withAccount ?? Payee(id: path.first { !$0.type.isCell }?.organizationId ?? cell, account: nil))
        }
        guard let payee = payees.first, payees.count == 1 else {
            throw Self.refused([
                InvalidValue(
                    field: "lines", rule: "order.several-payees",
                    vietnamese: "Các khoản thuộc nhiều đơn vị thu khác nhau; hãy tách lệnh.",
                    english: "The lines go to several payees; make an order for each.")
            ])
        }
        return payee
    }
}

/// Who receives the money, and where.
private struct Payee: Hashable {
    let id: OrganizationID
    let account: PayeeAccount?
}

extension OrganizationState {
    /// The account in use on a day.
    func account(on day: Day) -> PayeeAccount? {
        bankAccounts.first { $0.from <= day && day <= $0.to ?? day }.map {
            PayeeAccount(bankCode: $0.bankCode, accountNumber: $0.accountNumber, holderName: $0.holderName)
        }
    }
}

extension PaymentOrder {
    /// The statements that write a new order.
    var insertions: [SQL] {
        [
            """
            INSERT INTO payment_orders (order_id, reference, state, channel, payer_member_id, payee_id, payee_bank,
                payee_account, payee_holder, total, created_at, expires_at, version)
            VALUES (\(orderId), \(reference), \(state.rawValue), \(channel), \(payerMemberId), \(payeeId),
                \(payeeAccount?.bankCode), \(payeeAccount?.accountNumber), \(payeeAccount?.holderName), \(total),
                \(createdAt), \(expiresAt), \(version))
            """,
            """
            INSERT INTO order_lines (order_id, position, member_id, month, cell_id, amount, assessment_id)
            SELECT \(orderId), l.* FROM unnest(\(lines.indices.map { Int16($0) }), \(lines.map(\.key.memberId)),
                \(lines.map(\.key.month)), \(lines.map(\.cellId)), \(lines.map(\.amount)), \(lines.map(\.assessmentId)))
                AS l
            """,
        ]
    }
}
