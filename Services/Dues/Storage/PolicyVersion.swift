import Contracts
import DuesDomain
import Foundation
import Postgres
import ServiceKit
import Trust

/// A version of the book of rules as it is kept, without its text.
struct PolicyVersion: Sendable, Encodable {
    let version: Int
    let sha256: String
    let state: PolicyState
    let proposedBy: String
    let proposedAt: Date
    /// Absent for the one that a program brought.
    let decision: PublicationDecision?
    let approvedBy: String?
    let approvedAt: Date?
    let withdrawnBy: String?
    let withdrawnAt: Date?

    var proposal: PolicyProposal { PolicyProposal(state: state, proposedBy: proposedBy) }

    init(row: PostgresRow) throws {
        version = try row.get("version")
        sha256 = try row.get("sha256")
        guard let known = PolicyState(rawValue: try row.get("state")) else { throw Problem.internalError }
        state = known
        proposedBy = try row.get("proposed_by")
        proposedAt = try row.get("proposed_at")
        decision = try row.get("decision_number", as: String?.self).map {
            PublicationDecision(number: $0, day: try row.get("decided_on"), body: try row.get("decided_by"))
        }
        approvedBy = try row.get("approved_by")
        approvedAt = try row.get("approved_at")
        withdrawnBy = try row.get("withdrawn_by")
        withdrawnAt = try row.get("withdrawn_at")
    }
}

extension PolicyVersion {
    /// The text as it is kept: the same document has the same text, however it was written.
    static func text(of document: JSONValue) throws -> String {
        String(decoding: try ContractsJSON.encode(document), as: UTF8.self)
    }

    static func digest(of text: String) -> String { Digest.sha256(Array(text.utf8)).hex }

    /// Makes proposals and decisions on them follow one another until the transaction ends; reading goes on meanwhile.
    static func lock(in transaction: PostgresTransaction) async throws {
        try await transaction.execute("LOCK TABLE dues_policies IN SHARE ROW EXCLUSIVE MODE")
    }

    /// All of them, the newest first.
    static func list(in session: any PostgresQueryable) async throws -> [PolicyVersion] {
        try await session.query("SELECT * FROM dues_policies ORDER BY version DESC").map(PolicyVersion.init)
    }

    /// A version with its text; nil when there is none.
    static func find(
        _ version: Int, in session: any PostgresQueryable
    ) async throws -> (version: PolicyVersion, text: String)? {
        try await session.queryOptional("SELECT * FROM dues_policies WHERE version = \(version)").map {
            (try PolicyVersion(row: $0), try $0.get("document"))
        }
    }

    static func newestInForce(in session: any PostgresQueryable) async throws -> Int? {
        try await session.queryOne("SELECT max(version) AS newest FROM dues_policies WHERE state = 'in-force'")
            .get("newest")
    }

    /// The texts in force, the newest last.
    static func textsInForce(in session: any PostgresQueryable) async throws -> [(version: Int, text: String)] {
        try await session.query(
            "SELECT version, document FROM dues_policies WHERE state = 'in-force' ORDER BY version"
        ).map { (try $0.get("version"), try $0.get("document")) }
    }

    /// Keeps what a program brings along as version 1, unless there is a version already.
    static func bring(_ text: String, by actor: String, at now: Date) -> SQL {
        """
        INSERT INTO dues_policies (version, document, sha256, state, proposed_by, proposed_at, approved_by, approved_at)
        SELECT 1, \(text), \(digest(of: text)), 'in-force', \(actor), \(now), \(actor), \(now)
        WHERE NOT EXISTS (SELECT FROM dues_policies) ON CONFLICT DO NOTHING
        """
    }

    static func propose(
        _ text: String, _ decision: PublicationDecision, by subject: String, at now: Date,
        in transaction: PostgresTransaction
    ) async throws -> PolicyVersion {
        try PolicyVersion(
            row: await transaction.queryOne(
                """
                INSERT INTO dues_policies (version, document, sha256, state, proposed_by, proposed_at, decision_number,
                    decided_on, decided_by)
                SELECT max(version) + 1, \(text), \(digest(of: text)), 'proposed', \(subject), \(now),
                    \(decision.number), \(decision.day), \(decision.body)
                FROM dues_policies RETURNING *
                """))
    }

    static func approve(
        _ version: Int, by subject: String, at now: Date, in transaction: PostgresTransaction
    ) async throws -> PolicyVersion {
        try PolicyVersion(
            row: await transaction.queryOne(
                """
                UPDATE dues_policies SET state = 'in-force', approved_by = \(subject), approved_at = \(now)
                WHERE version = \(version) RETURNING *
                """))
    }

    static func withdraw(
        _ version: Int, by subject: String, at now: Date, in transaction: PostgresTransaction
    ) async throws -> PolicyVersion {
        try PolicyVersion(
            row: await transaction.queryOne(
                """
                UPDATE dues_policies SET state = 'withdrawn', withdrawn_by = \(subject), withdrawn_at = \(now)
                WHERE version = \(version) RETURNING *
                """))
    }
}
