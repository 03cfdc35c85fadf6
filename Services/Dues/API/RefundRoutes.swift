import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import Projections
import ServiceKit

/// Refunds over HTTP, for officers of the office of the payee or of one above it: asked for by one person, decided by
/// another, shown.
struct RefundRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess
    let gateways: GatewayRegistry
    let booking: RefundBooking
    /// Called after a commit that has a refund to send.
    let refundsDue: WakeUp

    func add(to router: Router<HosoRequestContext>) {
        router.post("/v1/payments/:id/refunds") { try await request($0, $1) }
        router.get("/v1/refunds") { try await list($0, $1) }
        router.get("/v1/refunds/:id") { try await show($0, $1) }
        router.post("/v1/refunds/:id/approval") { request, context in
            let (officer, id) = (try context.requireMember(), try refundID(context))
            return try await kit.idempotent(request, context, options: Self.repeated) { _, transaction in
                try await approve(id, officer, in: transaction)
            }
        }
        for (path, step) in [("rejection", RefundStep.reject), ("withdrawal", .withdraw)] {
            router.post(.init("/v1/refunds/:id/\(path)")) { request, context in
                let (officer, id) = (try context.requireMember(), try refundID(context))
                return try await kit.idempotent(request, context, as: Reason.self, options: Self.repeated) {
                    body, transaction in
                    try await decide(step, id, body.reason, officer, in: transaction)
                }
            }
        }
        router.post("/v1/refunds/:id/outcome") { request, context in
            let (officer, id) = (try context.requireMember(), try refundID(context))
            return try await kit.idempotent(request, context, as: Outcome.self, options: Self.repeated) {
                body, transaction in
                try await decide(body.moneyHasGone ? .confirm : .deny, id, body.reason, officer, in: transaction)
            }
        }
    }

    /// Whatever an import of a settlement file meets crosswise is done again.
    private static let repeated = TransactionOptions(attempts: 3)

    private typealias Officer = (caller: Caller, id: MemberID)

    private struct NewRefund: Decodable, Sendable {
        struct Line: Decodable, Sendable {
            let memberId: MemberID
            let month: DuesMonth
        }

        let kind: RefundKind
        /// Of single lines only.
        let lines: [Line]?
        /// Of a reversal only: what the gateway took back; what files say where nothing is said.
        let amount: Dong?
        let reason: String
    }

    private struct Reason: Decodable, Sendable {
        let reason: String
    }

    /// What a person found out about a refund of which the gateway tells nothing.
    private struct Outcome: Decodable, Sendable {
        let moneyHasGone: Bool
        let reason: String
    }

    private struct Page: Encodable {
        let items: [RefundView]
        /// Give it as `after` for the next page; absent on the last one.
        let next: RefundID?
    }

    private func refundID(_ context: HosoRequestContext) throws -> RefundID {
        guard let id = context.parameters.get("id").flatMap({ RefundID($0) }) else { throw Problem.notFound }
        return id
    }

    private func request(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let officer = try context.requireMember()
        guard let payment = context.parameters.get("id").flatMap({ PaymentID($0) }) else { throw Problem.notFound }
        return try await kit.idempotent(request, context, as: NewRefund.self, options: Self.repeated) {
            try await take($0, of: payment, officer, in: $1)
        }
    }

    private func take(
        _ body: NewRefund, of payment: PaymentID, _ officer: Officer, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let reason = try EnteredText.line(body.reason, field: "reason")
        guard let row = try await RefundablePaymentRow.lock(payment, in: transaction) else { throw Problem.notFound }
        try await requireOffice(of: row.order.payeeId, payer: row.order.payerMemberId, officer, in: transaction)
        try Self.requireNoCash(row)
        var amount = body.amount
        if body.kind == .reversal { amount = try await reversal(of: row, amount: amount, in: transaction) }
        let refund = try refund(body, amount, of: row, by: officer)
        _ = try await transaction.pipeline(RefundRow.insertions(refund, of: row, reason: reason, at: kit.time.now))
        return try await answer(.created, refund.refundId, "requested", officer, in: transaction)
    }

    /// The refund that is asked for, once it can go.
    private func refund(
        _ body: NewRefund, _ amount: Dong?, of row: RefundablePaymentRow, by officer: Officer
    ) throws -> Refund {
        let keys = (body.lines ?? []).map { DuesKey(memberId: $0.memberId, month: $0.month) }
        let refund = Refund(
            refundId: kit.ids.next(at: kit.time.now), kind: body.kind,
            parts: try row.refundable.parts(of: body.kind, lines: keys, amount: amount), requestedBy: officer.id)
        try requireWay(of: row, for: refund)
        return refund
    }

    /// What goes to a payer's instrument goes through the gateway by which it came, and not while that gateway took money
    /// back that nobody noted.
    private func requireWay(of row: RefundablePaymentRow, for refund: Refund) throws(InvalidValue) {
        guard refund.kind != .reversal else { return }
        try Self.requireNothingTaken(row)
        try requireGateway(of: row, for: refund)
    }

    private static func requireNoCash(_ row: RefundablePaymentRow) throws {
        guard row.order.channel != PaymentOrder.cash else {
            throw InvalidValue(
                field: "paymentId", rule: "refund.cash",
                vietnamese: "Khoản nộp bằng tiền mặt không qua cổng thanh toán nên không hoàn qua cổng được.",
                english: "A payment in cash came through no gateway and does not go back through one.")
        }
    }

    private static func requireNothingTaken(_ row: RefundablePaymentRow) throws(InvalidValue) {
        guard row.reversed.takenBack == .zero else {
            throw InvalidValue(
                field: "kind", rule: "refund.taken-back",
                vietnamese: "Cổng đã tự thu hồi tiền của khoản này; hãy ghi nhận việc thu hồi trước.",
                english: "The gateway took money of this payment back by itself; note that reversal first.")
        }
    }

    /// How much a reversal notes; it is of what somebody told.
    ///
    /// - Parameter own: of the reversal itself, when it was asked for already.
    private func reversal(
        of row: RefundablePaymentRow, amount: Dong?, own: Dong = .zero, in transaction: PostgresTransaction
    ) async throws -> Dong? {
        guard let told = try await ToldReversal.read(of: row, besides: own, in: transaction) else {
            throw InvalidValue(
                field: "kind", rule: "refund.no-reversal-told",
                vietnamese: "Chưa có thông báo hoặc tệp đối soát nào cho biết cổng đã thu hồi khoản này.",
                english: "No callback and no settlement file has told that the gateway took this payment back.")
        }
        return try told.amount(asked: amount)
    }

    private func requireGateway(of row: RefundablePaymentRow, for refund: Refund) throws(InvalidValue) {
        guard !row.cameOtherwise else {
            throw InvalidValue(
                field: "paymentId", rule: "refund.came-otherwise",
                vietnamese: "Tiền của khoản này không đến qua cổng của lệnh thanh toán nên cổng đó không hoàn được.",
                english: "The money of this payment did not come through the gateway of its order.")
        }
        guard let gateway = gateways[row.order.channel] as? any RefundingGateway, gateway.refundURL != nil else {
            throw InvalidValue(
                field: "kind", rule: "refund.gateway-cannot",
                vietnamese: "Cổng đã dùng để thanh toán không nhận yêu cầu hoàn tiền.",
                english: "The gateway of the payment takes no refunds.")
        }
        guard refund.amount >= gateway.refundMinimum else {
            throw InvalidValue(
                field: "amount", rule: "refund.below-minimum",
                vietnamese: "Số tiền hoàn dưới mức tối thiểu \(gateway.refundMinimum) của cổng.",
                english: "The refund is below the gateway's minimum of \(gateway.refundMinimum).")
        }
    }

    /// An officer of the payee's office or of one above it; nobody acts on his own payment.
    private func requireOffice(
        of payee: OrganizationID, payer: MemberID?, _ officer: Officer, in session: any PostgresQueryable
    ) async throws {
        guard payer != officer.id else { throw Problem.ownDues }
        guard try await access.directory.member(officer.id, in: session)?.mayEnter ?? true else {
            throw Problem.accountClosed
        }
        _ = try await access.requireOffice(officer.caller, asked: payee, in: session)
    }

    private func approve(
        _ id: RefundID, _ officer: Officer, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let row = try await locked(id, officer, in: transaction)
        if row.refund.state == .requested { try await requireStill(row, in: transaction) }
        let approved = try await taking(.approve, row, .init(person: officer.id, nextAt: kit.time.now), in: transaction)
        if row.refund.kind == .reversal {
            _ = try await taking(.noteReversal, approved, .init(), in: transaction)
        } else {
            transaction.afterCommit { refundsDue.call() }
        }
        return try await answer(.ok, id, "approved", officer, in: transaction)
    }

    /// What lines told since the refund was asked for: money that the gateway took back is not sent on top, and nobody notes
    /// more than was told.
    private func requireStill(_ row: RefundRow, in transaction: PostgresTransaction) async throws {
        guard let payment = try await RefundablePaymentRow.lock(row.paymentId, in: transaction) else {
            throw Problem.notFound
        }
        do {
            if row.refund.kind == .reversal {
                _ = try await reversal(of: payment, amount: row.amount, own: row.amount, in: transaction)
            } else {
                try Self.requireNothingTaken(payment)
            }
        } catch let fault as InvalidValue {
            throw Problem.refundStep(fault)
        }
    }

    private func decide(
        _ step: RefundStep, _ id: RefundID, _ reason: String, _ officer: Officer,
        in transaction: PostgresTransaction
    ) async throws -> Reply {
        let reason = try EnteredText.line(reason, field: "reason")
        let row = try await locked(id, officer, in: transaction)
        // What was sent once may have arrived, also when it waits to be sent again.
        guard step != .withdraw || row.sentAt == nil else { throw Problem.refundStep(Self.sentBefore) }
        _ = try await taking(step, row, .init(person: officer.id, reason: reason), in: transaction)
        let what =
            switch step {
            case .reject: "rejected"
            case .withdraw: "withdrawn"
            case .confirm: "confirmed"
            default: "denied"
            }
        return try await answer(.ok, id, what, officer, in: transaction)
    }

    private static let sentBefore = InvalidValue(
        field: "state", rule: "refund.sent", vietnamese: "Khoản hoàn đã từng được gửi đến cổng, không rút được nữa.",
        english: "The refund was sent to the gateway before and can no longer be withdrawn.")

    private func locked(
        _ id: RefundID, _ officer: Officer, in transaction: PostgresTransaction
    ) async throws -> RefundRow {
        guard let row = try await RefundRow.lock(id, in: transaction) else { throw Problem.notFound }
        try await requireOffice(of: row.payeeId, payer: row.payerMemberId, officer, in: transaction)
        return row
    }

    /// A step that the refund does not take is a conflict with what stands.
    private func taking(
        _ step: RefundStep, _ row: RefundRow, _ note: RefundBooking.Note, in transaction: PostgresTransaction
    ) async throws -> RefundRow {
        do {
            return try await booking.take(step, of: row, note, in: transaction)
        } catch let fault as InvalidValue {
            throw Problem.refundStep(fault)
        }
    }

    private func answer(
        _ status: HTTPResponse.Status, _ id: RefundID, _ what: String, _ officer: Officer,
        in transaction: PostgresTransaction
    ) async throws -> Reply {
        guard let row = try await RefundRow.find(id, in: transaction) else { throw Problem.notFound }
        try await kit.audit.record(
            "refund.\(what)", subject: "\(id)", actor: officer.caller.subject,
            details: ["paymentId": "\(row.paymentId)", "amount": "\(row.amount)"], in: transaction)
        return try .json(status, RefundView(row))
    }

    private func show(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let (caller, id) = (try context.requireCaller(), try refundID(context))
        guard let row = try await RefundRow.find(id, in: kit.pool) else { throw Problem.notFound }
        _ = try await access.requireOffice(caller, asked: row.payeeId, in: kit.pool)
        return try .json(.ok, RefundView(row))
    }

    private func list(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let caller = try context.requireCaller()
        let query = request.uri.queryParameters
        let word = query.get("state") ?? "all"
        let state = RefundState(rawValue: word)
        guard state != nil || word == "all" else {
            throw ListQuery.invalid("state", "không phải trạng thái hoàn tiền", "is no state of a refund")
        }
        let asked = try ListQuery(query)
        let scope = try await access.requireOffice(caller, asked: asked.organization, in: kit.pool)
        let rows = try await RefundRow.page(
            below: scope, state: state, after: asked.after, limit: asked.limit + 1, in: kit.pool)
        let shown = rows.prefix(asked.limit).map(RefundView.init)
        return try .json(.ok, Page(items: shown, next: rows.count > asked.limit ? shown.last?.refundId : nil))
    }
}

extension Problem {
    /// The refund is in another state, or its second person is the first.
    fileprivate static func refundStep(_ fault: InvalidValue) -> Problem {
        Problem(
            .conflict, id: "refund-step", vietnamese: "Khoản hoàn tiền không thể thực hiện bước này",
            english: "The refund does not take this step", errors: [FieldError(fault)])
    }
}
