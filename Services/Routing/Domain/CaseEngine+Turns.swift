import Contracts
import Foundation

extension Draft {
    /// The way from an organisation to the member's new cell.
    func route(from start: OrganizationID) throws(RouteFault) -> [Hop] {
        guard let destination = running.toCellId else { throw .destinationMissing }
        let way = try around.tree.route(from: start, to: destination, origin: running.fromCellId)
        let boxes = way.count { definition.step(at: $0.place)?.fillsBox ?? false }
        guard (running.boxes.last?.number ?? 0) + boxes <= definition.letter.boxes else { throw .tooFewBoxes }
        return way
    }

    /// Hands the case to the next organisation.
    mutating func enter(_ hop: Hop, ahead: [Hop]) throws(InvalidValue) {
        let fillsBox = definition.step(at: hop.place)?.fillsBox ?? false
        try begin(hop.organizationId, hop.place, box: fillsBox ? nextBox : nil, ahead: ahead)
    }

    /// Hands the case to the committee that finds its right address.
    mutating func waitForAddress(
        at organization: OrganizationID, fillsBox: Bool, because reason: String? = nil
    ) throws(InvalidValue) {
        try begin(organization, .readdressing, box: fillsBox ? nextBox : nil, ahead: [])
        guard let reason, let turn = running.turn else { return }
        emitUnroutable(turn, reason)
    }

    private var nextBox: Int { (running.boxes.last?.number ?? 0) + 1 }

    private mutating func begin(
        _ organization: OrganizationID, _ place: Place, box: Int?, ahead: [Hop]
    ) throws(InvalidValue) {
        guard let step = definition.step(at: place) else {
            throw InvalidValue(
                field: "steps", rule: "definition.place", vietnamese: "Định nghĩa thủ tục thiếu bước.",
                english: "The definition has no step for the place \(place.rawValue).")
        }
        let role = around.tree[organization].map { step.role(at: $0.type) } ?? step.role
        let wanted = Seat(organizationId: organization, role: role)
        let seating = around.staffing.seating(at: wanted, concerned: running.concerned, in: around.tree)
        let seat = seating.seat
        let turn = RunningCase.Turn(
            number: (running.turn?.number ?? running.done.last?.number ?? 0) + 1, step: step.name, place: place,
            organizationId: organization, role: role, box: box, seat: seat, enteredAt: around.now,
            due: try around.due(step.limit, at: organization))
        running.turn = turn
        running.ahead = ahead
        let acting = seat ?? wanted
        emit(
            .stepEntered(
                CaseStepEntered(
                    dossierId: running.dossierId, step: step.name, box: box, organizationId: acting.organizationId,
                    role: acting.role, enteredAt: around.now, due: turn.due)))
        if let reason = seating.vacancy { emitUnroutable(turn, reason.rawValue) }
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
}
