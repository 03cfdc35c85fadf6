import Contracts
import DirectoryDomain
import Foundation
import Messaging
import Postgres

/// Writes what a first load enters, or what files change of many, as ``Register`` does for one: the row, its history, its
/// place and its event, here each in one statement for a whole batch.
struct LoadRegister: Sendable {
    let transaction: PostgresTransaction
    let outbox: Outbox
    let context: EventContext
    let now: Date
    let author: String
    let reason: String

    func add(_ loaded: [LoadedMember]) async throws {
        let members = loaded.map(\.member)
        let documents = try members.map { String(decoding: try ContractsJSON.encode($0), as: UTF8.self) }
        try await transaction.execute(
            """
            INSERT INTO members (id, version, cell_id, state, personal_id, source_id, changed_at, document)
            SELECT id, 1, cell_id, state, personal_id, source_id, \(now), document::jsonb
            FROM unnest(\(members.map(\.id.value)), \(members.map(\.cellId.value)), \(members.map(\.state.rawValue)),
                \(loaded.map(\.personalID?.text)), \(loaded.map(\.sourceID)), \(documents))
                AS m (id, cell_id, state, personal_id, source_id, document)
            """)
        try await remember("member", table: "members", place: "cell_id", ids: members.map(\.id.value))
        try await outbox.append(
            try members.map { try outbox.entry(of: $0.published, key: $0.id.value, version: 1, context: context) },
            in: transaction)
    }

    func add(_ organizations: [Organization]) async throws {
        let documents = try organizations.map { String(decoding: try ContractsJSON.encode($0), as: UTF8.self) }
        try await transaction.execute(
            """
            INSERT INTO organizations (id, version, code, type, parent_id, status, changed_at, document)
            SELECT id, 1, code, type, parent_id, 'active', \(now), document::jsonb
            FROM unnest(\(organizations.map(\.id.value)), \(organizations.map(\.code.text)),
                \(organizations.map(\.type.rawValue)), \(organizations.map(\.parentId?.value)), \(documents))
                AS o (id, code, type, parent_id, document)
            """)
        try await remember(
            "organization", table: "organizations", place: "parent_id", ids: organizations.map(\.id.value))
        try await outbox.append(
            try organizations.map {
                try outbox.entry(of: $0.published, key: $0.id.value, version: 1, context: context)
            },
            in: transaction)
    }

    /// Writes the next version of members whose rows the caller holds, and who stay where they are.
    func change(_ members: [Member]) async throws {
        let documents = try members.map { String(decoding: try ContractsJSON.encode($0), as: UTF8.self) }
        let ids = members.map(\.id.value)
        let updated = try await transaction.execute(
            """
            UPDATE members m SET version = n.version, changed_at = \(now), document = n.document::jsonb
            FROM unnest(\(ids), \(members.map(\.version)), \(documents)) AS n (id, version, document)
            WHERE m.id = n.id AND m.version = n.version - 1
            """)
        if let first = members.first, updated != members.count {
            throw VersionLost(id: first.id.value, version: first.version - 1)
        }
        try await keepHistory("member", table: "members", ids: ids)
        try await outbox.append(
            try members.map {
                try outbox.entry(of: $0.published, key: $0.id.value, version: $0.version, context: context)
            },
            in: transaction)
    }

    private func remember(_ kind: String, table: String, place: String, ids: [UUIDv7]) async throws {
        try await keepHistory(kind, table: table, ids: ids)
        try await transaction.execute(
            """
            INSERT INTO placements (kind, id, place_id, from_on)
            SELECT \(kind), id, \(identifier: place), \(Day(containing: now)) FROM \(identifier: table)
            WHERE id = ANY (\(ids)) AND \(identifier: place) IS NOT NULL
            """)
    }

    private func keepHistory(_ kind: String, table: String, ids: [UUIDv7]) async throws {
        let day = Day(containing: now)
        try await transaction.execute(
            """
            INSERT INTO history (kind, id, version, at, author, reason, effective_on, document)
            SELECT \(kind), id, version, \(now), \(author), \(reason), \(day), document
            FROM \(identifier: table) WHERE id = ANY (\(ids))
            """)
    }
}
