import Contracts
import Foundation
import Messaging
import Postgres
import RoutingDomain
import ServiceKit

extension Cases {
    /// Opens the cases of some members of a campaign, by the rules by which a submitted dossier opens one, and writes all
    /// of them with one statement for each table.
    ///
    /// - Returns: what became of each member.
    func open(
        _ planned: [CampaignRows.Planned], of campaign: Campaign, _ kit: ServiceContext,
        in transaction: PostgresTransaction
    ) async throws -> [CampaignOutcome] {
        let now = kit.time.now
        let (procedure, version) = (campaign.procedure, campaign.procedureVersion)
        let definition = try await definitions.required(procedure, version: version, in: transaction)
        var (outcomes, due) = sort(planned, of: campaign)
        let cells = Set(due.map(\.member.cellId))
        let (tree, staffing) = try await reader.surroundings(
            of: cells.union(due.flatMap(\.asked)), acting: cells, now: now, in: transaction)
        due.removeAll { item in
            guard item.body(in: tree) == nil else { return false }
            outcomes.append(CampaignOutcome(ordinal: item.ordinal, state: .failed, reason: "organization-unknown"))
            return true
        }
        let bodies = Dictionary(grouping: due.compactMap { $0.body(in: tree) }) { $0 }.mapValues(\.count)
        var codes = try await CampaignRows.drawCodes(bodies, on: Day(containing: now), in: transaction)
        var changes: [CaseChange] = []
        for item in due {
            guard let body = item.body(in: tree), let code = codes[body]?.popLast() else { continue }
            let around = reader.circumstances(definition, tree, staffing, item.member, now: now)
            let dossier = campaign.rules.dossier(
                kit.ids.next(at: now), of: item.member, code: code, receivedBy: body, version: definition.version,
                now: now)
            do {
                let change = try CaseEngine.open(dossier, from: item.member.cellId, in: around).watched(in: around)
                changes.append(change)
                outcomes.append(
                    CampaignOutcome(ordinal: item.ordinal, state: .created, dossierId: change.running.dossierId))
            } catch {
                outcomes.append(CampaignOutcome(ordinal: item.ordinal, state: .failed, reason: error.rule))
            }
        }
        try await keep(changes, of: campaign, kit, in: transaction)
        return outcomes
    }

    /// A member who gets a case.
    private struct Due {
        let ordinal: Int32
        let member: MemberState
        /// The cells that are asked.
        let asked: [OrganizationID]

        /// The body that receives the dossier; nil when the copy of the directory lacks an organisation on the way.
        func body(in tree: OrganizationTree) -> OrganizationID? {
            guard ([member.cellId] + asked).allSatisfy({ tree.missingLink(above: $0) == nil }) else { return nil }
            return OpinionCampaign.receivingBody(of: member.cellId, in: tree)
        }
    }

    /// Who gets a case, and who does not.
    private func sort(
        _ planned: [CampaignRows.Planned], of campaign: Campaign
    ) -> ([CampaignOutcome], [Due]) {
        var outcomes: [CampaignOutcome] = []
        var due: [Due] = []
        for item in planned {
            guard let member = item.member else {
                outcomes.append(CampaignOutcome(ordinal: item.ordinal, state: .failed, reason: "member-unknown"))
                continue
            }
            if let omission = campaign.rules.omission(of: member, Applicant(member)) {
                outcomes.append(CampaignOutcome(ordinal: item.ordinal, state: .exempt, reason: omission.rule))
                continue
            }
            due.append(Due(ordinal: item.ordinal, member: member, asked: campaign.rules.asked(for: member)))
        }
        return (outcomes, due)
    }

    private func keep(
        _ changes: [CaseChange], of campaign: Campaign, _ kit: ServiceContext, in transaction: PostgresTransaction
    ) async throws {
        guard !changes.isEmpty else { return }
        let context = kit.eventContext()
        func entry(_ payload: some EventPayload, _ running: RunningCase, _ version: Int64) throws -> OutboxEntry {
            try kit.outbox.entry(of: payload, key: running.dossierId.value, version: version, context: context)
        }
        let entries = try changes.flatMap { change in
            let first = change.running.version - Int64(change.events.count) + 1
            return try change.events.enumerated().map { index, event in
                try entry(event.payload, change.running, first + Int64(index))
            }
        }
        let running = changes.map(\.running)
        let kept = try await CaseStore.insert(running, of: campaign.id, in: transaction)
        guard kept == running.count else { throw CaseExists() }
        try CasePlaces.placeNew(running.map(\.dossierId), in: transaction)
        try CaseStore.record(
            entries.map(HistoryRow.init), actor: "service:\(kit.service.rawValue)", in: transaction)
        try await kit.outbox.append(entries, in: transaction)
    }
}

/// A fresh id of a dossier belongs to a case already.
private struct CaseExists: Error {}
