import Contracts
import Messaging
import Postgres
import ServiceKit

/// What Dues asks for and tells of receipts: each request becomes one job, each correction one row.
enum ReceiptConsumer {
    static func definition(wakeUp: WakeUp) -> ConsumerDefinition {
        ConsumerDefinition(name: "signing.receipts", topics: [TopicCatalogue.receipts], kind: .effects)
            .on(ReceiptDocumentRequested.self) { message, scope in
                let isNew = try await ReceiptStore.add(
                    message.payload, traceparent: message.traceparent, now: scope.now, in: scope.transaction)
                if isNew { scope.transaction.afterCommit { wakeUp.call() } }
            }
            .on(ReceiptCorrected.self) { message, scope in
                try await ReceiptStore.correct(message.payload, in: scope.transaction)
            }
    }
}
