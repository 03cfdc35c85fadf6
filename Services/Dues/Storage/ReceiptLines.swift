import Contracts
import DuesDomain
import Foundation
import Postgres

/// What lines took of payments, as the books have it.
enum ReceiptLines {
    /// Those of each payment, in the order of the lines.
    ///
    /// - Parameter earliest: when the first of the payments was confirmed; nothing of them is posted before.
    static func taken(
        of payments: [PaymentID], since earliest: Date, in session: any PostgresQueryable
    ) async throws -> [PaymentID: [OrderLine]] {
        let lines = try await session.query(
            """
            SELECT t.payment_id, t.amount, l.member_id, l.month, l.cell_id, l.assessment_id
            FROM (
                SELECT payment_id, member_id, month, sum(amount)::bigint AS amount FROM ledger_postings
                WHERE payment_id = ANY(\(payments)) AND posted_at >= \(earliest)
                    AND cause = \(Posting.Cause.payment.rawValue)
                    AND credit IN (\(AccountKind.memberReceivable.rawValue), \(AccountKind.advances.rawValue))
                GROUP BY payment_id, member_id, month
            ) AS t JOIN payments p USING (payment_id)
                JOIN order_lines l ON l.order_id = p.order_id AND l.member_id = t.member_id AND l.month = t.month
            ORDER BY t.payment_id, l.position
            """)
        var taken: [PaymentID: [OrderLine]] = [:]
        for row in lines { taken[try row.get("payment_id"), default: []].append(try OrderLine(row: row)) }
        return taken
    }
}
