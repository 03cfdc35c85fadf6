import Contracts
import DuesDomain
import Foundation
import Postgres

/// The cash-book (sổ quỹ tiền mặt) of an organisation for a month, from the books.
struct CashBook: Encodable, Sendable {
    let organizationId: OrganizationID
    let month: DuesMonth
    let opening: Dong
    let cashIn: Dong
    let cashOut: Dong
    /// Always the opening balance with what came in, less what went out.
    let closing: Dong
    /// The oldest first.
    let entries: [Entry]
    /// Give it as `after` for the next page; absent on the last one.
    let next: UUIDv7?

    struct Entry: Encodable, Sendable {
        let entryId: UUIDv7
        let at: Date
        /// Positive when it came in.
        let amount: Dong
        /// What is there after it.
        let balance: Dong
        let memberId: MemberID?
        let month: DuesMonth?
        /// The number of the payment's receipt, as soon as there is one.
        let receiptNumber: String?
        /// The batch that it was handed on with.
        let batchId: UUIDv7?

        init(row: PostgresRow) throws {
            entryId = try row.get("posting_id")
            at = try row.get("posted_at")
            amount = try row.get("amount")
            balance = try row.get("balance")
            memberId = try row.get("member_id")
            month = try row.get("month")
            receiptNumber = try row.get("number")
            batchId = try row.get("cash_batch_id")
        }
    }

    static func read(
        of organization: OrganizationID, _ month: DuesMonth, after: UUIDv7?, limit: Int,
        in session: any PostgresQueryable
    ) async throws -> CashBook {
        let (start, end) = (month.firstDay.start, month.next.firstDay.start)
        let sums = try await session.queryOne(
            """
            SELECT coalesce(sum(amount) FILTER (WHERE posted_at < \(start)), 0)::bigint AS opening,
                coalesce(sum(amount) FILTER (WHERE posted_at >= \(start) AND amount > 0), 0)::bigint AS cash_in,
                coalesce(-sum(amount) FILTER (WHERE posted_at >= \(start) AND amount < 0), 0)::bigint AS cash_out
            FROM (\(movements(of: organization))) AS moved WHERE posted_at < \(end)
            """)
        let opening: Dong = try sums.get("opening")
        let rows = try await session.query(
            """
            WITH moved AS (\(movements(of: organization))), counted AS (
                SELECT *, \(opening) + sum(amount) OVER (ORDER BY posted_at, posting_id) AS balance
                FROM moved WHERE posted_at >= \(start) AND posted_at < \(end)
            )
            SELECT c.*, c.balance::bigint AS balance, r.number
            FROM counted c LEFT JOIN receipts r USING (payment_id)
            WHERE \(after)::uuid IS NULL OR (c.posted_at, c.posting_id) > (
                SELECT posted_at, posting_id FROM moved WHERE posting_id = \(after))
            ORDER BY c.posted_at, c.posting_id LIMIT \(limit + 1)
            """)
        let entries = try rows.map(Entry.init)
        let shown = Array(entries.prefix(limit))
        let (cashIn, cashOut): (Dong, Dong) = (try sums.get("cash_in"), try sums.get("cash_out"))
        return CashBook(
            organizationId: organization, month: month, opening: opening, cashIn: cashIn, cashOut: cashOut,
            closing: opening + cashIn - cashOut, entries: shown,
            next: entries.count > limit ? shown.last?.entryId : nil)
    }

    /// What is there now.
    static func onHand(of organization: OrganizationID, in session: any PostgresQueryable) async throws -> Dong {
        try await session.queryOne(
            "SELECT coalesce(sum(amount), 0)::bigint AS amount FROM (\(movements(of: organization))) AS moved"
        ).get("amount")
    }

    private static func movements(of organization: OrganizationID) -> SQL {
        """
        SELECT posting_id, posted_at, amount, member_id, month, payment_id, cash_batch_id FROM ledger_postings
        WHERE debit = 'cash-on-hand' AND debit_owner = \(organization)
        UNION ALL
        SELECT posting_id, posted_at, -amount, member_id, month, payment_id, cash_batch_id FROM ledger_postings
        WHERE credit = 'cash-on-hand' AND credit_owner = \(organization)
        """
    }
}
