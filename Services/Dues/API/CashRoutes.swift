import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import Postgres
import Projections
import ServiceKit

/// Cash over HTTP: the cash-book, and what is handed on or paid in at a bank.
struct CashRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/organizations/:id/cash-book/:month") { try await book($0, $1) }
        router.get("/v1/organizations/:id/cash-batches") { try await list($0, $1) }
        router.post("/v1/organizations/:id/cash-batches") { try await hand($0, $1) }
        router.post("/v1/cash-batches/:id/receipt") { request, context in
            try await settle(request, context, .counted, as: Counted.self) { $0.superiorId }
        }
        router.post("/v1/cash-batches/:id/refusal") { request, context in
            try await settle(request, context, .refused, as: Reason.self) { $0.superiorId }
        }
        router.post("/v1/cash-batches/:id/withdrawal") { request, context in
            try await settle(request, context, .withdrawn, as: Reason.self) { $0.organizationId }
        }
    }

    // MARK: What is shown

    private func book(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let organization = try await readable(context)
        let month = try DuesMonth(checking: context.parameters.get("month") ?? "", field: "month")
        let page = try ListQuery(request.uri.queryParameters)
        return try .json(
            .ok,
            try await CashBook.read(of: organization, month, after: page.after, limit: page.limit, in: kit.pool))
    }

    private struct Batches: Encodable {
        let items: [CashBatch]
        /// Give it as `after` for the next page; absent on the last one.
        let next: UUIDv7?
    }

    private func list(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let organization = try await readable(context)
        let page = try ListQuery(request.uri.queryParameters)
        let batches = try await CashBatch.page(
            of: organization, before: page.after, limit: page.limit + 1, in: kit.pool)
        let shown = Array(batches.prefix(page.limit))
        return try .json(
            .ok, Batches(items: shown, next: batches.count > page.limit ? shown.last?.batchId : nil))
    }

    private func readable(_ context: HosoRequestContext) async throws -> OrganizationID {
        let organization = try Self.organization(context)
        try await access.requireReader(ofBooks: organization, context.requireCaller(), in: kit.pool)
        return organization
    }

    private static func organization(_ context: HosoRequestContext) throws -> OrganizationID {
        guard let id = context.parameters.get("id").flatMap({ OrganizationID($0) }) else { throw Problem.notFound }
        return id
    }

    // MARK: Handing on

    private struct Handing: Decodable, Sendable {
        let amount: Dong
        /// The number of the list that goes with the cash, or of the bank's receipt.
        let reference: String
        /// Whether it was paid in at a bank, to the account of the organisation or of its nearest superior with one.
        let toBank: Bool?
    }

    private func hand(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let organization = try Self.organization(context)
        let officer = try context.requireMember()
        return try await kit.idempotent(request, context, as: Handing.self) { body, transaction in
            let reference = try await take(body, of: organization, officer.id, in: transaction)
            let now = kit.time.now
            let id: UUIDv7 = kit.ids.next(at: now)
            let toBank = body.toBank ?? false
            let receiver = try await receiver(of: organization, toBank: toBank, in: transaction)
            let row = try await transaction.queryOne(
                """
                INSERT INTO cash_batches
                    (batch_id, organization_id, superior_id, to_bank, amount, state, reference, handed_by, handed_at)
                VALUES (\(id), \(organization), \(receiver), \(toBank), \(body.amount), \(CashBatchState.handed),
                    \(reference), \(officer.id), \(now))
                RETURNING *
                """)
            try await record("cash.handed", "\(id)", body.amount, officer.caller, in: transaction)
            return try .json(.created, try CashBatch(row: row))
        }
    }

    /// Who counts what is handed on.
    private func receiver(
        of organization: OrganizationID, toBank: Bool, in transaction: PostgresTransaction
    ) async throws -> OrganizationID {
        let acting = try await access.successor(of: organization, in: transaction)
        let path = try await access.directory.path(from: acting, in: transaction)
        guard toBank else {
            guard let parent = path.first?.parentId else { throw Self.refused(Self.noSuperior) }
            return try await access.successor(of: parent, in: transaction)
        }
        let today = Day(containing: kit.time.now)
        guard let holder = path.first(where: { $0.account(on: today) != nil })?.organizationId else {
            throw Self.refused(Self.noAccount)
        }
        return holder
    }

    /// Checks that an officer may hand on so much; the transaction holds the cash from then on.
    ///
    /// - Returns: the reference, checked.
    private func take(
        _ body: Handing, of organization: OrganizationID, _ officer: MemberID, in transaction: PostgresTransaction
    ) async throws -> String {
        let reference = try EnteredText.line(body.reference, field: "reference")
        try await access.requireTreasurer(
            of: try await access.successor(of: organization, in: transaction), officer, in: transaction)
        try await CashBatch.hold(organization, in: transaction)
        let available = try await CashBatch.available(of: organization, in: transaction)
        guard body.amount > .zero, body.amount <= available else { throw Self.refused(Self.notThere(available)) }
        return reference
    }

    // MARK: Settling a batch

    private protocol Said: Decodable, Sendable {
        func check(_ batch: CashBatch) throws -> String?
    }

    private struct Counted: Said {
        /// What was counted.
        let amount: Dong

        func check(_ batch: CashBatch) throws -> String? {
            guard amount == batch.amount else { throw CashRoutes.refused(CashRoutes.otherAmount(batch.amount)) }
            return nil
        }
    }

    private struct Reason: Said {
        let reason: String

        func check(_ batch: CashBatch) throws -> String? { try EnteredText.line(reason, field: "reason") }
    }

    private func settle<Body: Said>(
        _ request: Request, _ context: HosoRequestContext, _ trigger: CashBatchTrigger, as body: Body.Type,
        at place: @escaping @Sendable (CashBatch) -> OrganizationID
    ) async throws -> Reply {
        let officer = try context.requireMember()
        guard let id = context.parameters.get("id").flatMap({ UUIDv7($0) }) else { throw Problem.notFound }
        return try await kit.idempotent(request, context, as: Body.self) { body, transaction in
            guard let asked = try await CashBatch.find(id, in: transaction) else { throw Problem.notFound }
            try await access.requireTreasurer(
                of: try await access.successor(of: place(asked), in: transaction), officer.id, in: transaction)
            try await CashBatch.hold(asked.organizationId, in: transaction)
            guard let batch = try await CashBatch.locked(id, in: transaction) else { throw Problem.notFound }
            let reason = try body.check(batch)
            guard let state = CashBatchGraph.state(after: trigger, in: batch.state) else {
                throw Problem.cashState(batch.state, trigger)
            }
            if trigger == .counted, batch.handedBy == officer.id { throw Problem.cashSamePerson }
            let row = try await transaction.queryOne(
                """
                UPDATE cash_batches SET state = \(state), settled_by = \(officer.id), settled_at = \(kit.time.now),
                    reason = \(reason), version = version + 1
                WHERE batch_id = \(id) RETURNING *
                """)
            if state == .received {
                let receiver = try await access.successor(of: batch.superiorId, in: transaction)
                try await post(
                    batch.toBank
                        ? Posting.cashDeposited(batch.amount, by: batch.organizationId, holder: receiver)
                        : Posting.cashReceived(batch.amount, from: batch.organizationId, to: receiver),
                    batch: id, in: transaction)
            }
            try await record("cash.\(trigger.rawValue)", "\(id)", batch.amount, officer.caller, in: transaction)
            return try .json(.ok, try CashBatch(row: row))
        }
    }

    private func post(_ postings: [Posting], batch: UUIDv7, in transaction: PostgresTransaction) async throws {
        var ledger = LedgerRows()
        ledger.add(postings, cashBatch: batch, now: kit.time.now, ids: kit.ids)
        if let insertion = ledger.insertion(at: kit.time.now) { try await transaction.execute(insertion) }
    }

    private func record(
        _ action: String, _ subject: String, _ amount: Dong, _ caller: Caller, in transaction: PostgresTransaction
    ) async throws {
        try await kit.audit.record(
            action, subject: subject, actor: caller.subject, details: ["amount": "\(amount.amount)"], in: transaction)
    }

    // MARK: Refusals

    fileprivate static func refused(_ fault: InvalidValue) -> Problem {
        Problem.invalidFields.with(errors: [FieldError(fault)])
    }

    private static func notThere(_ available: Dong) -> InvalidValue {
        InvalidValue(
            field: "amount", rule: "cash.not-there",
            vietnamese: "Số tiền phải lớn hơn 0 và không quá \(available) còn trong quỹ, chưa giao.",
            english: "The amount must be above 0 and at most the \(available) that are not handed on yet.")
    }

    fileprivate static func otherAmount(_ amount: Dong) -> InvalidValue {
        InvalidValue(
            field: "amount", rule: "cash.other-amount",
            vietnamese: "Bảng kê ghi \(amount); nếu đếm khác thì hãy từ chối.",
            english: "The list says \(amount); refuse it when you count another amount.")
    }

    private static let noSuperior = InvalidValue(
        field: "organizationId", rule: "cash.no-superior", vietnamese: "Tổ chức này không có cấp trên.",
        english: "This organisation has no superior.")

    private static let noAccount = InvalidValue(
        field: "organizationId", rule: "cash.no-account", vietnamese: "Chưa có tài khoản ngân hàng nào để nộp.",
        english: "There is no bank account to pay it in to.")
}

extension Problem {
    fileprivate static func cashState(_ state: CashBatchState, _ trigger: CashBatchTrigger) -> Problem {
        Problem(
            .conflict, id: "cash-batch-state", vietnamese: "Bảng kê nộp tiền đã được xử lý",
            english: "The batch of cash is settled already",
            errors: [
                FieldError(
                    field: "state", rule: "cash.\(trigger.rawValue)",
                    vietnamese: "Bảng kê đang ở trạng thái \(state.words.vietnamese).",
                    english: "The batch is \(state.words.english).")
            ])
    }

    fileprivate static let cashSamePerson = Problem(
        .forbidden, id: "cash-same-person", vietnamese: "Người giao tiền không được tự xác nhận đã nhận",
        english: "Whoever handed the cash over cannot confirm that it came",
        errors: [
            FieldError(
                field: "officer", rule: "cash.second-person", vietnamese: "Cần người khác đếm và nhận.",
                english: "Somebody else has to count and take it.")
        ])
}
