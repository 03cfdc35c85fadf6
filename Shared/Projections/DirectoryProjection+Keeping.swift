import Contracts
import Messaging
import Postgres

// State only ever goes forward: a version that is not higher than the kept one changes nothing.
extension DirectoryProjection {
    @Sendable static func keepOrganization(_ message: Message<OrganizationState>, _ scope: MessageScope) async throws {
        let state = message.payload
        try scope.transaction.enqueue(
            """
            INSERT INTO directory_organizations AS kept (id, version, parent_id, type, code, state)
            VALUES (\(state.organizationId), \(message.sequence), \(state.parentId), \(state.type.rawValue),
                    \(state.code), \(try document(state)))
            ON CONFLICT (id) DO UPDATE SET version = excluded.version, parent_id = excluded.parent_id,
                type = excluded.type, code = excluded.code, state = excluded.state
            WHERE kept.version < excluded.version
            """)
        scope.arrived("organization:\(state.organizationId)")
    }

    @Sendable static func keepMember(_ message: Message<MemberState>, _ scope: MessageScope) async throws {
        let state = message.payload
        try scope.transaction.enqueue(
            """
            INSERT INTO directory_members AS kept (id, version, cell_id, state)
            VALUES (\(state.memberId), \(message.sequence), \(state.cellId), \(try document(state)))
            ON CONFLICT (id) DO UPDATE SET version = excluded.version, cell_id = excluded.cell_id,
                state = excluded.state
            WHERE kept.version < excluded.version
            """)
        scope.arrived("member:\(state.memberId)")
    }

    @Sendable static func keepRole(_ message: Message<RoleState>, _ scope: MessageScope) async throws {
        let state = message.payload
        try scope.transaction.enqueue(
            """
            INSERT INTO directory_roles AS kept
                (id, version, member_id, organization_id, role, status, valid_from, valid_to, state)
            VALUES (\(state.roleId), \(message.sequence), \(state.memberId), \(state.organizationId),
                    \(state.role.rawValue), \(state.status.rawValue), \(state.from),
                    \(state.to), \(try document(state)))
            ON CONFLICT (id) DO UPDATE SET version = excluded.version, member_id = excluded.member_id,
                organization_id = excluded.organization_id, role = excluded.role, status = excluded.status,
                valid_from = excluded.valid_from, valid_to = excluded.valid_to, state = excluded.state
            WHERE kept.version < excluded.version
            """)
        scope.arrived("role:\(state.roleId)")
    }

    private static func document(_ state: some Encodable) throws -> PostgresJSON {
        PostgresJSON(bytes: try ContractsJSON.encode(state))
    }
}
