import Contracts
import Foundation
import Postgres
import ServiceKit

/// A version of a definition as it was published, without its text.
struct Publication: Codable, Hashable, Sendable {
    enum Source: String, Codable {
        /// Published while the service runs.
        case decision
        /// Brought along by a program.
        case program
    }

    let procedure: ProcedureCode
    let version: Int
    let source: Source
    let publishedBy: String
    let publishedAt: Date
    /// Absent for those that a program brought.
    let decision: PublicationDecision?
}

extension Publication {
    /// Makes publications follow one another until the transaction ends; reading goes on meanwhile.
    static func lock(in transaction: PostgresTransaction) async throws {
        try await transaction.execute("LOCK TABLE procedure_definitions IN SHARE ROW EXCLUSIVE MODE")
    }

    /// Everything that is published, each procedure's newest first.
    static func list(in session: any PostgresQueryable) async throws -> [Publication] {
        try await session.query(
            """
            SELECT procedure, version, published_by, published_at, decision_number, decided_on, decided_by
            FROM procedure_definitions ORDER BY procedure, version DESC
            """
        ).map(Publication.init)
    }

    /// A version with its text; nil when it is not published.
    static func find(
        _ procedure: ProcedureCode, version: Int, in session: any PostgresQueryable
    ) async throws -> (publication: Publication, yaml: String)? {
        try await session.queryOptional(
            "SELECT * FROM procedure_definitions WHERE procedure = \(procedure) AND version = \(version)"
        ).map { (try Publication($0), try $0.get("yaml")) }
    }

    /// The newest version of a procedure; nil when none is published.
    static func newest(
        of procedure: ProcedureCode, in session: any PostgresQueryable
    ) async throws -> Int? {
        try await session.queryOne(
            "SELECT max(version) AS newest FROM procedure_definitions WHERE procedure = \(procedure)"
        ).get("newest")
    }

    /// Keeps a version that is published by a decision.
    static func insert(
        _ procedure: ProcedureCode, version: Int, yaml: String, _ decision: PublicationDecision, by subject: String,
        at now: Date, in transaction: PostgresTransaction
    ) async throws -> Publication {
        try Publication(
            await transaction.queryOne(
                """
                INSERT INTO procedure_definitions (procedure, version, yaml, published_by, published_at,
                    decision_number, decided_on, decided_by)
                VALUES (\(procedure), \(version), \(yaml), \(subject), \(now),
                    \(decision.number), \(decision.day), \(decision.body))
                RETURNING *
                """))
    }

    /// The statement that keeps a version which a program brings along, unless there is one already.
    static func bring(_ procedure: ProcedureCode, version: Int, yaml: String, by actor: String, at now: Date) -> SQL {
        """
        INSERT INTO procedure_definitions (procedure, version, yaml, published_by, published_at)
        VALUES (\(procedure), \(version), \(yaml), \(actor), \(now)) ON CONFLICT DO NOTHING
        """
    }

    private init(_ row: PostgresRow) throws {
        procedure = try row.get("procedure")
        version = try row.get("version")
        publishedBy = try row.get("published_by")
        publishedAt = try row.get("published_at")
        if let number = try row.get("decision_number", as: String?.self) {
            source = .decision
            decision = try PublicationDecision(number: number, day: row.get("decided_on"), body: row.get("decided_by"))
        } else {
            source = .program
            decision = nil
        }
    }
}
