import Contracts
import Foundation
import Postgres

@testable import Messaging

/// Transactions on PostgreSQL, as many open at once as the history wants.
struct RealWriters {
    private let outbox = Outbox(service: .intake)
    private let ids = SequentialIDSource(seed: 3)
    private let keys: [UUIDv7]
    private let time = TestBatch.start
    private let sessions: [PostgresConnection]
    private var writers = Writers()

    init(_ database: MessagingDatabase, keys: [UUIDv7]) async throws {
        self.keys = keys
        var sessions: [PostgresConnection] = []
        for _ in 0..<Step.writers {
            sessions.append(try await .open(database.configuration, logger: database.logger))
        }
        self.sessions = sessions
    }

    mutating func begin(_ writer: Int) async throws {
        if writers.begin(writer) { try await sessions[writer].execute("BEGIN") }
    }

    mutating func append(_ writer: Int, key: Int) async throws -> HistoryEvent? {
        try await begin(writer)
        guard let event = writers.append(writer, key: key) else { return nil }
        let dossier = DossierID(keys[key])
        let payload = DossierWithdrawn(
            dossierId: dossier, withdrawnAt: time, byMemberId: ids.next(at: time), reason: String(event.number))
        try await sessions[writer].execute(
            outbox.insertion([
                try outbox.entry(
                    of: payload, key: keys[key], version: event.version, context: EventContext(now: time, ids: ids))
            ]))
        return event
    }

    mutating func commit(_ writer: Int) async throws -> [HistoryEvent] {
        guard let events = writers.commit(writer) else { return [] }
        try await sessions[writer].execute("COMMIT")
        return events
    }

    mutating func rollBack(_ writer: Int) async throws {
        if writers.rollBack(writer) { try await sessions[writer].execute("ROLLBACK") }
    }

    func close() { for session in sessions { session.close() } }
}
