public import Contracts
import Foundation
public import Postgres

/// Writes who did what to what, in the transaction that does it.
public struct AuditLog: Sendable {
    private let time: any TimeSource
    private let ids: any IDSource

    /// Writes into the service's own schema.
    public init(time: any TimeSource, ids: any IDSource) {
        self.time = time
        self.ids = ids
    }

    /// Writes one row; it becomes part of the chain at the next sealing.
    ///
    /// - Parameters:
    ///   - action: a stable name: `dossier.submitted`, `parked.dropped`.
    ///   - subject: what it was done to: an id, never a name or a personal identifier.
    ///   - actor: who did it: the caller's subject, or `service:<name>`.
    ///   - details: what else must be known later; no secret.
    public func record(
        _ action: String, subject: String, actor: String, details: some Encodable = [String: String](),
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(try statement(action, subject: subject, actor: actor, details: details))
    }

    /// The statement that writes one row, for a caller that sends several in one round trip.
    public func statement(
        _ action: String, subject: String, actor: String, details: some Encodable = [String: String]()
    ) throws -> SQL {
        let now = time.now
        let traceparent = CurrentTrace.context?.description
        let text = String(decoding: try ContractsJSON.encode(details), as: UTF8.self)
        return """
            INSERT INTO audit (id, at, action, subject, actor, details, traceparent)
            VALUES (\(ids.next(at: now).uuid), \(now), \(action), \(subject), \(actor), \(text),
                    \(traceparent))
            """
    }
}
