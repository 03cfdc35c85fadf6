import Contracts
import DirectoryDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// Fills an empty directory from a file: as ordinary rows with their history and their events, by the ordinary rules, a
/// batch in each transaction, going on where it stopped.
///
/// A record that the rules do not allow is entered without the values that are wrong, or not at all where it cannot
/// stand without them; the comparison that follows lists what is missing or different.
struct FirstLoad: Sendable {
    let kit: ServiceContext
    let run: ImportRun
    let table: StagingTable
    let transaction: PostgresTransaction

    private static let batch = 2_000
    static let reason = "first load from the Party Member Database"

    var register: LoadRegister {
        LoadRegister(
            transaction: transaction, outbox: kit.outbox, context: kit.eventContext(), now: kit.time.now,
            author: run.author, reason: Self.reason)
    }

    /// Enters the next batch; false when there is none left.
    func step() async throws -> Bool {
        if run.state == .staged {
            try await prepare()
            return true
        }
        let batch =
            switch run.subject {
            case .members: try await MemberLoad(self).enter(after: run.loadedTo, limit: Self.batch)
            case .organizations: try await OrganizationLoad(self).enter(after: run.loadedTo, limit: Self.batch)
            case .figures: (entered: 0, reached: Int64?.none)
            }
        guard let reached = batch.reached else {
            try await transaction.execute("DROP TABLE \(identifier: twins)")
            return false
        }
        try await transaction.execute(
            """
            UPDATE imports SET loaded_to = \(reached), entered = entered + \(Int64(batch.entered)) WHERE id = \(run.id)
            """)
        return true
    }

    /// Values that must be unique and are not: who has the right one, nobody can say here.
    var twins: String { Self.twins(of: run) }

    static func twins(of run: ImportRun) -> String { "twins_\(run.number)" }

    private func prepare() async throws {
        // Batches are committed one by one: after a crash of the server the rest has to be there still.
        try await transaction.execute("ALTER TABLE \(identifier: table.name) SET LOGGED")
        let unique: [String] = run.subject == .members ? ["source_id", "personal_id"] : ["code"]
        try await transaction.execute(
            "CREATE TABLE \(identifier: twins) (field text, value text, PRIMARY KEY (field, value))")
        for column in unique {
            try await transaction.execute(
                """
                INSERT INTO \(identifier: twins)
                SELECT \(column), \(identifier: column) FROM \(identifier: table.name)
                WHERE \(identifier: column) IS NOT NULL GROUP BY \(identifier: column) HAVING count(*) > 1
                """)
        }
        try await transaction.execute(
            "CREATE INDEX ON \(identifier: table.name) ((\(unsafe: Self.order(of: run.subject))))")
        try await transaction.execute(
            "UPDATE imports SET state = \(ImportRun.State.loading.rawValue) WHERE id = \(run.id)")
    }

    /// The order in which rows are entered, a whole number: organisations above before those below.
    static func order(of subject: ImportSubject) -> String {
        switch subject {
        case .members, .figures: return "line"
        case .organizations:
            let levels = OrganizationLoad.levels.map { "'\($0.rawValue)'" }.joined(separator: ", ")
            return "array_position(ARRAY[\(levels)], type) * 1000000000000 + line"
        }
    }
}
