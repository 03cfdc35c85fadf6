import Contracts
public import DuesDomain
import Foundation
import Messaging
public import Postgres
import ServiceKit

/// Documents of receipts: asked for here, drawn and sealed by Signing (decision 0052).
///
/// Whoever asks first makes the only request; numbers are never touched.
struct ReceiptDocuments: Sendable {
    let kit: ServiceContext
    /// The channels whose receipts get their document with their number, without anybody asking.
    let channels: Set<String>

    /// Asks for the document, unless it is asked for or there already; the rows are locked until the transaction ends.
    func ask(_ receipt: ReceiptRow, in transaction: PostgresTransaction) async throws {
        let row = try await Self.locked(receipt.id, in: transaction)
        guard row.state.canBeAsked else { return }
        let context = kit.eventContext()
        let request = receipt.request(attempt: row.attempt + 1, at: context.now)
        try await transaction.execute(
            """
            UPDATE receipt_documents SET state = \(ReceiptDocumentState.asked), attempt = \(request.attempt),
                asked_at = \(context.now), reason = NULL, version = \(row.version + 1)
            WHERE receipt_id = \(receipt.id)
            """)
        try await kit.outbox.append(
            request, key: receipt.id.value, version: row.version + 1, context: context, in: transaction)
        kit.outbox.wakeRelay(after: transaction)
    }

    /// Asks for the documents of receipts that were numbered in the same transaction, where the channel has it so; in one
    /// round trip, as the transaction holds their series.
    func follow(
        _ receipts: [Receipt], _ context: EventContext, in transaction: PostgresTransaction
    ) async throws {
        let wanted = receipts.filter { channels.contains($0.order.channel) }
        guard !wanted.isEmpty else { return }
        let now = context.now
        let requests = try wanted.map { receipt in
            try kit.outbox.entry(
                of: receipt.row(issuedAt: now).request(attempt: 1, at: now), key: receipt.id.value, version: 1,
                context: context)
        }
        _ = try await transaction.pipeline([
            """
            INSERT INTO receipt_documents (receipt_id, state, attempt, asked_at, version)
            SELECT receipt_id, \(ReceiptDocumentState.asked), 1, \(now), 1
            FROM unnest(\(wanted.map(\.id))) AS r (receipt_id)
            """, kit.outbox.insertion(requests),
        ])
    }

    /// The row of a receipt, made if there is none, and locked until the transaction ends.
    static func locked(
        _ receipt: ReceiptID, in transaction: PostgresTransaction
    ) async throws -> (state: ReceiptDocumentState, attempt: Int, version: Int64) {
        try await transaction.execute(
            "INSERT INTO receipt_documents (receipt_id) VALUES (\(receipt)) ON CONFLICT DO NOTHING")
        let row = try await transaction.queryOne(
            "SELECT state, attempt, version FROM receipt_documents WHERE receipt_id = \(receipt) FOR UPDATE")
        return (try row.get("state"), try row.get("attempt"), try row.get("version"))
    }

    /// What Signing tells: the document, or that it is late or cannot be made.
    static let consumer = ConsumerDefinition(
        name: "dues.receipt-documents", topics: [TopicCatalogue.receiptDocuments], kind: .effects
    )
    .on(ReceiptDocumentIssued.self) { message, scope in
        let issued = message.payload
        try await scope.transaction.execute(
            """
            UPDATE receipt_documents SET state = \(ReceiptDocumentState.issued), reason = NULL,
                verification_id = \(issued.verificationId), sha256 = \(issued.sha256), size = \(issued.size),
                signed_at = \(issued.signedAt)
            WHERE receipt_id = \(issued.receiptId) AND state <> \(ReceiptDocumentState.issued)
            """)
    }
    .on(ReceiptDocumentFailed.self) { message, scope in
        let failed = message.payload
        let state = failed.final ? ReceiptDocumentState.failed : .late
        try await scope.transaction.execute(
            """
            UPDATE receipt_documents SET state = \(state), reason = \(failed.reason)
            WHERE receipt_id = \(failed.receiptId) AND attempt = \(failed.attempt)
                AND state IN (\(ReceiptDocumentState.asked), \(ReceiptDocumentState.late))
            """)
    }
}

extension ReceiptDocumentState: PostgresEncodable, PostgresDecodable {}
