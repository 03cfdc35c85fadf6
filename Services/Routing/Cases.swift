import Contracts
import Foundation
import Messaging
import Postgres
import Projections
import RoutingDomain
import RoutingProcedures

/// Runs commands on cases: takes the row lock, asks the rules, keeps the new state and what happened, publishes it.
struct Cases: Sendable {
    let reader: CircumstancesReader

    private var directory: DirectoryProjection { reader.directory }
    private var catalogue: ProcedureCatalogue { reader.catalogue }

    /// Opens the case of a dossier; a dossier that has one, or whose procedure does not run here, changes nothing.
    ///
    /// - Throws: `NotYet` while the member, an organisation on the way or the definition is unknown here.
    func open(
        _ event: DossierSubmitted, now: Date, in transaction: PostgresTransaction, publisher: any CasePublisher
    ) async throws {
        guard catalogue.knows(event.procedure) else { return }
        guard let definition = catalogue.definition(event.procedure, version: event.procedureVersion) else {
            throw NotYet("procedure:\(event.procedure)@\(event.procedureVersion)")
        }
        guard try await CaseStore.read(event.dossierId, in: transaction) == nil else { return }
        guard let member = try await directory.member(event.applicantMemberId, in: transaction) else {
            throw NotYet("member:\(event.applicantMemberId)")
        }
        let ends =
            [member.cellId, event.receivingOrganizationId]
            + Circumstances.destinations(of: event.form, by: definition, for: Applicant(member))
        let around = try await reader.read(
            definition, member: member, organizations: ends, now: now, in: transaction)
        for end in ends {
            if let missing = around.tree.missingLink(above: end) { throw NotYet("organization:\(missing)") }
        }
        let change = try CaseEngine.open(SubmittedDossier(event), from: member.cellId, in: around).watched(in: around)
        guard try await CaseStore.insert([change.running], in: transaction) == 1 else { return }
        try CasePlaces.place([change.running.dossierId], in: transaction)
        try await tell(change, actor: "service:routing", now: now, in: transaction, publisher: publisher)
    }

    /// Applies a command to a case.
    ///
    /// - Returns: the case after it and what surrounds it; nil when there is no such case.
    /// - Throws: `Refusal`; nothing is changed then.
    func apply(
        _ command: CaseCommand, to id: DossierID, actor: String, now: Date, in transaction: PostgresTransaction,
        publisher: any CasePublisher
    ) async throws -> (running: RunningCase, around: Circumstances)? {
        guard let before = try await CaseStore.lock(id, in: transaction) else { return nil }
        let around = try await circumstances(of: before, command, now: now, in: transaction)
        let change = try CaseEngine.apply(command, to: before, in: around)
        guard !change.events.isEmpty else { return (before, around) }
        let kept = try await keep(change, of: before, around, actor: actor, in: transaction, publisher: publisher)
        return (kept, around)
    }

    /// Keeps what a rule made of a case whose row lock is held, and publishes what happened.
    ///
    /// - Returns: the case as it was kept.
    @discardableResult
    func keep(
        _ change: CaseChange, of before: RunningCase, _ around: Circumstances, actor: String,
        in transaction: PostgresTransaction, publisher: any CasePublisher
    ) async throws -> RunningCase {
        let change = try change.watched(in: around)
        guard change.running != before else { return before }
        try await CaseStore.update(before, to: change.running, in: transaction)
        if CasePlaces.differ(before, change.running) {
            try CasePlaces.place([change.running.dossierId], in: transaction)
        }
        try CaseStops.note(change.running, after: before, at: around.now, in: transaction)
        try await tell(change, actor: actor, now: around.now, in: transaction, publisher: publisher)
        return change.running
    }

    /// What surrounds a case today.
    func circumstances(
        of running: RunningCase, _ command: CaseCommand? = nil, now: Date, in session: any PostgresQueryable
    ) async throws -> Circumstances {
        guard let definition = catalogue.definition(running.procedure, version: running.procedureVersion) else {
            throw DefinitionLost(procedure: running.procedure, version: running.procedureVersion)
        }
        guard let member = try await directory.member(running.memberId, in: session) else {
            throw NotYet("member:\(running.memberId)")
        }
        var places = [running.fromCellId, running.receivingOrganizationId]
        places += running.cellIds + running.turns.map(\.organizationId)
        // A box can be corrected by whoever signed it, wherever the case stands.
        if case .act(let action)? = command {
            places += running.done.filter { $0.number == action.turn }.map(\.organizationId)
        }
        if case .act(let action)? = command, let text = action.fields["destinationCellId"] {
            places += OrganizationID(text).map { [$0] } ?? []
        }
        return try await reader.read(definition, member: member, organizations: places, now: now, in: session)
    }

    private func tell(
        _ change: CaseChange, actor: String, now: Date, in transaction: PostgresTransaction,
        publisher: any CasePublisher
    ) async throws {
        try await CaseStore.record(change, at: now, actor: actor, in: transaction)
        let key = change.running.dossierId.value
        var version = change.running.version - Int64(change.events.count)
        for event in change.events {
            version += 1
            try await publisher.publish(event.payload, key: key, version: version)
        }
    }
}

/// A case runs by a definition that this program does not have: an older program, or a file was taken away.
struct DefinitionLost: Error, CustomStringConvertible {
    let procedure: ProcedureCode
    let version: Int

    var description: String { "no definition of \(procedure) in version \(version)" }
}
