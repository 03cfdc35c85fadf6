public import Contracts
public import Foundation
import WorkingTime

/// Watches over the deadline of a turn: says what has to be told, to whom, and when to look again.
///
/// Each level is told once for each turn, also when the deadline moves afterwards. A warning that comes to be told only
/// after the limit is left out; a breach never is, for it counts as a sign of delay.
public enum DeadlineWatch {
    /// Tells what is due to be told of the open turns; a case of which there is nothing to tell keeps its version.
    ///
    /// - Throws: `InvalidValue` when the definition does not fit the case.
    public static func look(at running: RunningCase, in around: Circumstances) throws(InvalidValue) -> CaseChange {
        var draft = Draft(running, in: around)
        for number in running.turns.map(\.number) {
            while let turn = draft.running.openTurn(number), let next = try around.nextAlert(of: turn),
                next.at <= around.now
            {
                draft.alert(next.level, turn)
            }
        }
        return try draft.change.watched(in: around)
    }
}

/// What is told next of a deadline.
public struct NextAlert: Hashable, Sendable {
    public let level: DeadlineAlertLevel
    /// From when on.
    public let at: Date
}

extension CaseChange {
    /// The change with the moments at which the watch looks at its turns next.
    ///
    /// - Throws: `InvalidValue` when the definition does not fit the case.
    public func watched(in around: Circumstances) throws(InvalidValue) -> CaseChange {
        var running = running
        for turn in running.turns {
            let next = try around.nextAlert(of: turn)?.at
            running.change(turn: turn.number) { $0.alertAt = next }
        }
        return CaseChange(running: running, events: events, stayChange: stayChange)
    }
}

extension Circumstances {
    /// What is told next of the turn's deadline; nil when all was told, and while its clock stands.
    func nextAlert(of turn: RunningCase.Turn) throws(InvalidValue) -> NextAlert? {
        let pace = pace(of: turn.organizationId)
        let reading = try reading(of: turn)
        // The deadline that was told counts until another one is: what a changed calendar makes of it is applied apart.
        guard reading.deadline != nil else { return nil }
        let end = turn.due.at
        // A turn is in time up to the very moment of its deadline.
        let breach = end.addingTimeInterval(0.001)
        let notices = definition.step(named: turn.step)?.notices ?? .standard
        switch turn.alerted {
        case nil:
            if notices.kinds.contains(.warning), let warnsAt = reading.warnsAt, warnsAt < breach, now < breach {
                return NextAlert(level: .warning, at: warnsAt)
            }
            return NextAlert(level: .breach, at: breach)
        case .warning: return NextAlert(level: .breach, at: breach)
        case .breach:
            guard notices.escalates else { return nil }
            let late = Duration.seconds(3_600 * rules.escalationHours)
            return NextAlert(level: .escalation, at: max(breach, pace.time.moment(after: late, from: end)))
        case .escalation: return nil
        }
    }
}

extension Draft {
    /// Tells of the deadline: a warning and a breach to whoever acts, an escalation to the superior.
    fileprivate mutating func alert(_ level: DeadlineAlertLevel, _ turn: RunningCase.Turn) {
        let acting = turn.seat ?? Seat(organizationId: turn.organizationId, role: turn.role)
        let superior = around.staffing.superior(
            above: acting.organizationId, concerned: running.concerned, in: around.tree)
        let told = level == .escalation ? superior : acting
        running.change(turn: turn.number) { turn in
            turn.alerted = level
            if level == .escalation { turn.escalatedTo = superior }
        }
        emit(
            .deadlineAlert(
                CaseDeadlineAlert(
                    dossierId: running.dossierId, turn: turn.number, step: turn.step, level: level,
                    organizationId: turn.organizationId, toldOrganizationId: told?.organizationId,
                    toldRole: told?.role, due: turn.due, at: around.now)))
    }
}
