import Contracts
import DirectoryDomain
import Messaging
import Postgres
import ServiceKit

/// What Routing tells: a receiving cell admitted a member, so he belongs there now.
enum AdmissionConsumer {
    static let name = "directory.admissions"

    static func definition(audit: AuditLog) -> ConsumerDefinition {
        ConsumerDefinition(name: name, topics: [TopicCatalogue.cases], kind: .effects)
            .on(MemberAdmitted.self) { message, scope in
                try await admit(message.payload, audit: audit, scope)
            }
    }

    private static func admit(_ event: MemberAdmitted, audit: AuditLog, _ scope: MessageScope) async throws {
        let transaction = scope.transaction
        guard let member = try await MemberStore.read(event.memberId, lock: .update, in: transaction)?.member else {
            throw NotYet("member:\(event.memberId)")
        }
        guard let toCell = try await OrganizationStore.acting(for: event.toCellId, in: transaction),
            let to = try await OrganizationStore.heldPath(from: toCell.id, in: transaction)
        else { throw NotYet("organization:\(event.toCellId)") }
        // The cell that let him go may have passed him to another one meanwhile.
        let isPassedOn = try await Past.wasReorganized(member.id, awayFrom: event.fromCellId, in: transaction)
        let fromCellId = isPassedOn ? member.cellId : event.fromCellId
        guard let from = try await OrganizationStore.path(from: fromCellId, in: transaction) else {
            throw NotYet("organization:\(fromCellId)")
        }
        let admission = Admission(
            fromCellId: fromCellId, toCellId: toCell.id, effectiveOn: event.effectiveOn,
            temporaryUntil: event.temporaryUntil)
        let roles = try await placedRoles(of: event.memberId, in: transaction)
        switch member.admitted(admission, from: from, to: to, roles: roles) {
        case .alreadyThere: return
        case .refused(let reason): throw Unprocessable("admission: \(reason)")
        case .moved(let moved, let ended):
            let register = Register(
                transaction: transaction, sink: scope, now: scope.now, author: ServiceName.routing.source,
                reason: "case \(event.dossierId)", effectiveOn: event.effectiveOn)
            try await register.change(moved)
            for role in ended { try await register.change(role) }
            try await audit.record(
                "member.admitted", subject: "\(moved.id)", actor: ServiceName.routing.source,
                details: Record(event, version: moved.version, endedRoles: ended.map(\.id)), in: transaction)
        }
    }

    private static func placedRoles(
        of member: MemberID, in transaction: PostgresTransaction
    ) async throws -> [(role: HeldRole, path: OrganizationPath)] {
        var placed: [(role: HeldRole, path: OrganizationPath)] = []
        for role in try await RoleStore.open(of: member, lock: .update, in: transaction) {
            let path = try await OrganizationStore.path(from: role.organizationId, in: transaction)
            placed.append((role, path ?? OrganizationPath([])))
        }
        return placed
    }

    /// What the audit row says of an admission.
    private struct Record: Encodable {
        let dossierId: DossierID
        let fromCellId: OrganizationID
        let toCellId: OrganizationID
        let version: Int64
        let endedRoles: [RoleID]

        init(_ event: MemberAdmitted, version: Int64, endedRoles: [RoleID]) {
            dossierId = event.dossierId
            fromCellId = event.fromCellId
            toCellId = event.toCellId
            self.version = version
            self.endedRoles = endedRoles
        }
    }
}
