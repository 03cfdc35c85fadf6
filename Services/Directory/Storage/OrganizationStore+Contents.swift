import Contracts
import DirectoryDomain
import Postgres

extension OrganizationStore {
    /// Who and what stands at an organisation, everything to be changed by nobody else until the transaction ends.
    ///
    /// The caller holds the tree and the organisation itself.
    static func heldContents(
        of id: OrganizationID, in transaction: PostgresTransaction
    ) async throws -> OrganizationContents {
        let ends = MembershipState.allCases.filter(\.isEnd).map(\.rawValue)
        return OrganizationContents(
            organizations: try await transaction.query(
                """
                SELECT document FROM organizations
                WHERE parent_id = \(id) AND status = \(OrganizationStatus.active.rawValue) ORDER BY id FOR UPDATE
                """
            ).map(Documents.read),
            members: try await transaction.query(
                """
                SELECT document FROM members
                WHERE (cell_id = \(id) OR \(MemberStore.livesIn(id))) AND state <> ALL (\(ends))
                ORDER BY id FOR UPDATE
                """
            ).map(Documents.read),
            roles: try await RoleStore.open(at: id, lock: .update, in: transaction),
            elsewhere: try await rolesElsewhere(ofMembersOf: id, in: transaction))
    }

    private static func rolesElsewhere(
        ofMembersOf id: OrganizationID, in transaction: PostgresTransaction
    ) async throws -> [(role: HeldRole, path: OrganizationPath)] {
        let roles: [HeldRole] = try await transaction.query(
            """
            SELECT r.document FROM roles r JOIN members m ON m.id = r.member_id
            WHERE m.cell_id = \(id) AND r.organization_id <> \(id) AND r.status <> \(RoleStatus.ended.rawValue)
            ORDER BY r.id FOR UPDATE OF r
            """
        ).map(Documents.read)
        var placed: [(role: HeldRole, path: OrganizationPath)] = []
        for role in roles {
            placed.append((role, try await path(from: role.organizationId, in: transaction) ?? OrganizationPath([])))
        }
        return placed
    }
}
