import Contracts
import DirectoryDomain
import Foundation
import Messaging
import Postgres

/// Members as rows. The personal ID stands in its own column and comes out for its owner's masked view only.
enum MemberStore {
    /// A member with the number he has by law, where it is known.
    struct Row {
        let member: Member
        let personalID: PersonalID?

        init(_ row: PostgresRow) throws {
            member = try Documents.read(row)
            personalID = try row.get("personal_id")
        }
    }

    static func read(
        _ id: MemberID, lock: RowLock = .none, in session: any PostgresQueryable
    ) async throws -> Row? {
        try await session.queryOptional("SELECT document, personal_id FROM members WHERE id = \(id) \(lock.clause)")
            .map(Row.init)
    }

    static func page(
        cell: OrganizationID, _ page: PageRequest, in session: any PostgresQueryable
    ) async throws -> [Row] {
        try await session.query(
            """
            SELECT document, personal_id FROM members
            WHERE cell_id = \(cell) AND (\(page.after)::uuid IS NULL OR id > \(page.after))
            ORDER BY id LIMIT \(page.limit + 1)
            """
        ).map(Row.init)
    }

    /// How many members whose membership is not over belong to the cell, and how many live there.
    static func livingCounts(
        of cell: OrganizationID, in session: any PostgresQueryable
    ) async throws -> (members: Int, residents: Int) {
        let ends = MembershipState.allCases.filter(\.isEnd).map(\.rawValue)
        let row = try await session.queryOne(
            """
            SELECT (SELECT count(*) FROM members WHERE cell_id = \(cell) AND state <> ALL (\(ends))) AS members,
                (SELECT count(*) FROM members
                 WHERE \(livesIn(cell)) AND state <> ALL (\(ends))) AS residents
            """)
        return (try row.get("members"), try row.get("residents"))
    }

    /// Whose cell of residence it is, or who was introduced to it.
    static func livesIn(_ cell: OrganizationID) -> SQL {
        let introduced = PostgresJSON(bytes: Array(#"[{"cellId":"\#(cell)","state":"introduced"}]"#.utf8))
        return """
            (document ->> 'residenceCellId' = \(cell.description) OR document -> 'residenceLinks' @> \(introduced))
            """
    }

    /// Keeps everybody who belongs to a cell or lives there from changing until the transaction ends.
    static func holdMembers(of cell: OrganizationID, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            SELECT FROM members
            WHERE cell_id = \(cell) OR \(livesIn(cell)) ORDER BY id FOR UPDATE
            """)
    }

    /// Enters a member.
    ///
    /// - Throws: ``PersonalIDTaken``. It is no violated constraint: of that the server would quote the number in its log.
    static func insert(
        _ member: Member, _ personalID: PersonalID?, at now: Date, in transaction: PostgresTransaction
    ) async throws {
        let inserted = try await transaction.execute(
            """
            INSERT INTO members (id, version, cell_id, state, personal_id, changed_at, document)
            VALUES (\(member.id), \(member.version), \(member.cellId), \(member.state.rawValue), \(personalID), \(now),
                \(try Documents.write(member)))
            ON CONFLICT ON CONSTRAINT members_personal_id DO NOTHING
            """)
        guard inserted == 1 else { throw PersonalIDTaken() }
    }

    static func update(_ member: Member, at now: Date, in transaction: PostgresTransaction) async throws {
        let updated = try await transaction.execute(
            """
            UPDATE members SET version = \(member.version), cell_id = \(member.cellId),
                state = \(member.state.rawValue), changed_at = \(now), document = \(try Documents.write(member))
            WHERE id = \(member.id) AND version = \(member.version - 1)
            """)
        guard updated == 1 else { throw VersionLost(id: member.id.value, version: member.version - 1) }
    }
}

/// Another member has this personal ID. Nothing was written.
struct PersonalIDTaken: Error {}
