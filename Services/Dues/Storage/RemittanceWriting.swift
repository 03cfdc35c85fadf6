import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// Closed months on their way into the schema, with their postings, first steps and events.
struct RemittanceWriting {
    private struct Row {
        let id: RemittanceID
        let organization: OrganizationID
        let superior: OrganizationID?
        let sum: RemittanceSum
        let share: BasisPoints?
        let holder: OrganizationID
        let superiorHolder: OrganizationID?
        let state: RemittanceState
    }

    private let month: DuesMonth
    private let dueOn: Day
    private let kit: ServiceContext
    private let context: EventContext
    private var rows: [Row] = []
    private var ledger = LedgerRows()
    private var events: [OutboxEntry] = []

    var isEmpty: Bool { rows.isEmpty }

    init(month: DuesMonth, dueOn: Day, kit: ServiceContext, context: EventContext) {
        self.month = month
        self.dueOn = dueOn
        self.kit = kit
        self.context = context
    }

    /// - Parameters:
    ///   - hasCash: whether some of its money lies in its own cash box.
    ///   - holders: on whose accounts the money stands, and should stand.
    mutating func add(
        _ sum: RemittanceSum, _ id: RemittanceID, of organization: OrganizationID, to superior: OrganizationID?,
        share: BasisPoints?, inherited: [(from: OrganizationID, amount: Dong)], hasCash: Bool,
        holders: (own: OrganizationID, superior: OrganizationID?)
    ) throws {
        let isThere = holders.own == holders.superior && !hasCash
        let state: RemittanceState = sum.passed == .zero ? .nothing : isThere ? .acknowledged : .due
        rows.append(
            Row(
                id: id, organization: organization, superior: superior, sum: sum, share: share, holder: holders.own,
                superiorHolder: holders.superior, state: state))
        var postings = Posting.division(sum, of: organization, inherited: inherited)
        if let superior, state == .acknowledged {
            postings += Posting.acknowledgement(
                sum.passed, from: organization, to: superior, holders: (holders.own, holders.own))
        }
        ledger.add(postings, remittance: id, now: context.now, ids: kit.ids)
        guard let superior, state != .nothing else { return }
        try emit(
            RemittanceMade(
                remittanceId: id, fromOrganizationId: organization, toOrganizationId: superior, month: month,
                collected: sum.kept + sum.passed, kept: sum.kept, passed: sum.passed, dueOn: dueOn,
                madeAt: context.now), id, version: 1)
        guard state == .acknowledged else { return }
        try emit(
            RemittanceAcknowledged(
                remittanceId: id, fromOrganizationId: organization, toOrganizationId: superior, month: month,
                passed: sum.passed, how: .setOff, acknowledgedAt: context.now), id, version: 2)
    }

    private mutating func emit(_ payload: some EventPayload, _ id: RemittanceID, version: Int64) throws {
        events.append(try kit.outbox.entry(of: payload, key: id.value, version: version, context: context))
    }

    var statements: [SQL] {
        guard !rows.isEmpty else { return [] }
        return [insertion, steps] + [ledger.insertion(at: context.now)].compactMap { $0 }
            + (events.isEmpty ? [] : [kit.outbox.insertion(events)])
    }

    private var insertion: SQL {
        """
        INSERT INTO remittances (remittance_id, organization_id, month, superior_id, own, received, carried_in, kept,
            passed, carried_out, share, holder_id, superior_holder, state, due_on, made_at, version)
        SELECT r.id, r.organization_id, \(month), r.superior_id, r.own, r.received, r.carried_in, r.kept, r.passed,
            r.carried_out, r.share, r.holder, r.superior_holder, r.state, \(dueOn), \(context.now), r.version
        FROM unnest(\(rows.map(\.id)), \(rows.map(\.organization)), \(rows.map(\.superior)), \(rows.map(\.sum.own)),
            \(rows.map(\.sum.received)), \(rows.map(\.sum.carriedIn)), \(rows.map(\.sum.kept)),
            \(rows.map(\.sum.passed)), \(rows.map(\.sum.carriedOut)), \(rows.map(\.share?.value)), \(rows.map(\.holder)),
            \(rows.map(\.superiorHolder)), \(rows.map(\.state.rawValue)), \(rows.map(Self.version)))
            AS r (id, organization_id, superior_id, own, received, carried_in, kept, passed, carried_out, share, holder,
                superior_holder, state, version)
        """
    }

    /// What was set off has its first step.
    private var steps: SQL {
        let setOff = rows.filter { $0.state == .acknowledged }
        return """
            INSERT INTO remittance_steps (remittance_id, version, trigger, state, actor, at)
            SELECT id, 2, \(RemittanceTrigger.setOff), \(RemittanceState.acknowledged), \(actor), \(context.now)
            FROM unnest(\(setOff.map(\.id))) AS r (id)
            """
    }

    private var actor: String { "service:\(kit.service.rawValue)" }

    private static func version(_ row: Row) -> Int64 { row.state == .acknowledged ? 2 : 1 }
}
