import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// Whom the identities of the provider belong to.
enum IdentityStore {
    /// An identity and what is known of it.
    struct Identity: Encodable, PostgresRowDecodable, Sendable {
        let identityId: UUIDv7
        let state: State
        let memberId: MemberID?

        init(row: PostgresRow) throws {
            identityId = try row.get("id")
            state = try State(rawValue: row.get("state")) ?? .ambiguous
            memberId = try row.get("member_id")
        }
    }

    enum State: String, Encodable, Sendable {
        case bound
        case notFound = "not-found"
        case ambiguous

        init(_ match: IdentityMatch) {
            switch match {
            case .bound: self = .bound
            case .ambiguous: self = .ambiguous
            case .notFound: self = .notFound
            }
        }
    }

    static func read(
        subject: String, lock: RowLock = .none, in session: any PostgresQueryable
    ) async throws -> Identity? {
        try await session.queryOptional(
            "SELECT id, state, member_id FROM identities WHERE subject = \(subject) \(lock.clause)", as: Identity.self)
    }

    static func read(
        _ id: UUIDv7, lock: RowLock = .none, in session: any PostgresQueryable
    ) async throws -> Identity? {
        try await session.queryOptional(
            "SELECT id, state, member_id FROM identities WHERE id = \(id) \(lock.clause)", as: Identity.self)
    }

    /// Everybody who has the number, or the name together with the day of birth.
    static func candidates(
        _ person: IdentityMatch.Person, subject: String, in session: any PostgresQueryable
    ) async throws -> [IdentityMatch.Candidate] {
        let rows = try await session.query(
            """
            SELECT m.document, m.personal_id, EXISTS (
                SELECT FROM identities i WHERE i.member_id = m.id AND i.state = 'bound' AND i.subject <> \(subject)
            ) AS is_taken
            FROM members m
            WHERE m.personal_id = \(person.personalID) OR m.document ->> 'birthDate' = \(person.birthDate.description)
            """)
        return try rows.map { row in
            let kept = try MemberStore.Row(row)
            return IdentityMatch.Candidate(
                member: kept.member, personalID: kept.personalID, isTaken: try row.get("is_taken"))
        }.filter { candidate in
            // Names are compared here: what a server takes for a capital letter depends on its locale.
            candidate.personalID == person.personalID
                || IdentityMatch.folded(candidate.member.fullName) == IdentityMatch.folded(person.fullName)
        }
    }

    static func keep(
        _ id: UUIDv7, subject: String, _ match: IdentityMatch, at now: Date, in transaction: PostgresTransaction
    ) async throws -> Identity {
        try await transaction.queryOne(
            """
            INSERT INTO identities (id, subject, state, member_id, changed_at)
            VALUES (\(id), \(subject), \(State(match).rawValue), \(match.memberId), \(now))
            ON CONFLICT (subject) DO UPDATE SET state = excluded.state, member_id = excluded.member_id,
                changed_at = excluded.changed_at
            RETURNING id, state, member_id
            """, as: Identity.self)
    }

    /// Binds an identity as a person decided, or takes it from whom it was bound to; the caller holds the member's row.
    ///
    /// - Parameter member: nobody when the identity is to be bound to nobody.
    /// - Returns: false when another identity is bound to the member.
    static func bind(
        _ id: UUIDv7, to member: MemberID?, at now: Date, in transaction: PostgresTransaction
    ) async throws -> Bool {
        let state = member == nil ? State.ambiguous : .bound
        return try await transaction.execute(
            """
            UPDATE identities SET state = \(state.rawValue), member_id = \(member), changed_at = \(now)
            WHERE id = \(id) AND NOT EXISTS (
                SELECT FROM identities other
                WHERE other.member_id = \(member) AND other.state = 'bound' AND other.id <> \(id))
            """) == 1
    }
}

extension IdentityMatch {
    var memberId: MemberID? {
        guard case .bound(let id) = self else { return nil }
        return id
    }
}
