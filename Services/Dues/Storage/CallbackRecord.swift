import Contracts
import DuesDomain
import Foundation
import Postgres

/// A callback byte for byte, with what the gateway was told.
struct CallbackRecord: Sendable {
    let id: UUIDv7
    let gateway: String
    let raw: RawCallback
    let answer: CallbackAnswer
    let reason: String?
    let orderId: OrderID?

    /// The statement that writes them.
    static func insertion(_ records: [CallbackRecord]) -> SQL {
        """
        INSERT INTO callbacks (callback_id, received_at, gateway, raw, answer, reason, order_id, source, peer)
        SELECT * FROM unnest(\(records.map(\.id)), \(records.map(\.raw.receivedAt)), \(records.map(\.gateway)),
            \(records.map(\.raw.bytes)), \(records.map(\.answer.rawValue)), \(records.map(\.reason)),
            \(records.map(\.orderId)), \(records.map(\.raw.source.rawValue)), \(records.map(\.raw.peer)))
        """
    }
}
