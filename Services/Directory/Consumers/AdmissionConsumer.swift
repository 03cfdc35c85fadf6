import Contracts
import DirectoryDomain
import Messaging
import Postgres
import ServiceKit

/// What Routing tells of a transfer: the letter is issued or cancelled, a receiving cell admitted the member, and a
/// temporary stay there changes or is over.
enum AdmissionConsumer {
    static let name = "directory.admissions"

    static func definition(audit: AuditLog) -> ConsumerDefinition {
        ConsumerDefinition(name: name, topics: [TopicCatalogue.cases], kind: .effects)
            .on(MemberAdmitted.self) { message, scope in
                try await admit(message.payload, audit: audit, scope)
            }
            .on(CaseLetterIssued.self) { message, scope in
                let letter = message.payload
                // Whoever goes for a time still belongs to his cell.
                guard letter.temporaryUntil == nil else { return }
                let member = try await member(letter.memberId, scope)
                let cell = try await cell(of: member, leaving: letter.fromCellId, scope)
                let day = Day(containing: letter.issuedAt)
                guard let away = member.inTransit(from: cell, by: letter.dossierId, since: day) else { return }
                try await register(letter.dossierId, from: day, scope).change(away)
            }
            .on(CaseLetterCancelled.self) { message, scope in
                let letter = message.payload
                let member = try await member(letter.memberId, scope)
                guard let back = member.restored(by: letter.dossierId) else { return }
                try await register(letter.dossierId, from: Day(containing: letter.cancelledAt), scope).change(back)
            }
            .on(CaseStayChanged.self) { message, scope in
                let change = message.payload
                let member = try await member(change.memberId, scope)
                guard let next = member.stay(of: change.dossierId, until: change.until) else { return }
                try await register(change.requestDossierId, from: Day(containing: change.changedAt), scope).change(next)
            }
            .on(CaseStayEnded.self) { message, scope in
                let end = message.payload
                let member = try await member(end.memberId, scope)
                guard let back = member.returned(from: end.dossierId) else { return }
                try await register(end.dossierId, from: end.until.adding(days: 1), scope).change(back)
            }
    }

    private static func admit(_ event: MemberAdmitted, audit: AuditLog, _ scope: MessageScope) async throws {
        let transaction = scope.transaction
        let member = try await member(event.memberId, scope)
        guard let toCell = try await OrganizationStore.acting(for: event.toCellId, in: transaction),
            let to = try await OrganizationStore.heldPath(from: toCell.id, in: transaction)
        else { throw NotYet("organization:\(event.toCellId)") }
        let fromCellId = try await cell(of: member, leaving: event.fromCellId, scope)
        guard let from = try await OrganizationStore.path(from: fromCellId, in: transaction) else {
            throw NotYet("organization:\(fromCellId)")
        }
        let admission = Admission(
            fromCellId: fromCellId, toCellId: toCell.id, effectiveOn: event.effectiveOn,
            stay: stay(event, at: toCell.id))
        let roles = try await placedRoles(of: event.memberId, in: transaction)
        switch member.admitted(admission, from: from, to: to, roles: roles) {
        case .alreadyThere: return
        case .refused(let reason): throw Unprocessable("admission: \(reason)")
        case .moved(let moved, let ended):
            let register = register(event.dossierId, from: event.effectiveOn, scope)
            try await register.change(moved)
            for role in ended { try await register.change(role) }
            try await audit.record(
                "member.admitted", subject: "\(moved.id)", actor: ServiceName.routing.source,
                details: Record(event, version: moved.version, endedRoles: ended.map(\.id)), in: transaction)
        }
    }

    private static func stay(_ event: MemberAdmitted, at cell: OrganizationID) -> MemberState.Stay? {
        event.temporaryUntil.map { until in
            MemberState.Stay(
                dossierId: event.dossierId, cellId: cell, from: event.stay?.from ?? event.effectiveOn, until: until,
                latest: event.stay?.latest)
        }
    }

    private static func member(_ id: MemberID, _ scope: MessageScope) async throws -> Member {
        guard let found = try await MemberStore.read(id, lock: .update, in: scope.transaction) else {
            throw NotYet("member:\(id)")
        }
        return found.member
    }

    /// The cell that lets him go; it may have passed him to another one meanwhile.
    private static func cell(
        of member: Member, leaving cell: OrganizationID, _ scope: MessageScope
    ) async throws -> OrganizationID {
        let isPassedOn = try await Past.wasReorganized(member.id, awayFrom: cell, in: scope.transaction)
        return isPassedOn ? member.cellId : cell
    }

    private static func register(_ dossier: DossierID, from day: Day, _ scope: MessageScope) -> Register<MessageScope> {
        Register(
            transaction: scope.transaction, sink: scope, now: scope.now, author: ServiceName.routing.source,
            reason: "case \(dossier)", effectiveOn: day)
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
