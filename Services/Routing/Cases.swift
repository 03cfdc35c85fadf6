import Contracts
import Foundation
import Messaging
import Postgres
import Projections
import RoutingDomain

/// Runs commands on cases: takes the row lock, asks the rules, keeps the new state and what happened, publishes it.
struct Cases: Sendable {
    let reader: CircumstancesReader

    private var directory: DirectoryProjection { reader.directory }
    var definitions: Definitions { reader.definitions }

    /// Opens the case of a dossier; a dossier that has one changes nothing.
    ///
    /// - Throws: `NotYet` while the member, an organisation on the way or the definition is unknown here.
    func open(
        _ event: DossierSubmitted, now: Date, in transaction: PostgresTransaction, publisher: any CasePublisher
    ) async throws {
        let (procedure, version) = (event.procedure, event.procedureVersion)
        let definition = try await definitions.required(procedure, version: version, in: transaction)
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
        try tell(change, actor: "service:routing", in: transaction, publisher: publisher)
    }

    /// Applies a command to a case.
    ///
    /// - Returns: nil when there is no such case, else as for one whose row lock is held.
    func apply(
        _ command: CaseCommand, to id: DossierID, actor: String, now: Date, in transaction: PostgresTransaction,
        publisher: any CasePublisher
    ) async throws -> (running: RunningCase, around: Circumstances, stayChange: StayChange?)? {
        guard let locked = try await CaseStore.lock(id, in: transaction) else { return nil }
        return try await apply(
            command, to: locked, actor: actor, now: now, in: transaction, publisher: publisher)
    }

    /// Applies a command to a case whose row lock is held.
    ///
    /// - Returns: the case after it, what surrounds it, and what became of the stay that another case led to.
    /// - Throws: `Refusal`; nothing is changed then.
    func apply(
        _ command: CaseCommand, to locked: LockedCase, actor: String, now: Date, in transaction: PostgresTransaction,
        publisher: any CasePublisher
    ) async throws -> (running: RunningCase, around: Circumstances, stayChange: StayChange?) {
        let before = locked.running
        let openStay = try await openStay(for: locked, command, in: transaction)
        let around = try await circumstances(
            of: before, locked.subject, command, openStay: openStay, now: now, in: transaction)
        let change = try CaseEngine.apply(command, to: before, in: around)
        guard change.running != before else { return (before, around, nil) }
        let kept = try keep(change, of: before, around, actor: actor, in: transaction, publisher: publisher)
        if let stayChange = change.stayChange {
            _ = try await apply(
                .changeStay(stayChange), to: stayChange.dossierId, actor: actor, now: now, in: transaction,
                publisher: publisher)
        }
        return (kept, around, change.stayChange)
    }

    /// The member's stay that runs, where an officer acts on a case that asks to change it; the case that led to the stay
    /// is locked then. Which one that is says the directory.
    private func openStay(
        for locked: LockedCase, _ command: CaseCommand, in transaction: PostgresTransaction
    ) async throws -> OpenStay? {
        guard case .act = command, try await definition(of: locked.running, in: transaction).stayChange != nil,
            let known = locked.subject.member?.stay,
            let stayed = try await CaseStays.lock(known.dossierId, in: transaction)
        else { return nil }
        return OpenStay(of: stayed, by: try await definition(of: stayed, in: transaction))
    }

    private func definition(
        of running: RunningCase, in session: any PostgresQueryable
    ) async throws -> ProcedureDefinition {
        try await definitions.required(running.procedure, version: running.procedureVersion, in: session)
    }

    /// Keeps what a rule made of a case whose row lock is held, and publishes what happened.
    ///
    /// - Returns: the case as it was kept.
    @discardableResult
    func keep(
        _ change: CaseChange, of before: RunningCase, _ around: Circumstances, actor: String,
        in transaction: PostgresTransaction, publisher: any CasePublisher
    ) throws -> RunningCase {
        let change = try change.watched(in: around)
        guard change.running != before else { return before }
        try CaseStore.update(before, to: change.running, in: transaction)
        if CasePlaces.differ(before, change.running) {
            try CasePlaces.place([change.running.dossierId], in: transaction)
        }
        try CaseStays.note(before, as: change.running, in: transaction)
        try CaseStops.note(change.running, after: before, at: around.now, in: transaction)
        try tell(change, actor: actor, in: transaction, publisher: publisher)
        return change.running
    }

    /// What surrounds a case today.
    func circumstances(
        of running: RunningCase, now: Date, in session: any PostgresQueryable
    ) async throws -> Circumstances {
        let subject = try await CaseSubject.read(running.memberId, in: session)
        return try await circumstances(of: running, subject, now: now, in: session)
    }

    private func circumstances(
        of running: RunningCase, _ subject: CaseSubject?, _ command: CaseCommand? = nil, openStay: OpenStay? = nil,
        now: Date, in session: any PostgresQueryable
    ) async throws -> Circumstances {
        guard let member = subject?.member else { throw NotYet("member:\(running.memberId)") }
        let definition = try await definition(of: running, in: session)
        var places = [running.fromCellId, running.receivingOrganizationId]
        places += running.cellIds + running.turns.map(\.organizationId)
        places += running.handOver?.offices.map(\.organizationId) ?? []
        places += running.paperFile?.records.flatMap { [$0.organizationId, $0.seat.organizationId] } ?? []
        // A box can be corrected by whoever signed it, wherever the case stands.
        if case .act(let action)? = command {
            places += running.done.filter { $0.number == action.turn }.map(\.organizationId)
        }
        if case .act(let action)? = command, let text = action.fields["destinationCellId"] {
            places += OrganizationID(text).map { [$0] } ?? []
        }
        return try await reader.read(
            definition, member: member, organizations: places, openStay: openStay,
            dues: running.awaitsLetter(by: definition) ? subject?.dues : nil,
            departure: running.awaitsHandOver(by: definition)
                ? Departure(from: running.fromCellId, to: running.toCellId) : nil,
            now: now, in: session)
    }

    /// Keeps what happened in the history of the case and publishes it: each event is encoded once.
    private func tell(
        _ change: CaseChange, actor: String, in transaction: PostgresTransaction, publisher: any CasePublisher
    ) throws {
        let key = change.running.dossierId.value
        let first = change.running.version - Int64(change.events.count) + 1
        let entries = try change.events.enumerated().compactMap { index, event in
            try publisher.entry(of: event.payload, key: key, version: first + Int64(index))
        }
        try CaseStore.record(entries.map(HistoryRow.init), actor: actor, in: transaction)
        try publisher.emit(entries)
    }
}
