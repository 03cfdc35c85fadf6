import Contracts
import Foundation
import Postgres

/// An exception (ngoại lệ) in the work list, as it is shown.
struct ExceptionEntry: Sendable, Encodable {
    enum State: String, Sendable, Encodable {
        case open
        case settled
    }

    let exceptionId: UUIDv7
    let kind: String
    let state: State
    /// Who has to settle it.
    let organizationId: OrganizationID
    let orderId: OrderID?
    let paymentId: PaymentID?
    /// The refund whose end a gateway contradicts.
    let refundId: RefundID?
    /// The line of a settlement file, `<file>/<number>`.
    let settlement: String?
    let memberId: MemberID?
    let month: DuesMonth?
    /// The amount at stake.
    let amount: Dong?
    /// The gateway and the day for which no file came.
    let gateway: String?
    let day: Day?
    /// Who works on it.
    let assignee: String?
    /// Who proposed to write it off; somebody else has to approve.
    let writeOffBy: String?
    let raisedAt: Date
    let settledAt: Date?

    init(row: PostgresRow) throws {
        exceptionId = try row.get("exception_id")
        kind = try row.get("kind")
        settledAt = try row.get("settled_at")
        state = settledAt == nil ? .open : .settled
        organizationId = try row.get("owner_id")
        orderId = try row.get("order_id")
        paymentId = try row.get("payment_id")
        refundId = try row.get("refund_id")
        settlement = try row.get("settlement")
        memberId = try row.get("member_id")
        month = try row.get("month")
        amount = try row.get("amount")
        gateway = try row.get("gateway")
        day = try row.get("day")
        assignee = try row.get("assignee")
        writeOffBy = try row.get("write_off_by")
        raisedAt = try row.get("raised_at")
    }

    /// The oldest first.
    ///
    /// - Parameters:
    ///   - scope: the organisation to whose subtree they belong; everywhere when absent.
    ///   - asked: which of them.
    static func page(
        below scope: OrganizationID?, _ asked: ExceptionQuery, in session: any PostgresQueryable
    ) async throws -> [ExceptionEntry] {
        try await session.query(
            """
            WITH RECURSIVE \(Subtree.table(below: scope))
            SELECT * FROM exceptions
            WHERE (\(asked.list.after)::uuid IS NULL OR exception_id > \(asked.list.after))
                \(condition(of: asked.state))
                AND (\(asked.kind)::text IS NULL OR kind = \(asked.kind))
                AND (\(asked.raisedBefore)::timestamptz IS NULL OR raised_at < \(asked.raisedBefore))
                AND (\(asked.assignee)::text IS NULL OR coalesce(assignee, 'none') = \(asked.assignee))
                AND (\(scope)::uuid IS NULL OR owner_id IN (SELECT id FROM subtree))
            ORDER BY exception_id LIMIT \(asked.list.limit + 1)
            """
        ).map(ExceptionEntry.init)
    }

    /// Written out, so that the index of the open ones is used.
    private static func condition(of state: State?) -> SQL {
        switch state {
        case nil: ""
        case .open: "AND settled_at IS NULL"
        case .settled: "AND settled_at IS NOT NULL"
        }
    }
}
