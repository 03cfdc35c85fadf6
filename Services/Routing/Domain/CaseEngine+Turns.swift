import Contracts
import Foundation

extension Draft {
    /// Begins at the beginning of the way, or waits for the right address where none leads to the destination.
    mutating func beginWay() throws(InvalidValue) {
        switch Result(catching: { () throws(RouteFault) in try wholeWay() }) {
        case .success(let way): try enter(way)
        case .failure(let fault):
            running.toCellId = nil
            running.furtherCellIds = []
            try waitForAddress(at: running.receivingOrganizationId, fillsBox: false, because: fault.rawValue)
        }
    }

    /// Hands the case to the first organisation of a way.
    mutating func enter(_ way: [Hop]) throws(InvalidValue) {
        guard let hop = way.first, let step = definition.step(of: hop) else { throw Self.noStep }
        // Who carries a letter out of the system carries it signed.
        if hop.place == .outside { askForResult() }
        running.ahead = Array(way.dropFirst())
        running.variant = definition.route.isTransfer ? variant?.name : nil
        try begin(hop.organizationIds, step, hop.place, box: step.fillsBox ? nextBox : nil)
    }

    /// Hands the case to the committee that finds its right address.
    mutating func waitForAddress(
        at organization: OrganizationID, fillsBox: Bool, because reason: String? = nil
    ) throws(InvalidValue) {
        guard let step = definition.step(at: .readdressing) else { throw Self.noStep }
        running.ahead = []
        try begin([organization], step, .readdressing, box: fillsBox && step.fillsBox ? nextBox : nil)
        guard let reason, let turn = running.turn else { return }
        emitUnroutable(turn, reason)
    }

    /// Begins the turns of a step: one, or several at the same time.
    mutating func begin(
        _ organizations: [OrganizationID], _ step: ProcedureDefinition.Step, _ place: Place, box: Int?
    ) throws(InvalidValue) {
        let last = max(running.done.map(\.number).max() ?? 0, running.turns.map(\.number).max() ?? 0)
        var turns: [RunningCase.Turn] = []
        for (index, organization) in organizations.enumerated() {
            turns.append(try turn(last + 1 + index, step, place, at: organization, box: box))
        }
        running.turns = turns
        running.asked = turns.count
        for turn in turns { emitEntered(turn) }
    }

    private var nextBox: Int { (running.boxes.last?.number ?? definition.boxesFilled(before: running.form)) + 1 }

    private func turn(
        _ number: Int, _ step: ProcedureDefinition.Step, _ place: Place, at organization: OrganizationID, box: Int?
    ) throws(InvalidValue) -> RunningCase.Turn {
        let role = around.tree[organization].map { step.role(at: $0.type) } ?? step.role
        let wanted = Seat(organizationId: organization, role: role)
        return RunningCase.Turn(
            number: number, step: step.name, place: place, organizationId: organization, role: role, box: box,
            seat: seating(wanted).seat, enteredAt: around.now, due: try around.due(step.limit, at: organization))
    }

    /// Tells whose turn it is, and that nobody was found to take it.
    ///
    /// - Parameter isNew: false for a turn that goes on: what was told of its seat then still holds.
    mutating func emitEntered(_ turn: RunningCase.Turn, isNew: Bool = true) {
        let wanted = Seat(organizationId: turn.organizationId, role: turn.role)
        let acting = turn.seat ?? wanted
        emit(
            .stepEntered(
                CaseStepEntered(
                    dossierId: running.dossierId, step: turn.step, box: turn.box,
                    organizationId: acting.organizationId, role: acting.role, enteredAt: turn.enteredAt, due: turn.due))
        )
        if isNew, let reason = seating(wanted).vacancy { emitUnroutable(turn, reason.rawValue) }
    }

    /// Who acts at a seat in this case.
    func seating(_ wanted: Seat) -> Seating {
        around.staffing.seating(at: wanted, concerned: running.concerned, in: around.tree)
    }

    mutating func emitUnroutable(_ turn: RunningCase.Turn, _ reason: String) {
        emit(
            .unroutable(
                CaseUnroutable(
                    dossierId: running.dossierId, step: turn.step, reason: reason,
                    organizationId: turn.organizationId,
                    offeredToOrganizationId: turn.seat.map(\.organizationId).flatMap {
                        $0 == turn.organizationId ? nil : $0
                    }, since: around.now)))
    }

    /// The checks of a definition exclude it.
    private static let noStep = InvalidValue(
        field: "steps", rule: "definition.place", vietnamese: "Định nghĩa thủ tục thiếu bước.",
        english: "The definition has no step for the place that the case comes to.")
}
