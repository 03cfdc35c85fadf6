import Contracts
import DirectoryDomain
import Foundation
import Messaging
import Postgres

/// Writes changes: the row, its history, and the whole state on the topic, all in one transaction.
///
/// The caller holds the row lock of what is changed.
struct Register<Sink: StateSink> {
    let transaction: PostgresTransaction
    let sink: Sink
    let now: Date
    /// Who did it: the subject of a token, or a service.
    let author: String
    let reason: String
    /// The first day on which it holds.
    let effectiveOn: Day
    /// Whether the Party Member Database has to learn of it: what comes from there need not go back.
    var tellsSource = true

    func add(_ organization: Organization) async throws {
        try await OrganizationStore.insert(organization, at: now, in: transaction)
        try await tell(organization)
    }

    func change(_ organization: Organization) async throws {
        try await OrganizationStore.update(organization, at: now, in: transaction)
        try await tell(organization)
    }

    func add(_ member: Member, personalID: PersonalID?) async throws {
        try await MemberStore.insert(member, personalID, at: now, in: transaction)
        try await tell(member)
    }

    func change(_ member: Member) async throws {
        try await MemberStore.update(member, at: now, in: transaction)
        try await tell(member)
    }

    func add(_ role: HeldRole) async throws {
        try await RoleStore.insert(role, at: now, in: transaction)
        try await tell(role)
    }

    func change(_ role: HeldRole) async throws {
        try await RoleStore.update(role, at: now, in: transaction)
        try await tell(role)
    }

    /// Everything that a merger, a split or a dissolution changes.
    func apply(_ changes: Reorganized) async throws {
        for organization in changes.founded { try await add(organization) }
        for organization in changes.organizations { try await change(organization) }
        for member in changes.members { try await change(member) }
        for role in changes.endedRoles { try await change(role) }
        for role in changes.grantedRoles { try await add(role) }
    }

    private func tell(_ organization: Organization) async throws {
        try await remember("organization", organization.id.value, organization.version, organization)
        let place = organization.status == .active ? organization.parentId : nil
        try await Placements.place("organization", organization.id.value, at: place, from: effectiveOn, in: transaction)
        if tellsSource { try await OutgoingStore.prepare(organization, at: now, in: transaction) }
        try await sink.publish(organization.published, key: organization.id.value, version: organization.version)
    }

    private func tell(_ member: Member) async throws {
        try await remember("member", member.id.value, member.version, member)
        let place = member.state.isEnd ? nil : member.cellId
        try await Placements.place("member", member.id.value, at: place, from: effectiveOn, in: transaction)
        if tellsSource { try await OutgoingStore.prepare(member, at: now, in: transaction) }
        try await sink.publish(member.published, key: member.id.value, version: member.version)
    }

    private func tell(_ role: HeldRole) async throws {
        try await remember("role", role.id.value, role.version, role)
        try await sink.publish(role.published, key: role.id.value, version: role.version)
    }

    private func remember(_ kind: String, _ id: UUIDv7, _ version: Int64, _ document: some Encodable) async throws {
        try await transaction.execute(
            """
            INSERT INTO history (kind, id, version, at, author, reason, effective_on, document)
            VALUES (\(kind), \(id), \(version), \(now), \(author), \(reason), \(effectiveOn),
                \(try Documents.write(document)))
            """)
    }
}

/// Where states go: the outbox, with ids that are drawn for a command and computed for a consumer.
protocol StateSink: Sendable {
    func publish<Payload: EventPayload>(_ payload: Payload, key: UUIDv7, version: Int64) async throws
}

/// What a person causes.
struct CommandSink: StateSink {
    let outbox: Outbox
    let context: EventContext
    let transaction: PostgresTransaction

    func publish<Payload: EventPayload>(_ payload: Payload, key: UUIDv7, version: Int64) async throws {
        try await outbox.append(payload, key: key, version: version, context: context, in: transaction)
    }
}

/// What a message causes.
extension MessageScope: StateSink {
    func publish<Payload: EventPayload>(_ payload: Payload, key: UUIDv7, version: Int64) async throws {
        try await emit(payload, key: key, version: version)
    }
}
