import Contracts
import DuesDomain
import Foundation
import Postgres

/// Postings on their way into the books.
struct LedgerRows: Sendable {
    private struct Row: Sendable {
        let id: UUIDv7
        let posting: Posting
        let paymentId: PaymentID?
        let settlement: String?
        let remittanceId: RemittanceID?
        let cashBatchId: UUIDv7?
    }

    private var rows: [Row] = []

    mutating func add(
        _ postings: [Posting], payment: PaymentID? = nil, settlement: String? = nil, remittance: RemittanceID? = nil,
        cashBatch: UUIDv7? = nil, now: Date, ids: any IDSource
    ) {
        rows += postings.map {
            Row(
                id: ids.next(at: now), posting: $0, paymentId: payment, settlement: settlement,
                remittanceId: remittance, cashBatchId: cashBatch)
        }
    }

    /// The statement that writes them; nil when there is none.
    func insertion(at now: Date) -> SQL? {
        guard !rows.isEmpty else { return nil }
        return """
            INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount,
                member_id, month, payment_id, settlement, remittance_id, cash_batch_id)
            SELECT posting_id, \(now), cause, debit, debit_owner, credit, credit_owner, amount, member_id, month,
                payment_id, settlement, remittance_id, cash_batch_id
            FROM unnest(\(rows.map(\.id)), \(rows.map(\.posting.cause.rawValue)),
                \(rows.map(\.posting.debit.kind.rawValue)), \(rows.map(\.posting.debit.owner)),
                \(rows.map(\.posting.credit.kind.rawValue)), \(rows.map(\.posting.credit.owner)),
                \(rows.map(\.posting.amount)), \(rows.map(\.posting.dues?.memberId)),
                \(rows.map(\.posting.dues?.month)), \(rows.map(\.paymentId)), \(rows.map(\.settlement)),
                \(rows.map(\.remittanceId)), \(rows.map(\.cashBatchId)))
                AS p (posting_id, cause, debit, debit_owner, credit, credit_owner, amount, member_id, month, payment_id,
                    settlement, remittance_id, cash_batch_id)
            """
    }
}
