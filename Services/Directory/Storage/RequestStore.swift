import Contracts
import DirectoryDomain
import Postgres

/// Requests of members as rows.
enum RequestStore {
    static func read(
        _ id: UUIDv7, lock: RowLock = .none, in session: any PostgresQueryable
    ) async throws -> MemberRequest? {
        try await session.queryOptional("SELECT document FROM requests WHERE id = \(id) \(lock.clause)")
            .map(Documents.read)
    }

    /// The requests that are settled at an organisation or below it: a member's at his cell of today.
    static func page(
        under organization: OrganizationID, state: MemberRequest.State?, matter: MemberRequest.Matter?,
        _ page: PageRequest, in session: any PostgresQueryable
    ) async throws -> [MemberRequest] {
        try await session.query(
            """
            WITH RECURSIVE \(OrganizationStore.below(organization))
            SELECT r.document FROM requests r LEFT JOIN members m ON m.id = r.member_id
            JOIN below ON below.id = coalesce(m.cell_id, r.organization_id)
            WHERE (\(state?.rawValue)::text IS NULL OR r.state = \(state?.rawValue))
              AND (\(matter?.rawValue)::text IS NULL OR r.matter = \(matter?.rawValue))
              AND (\(page.after)::uuid IS NULL OR r.id > \(page.after))
            ORDER BY r.id LIMIT \(page.limit + 1)
            """
        ).map(Documents.read)
    }

    static func page(
        of member: MemberID, _ page: PageRequest, in session: any PostgresQueryable
    ) async throws -> [MemberRequest] {
        try await session.query(
            """
            SELECT document FROM requests
            WHERE member_id = \(member) AND (\(page.after)::uuid IS NULL OR id > \(page.after))
            ORDER BY id LIMIT \(page.limit + 1)
            """
        ).map(Documents.read)
    }

    /// The open request about an identity, held until the transaction ends.
    static func open(about identity: UUIDv7, in transaction: PostgresTransaction) async throws -> MemberRequest? {
        try await transaction.queryOptional(
            """
            SELECT document FROM requests
            WHERE identity_id = \(identity) AND state = 'open' AND matter = 'identity' FOR UPDATE
            """
        ).map(Documents.read)
    }

    /// The fields that somebody disputes.
    static func disputed(by member: MemberID, in session: any PostgresQueryable) async throws -> Set<MemberField> {
        let names: [String] = try await session.query(
            "SELECT field FROM requests WHERE member_id = \(member) AND state = 'open' AND matter = 'data'"
        ).map { try $0.get("field") }
        return Set(names.compactMap(MemberField.init))
    }

    /// - Returns: whether it was entered; not when one about the same thing is open.
    static func insert(_ request: MemberRequest, in transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO requests (id, matter, state, organization_id, member_id, identity_id, field, document)
            VALUES (\(request.id), \(request.matter.rawValue), \(request.state.rawValue), \(request.organizationId),
                \(request.memberId), \(request.identityId), \(request.field?.rawValue),
                \(try Documents.write(request)))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    static func update(_ request: MemberRequest, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            UPDATE requests SET state = \(request.state.rawValue), document = \(try Documents.write(request))
            WHERE id = \(request.id)
            """)
    }
}
