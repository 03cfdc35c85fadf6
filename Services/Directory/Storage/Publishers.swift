import Contracts
import DirectoryDomain
import Foundation
import Messaging
import Postgres

/// Says all states again, for new readers and after a broker was lost.
enum Publishers {
    /// How many aggregates are said again in one transaction, each under its row lock.
    private static let pageSize = 200

    static func all(_ outbox: Outbox) -> [StatePublisher] {
        [
            StatePublisher(topic: TopicCatalogue.organizations, page: page(of: "organizations")) {
                id, context, transaction in
                guard
                    let organization = try await OrganizationStore.read(
                        OrganizationID(id), lock: .update, in: transaction)
                else { return }
                try await outbox.append(
                    organization.published, key: id, version: organization.version, context: context,
                    republished: true, in: transaction)
            },
            StatePublisher(topic: TopicCatalogue.members, page: page(of: "members")) { id, context, transaction in
                guard let row = try await MemberStore.read(MemberID(id), lock: .update, in: transaction) else { return }
                try await outbox.append(
                    row.member.published, key: id, version: row.member.version, context: context, republished: true,
                    in: transaction)
            },
            StatePublisher(topic: TopicCatalogue.roles, page: page(of: "roles")) { id, context, transaction in
                guard let role = try await RoleStore.read(RoleID(id), lock: .update, in: transaction) else { return }
                try await outbox.append(
                    role.published, key: id, version: role.version, context: context, republished: true,
                    in: transaction)
            },
        ]
    }

    private static func page(
        of table: String
    ) -> @Sendable (UUIDv7?, Date?, PostgresTransaction) async throws -> [UUIDv7] {
        { after, since, transaction in
            try await transaction.query(
                """
                SELECT id FROM \(identifier: table)
                WHERE (\(after)::uuid IS NULL OR id > \(after)) AND (\(since)::timestamptz IS NULL OR changed_at >= \(since))
                ORDER BY id LIMIT \(pageSize)
                """
            ).map { try $0.get("id") }
        }
    }
}
