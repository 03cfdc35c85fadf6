import Contracts

@testable import RoutingDomain

/// What holds of every case, whatever is done to it; written down without the engine.
enum CaseInvariants {
    /// What a change breaks; empty for a right one.
    static func broken(_ before: RunningCase?, _ change: CaseChange, _ command: CaseCommand?, _ around: Circumstances)
        -> [String]
    {
        let after = change.running
        var broken: [String] = []
        func demand(_ holds: Bool, _ what: String) { if !holds { broken.append(what) } }

        demand(after.turns.isEmpty == (after.stage != .running), "somebody's turn exactly while it runs")
        demand(isLegalSet(after, around), "one active turn, or those of one parallel step")
        for turn in after.turns {
            demand(isInPlace(turn, after, around), "every hop in the tree: \(turn.step)")
            if let seat = turn.seat {
                demand(
                    !around.staffing.holders(of: seat).subtracting(after.concerned).isEmpty,
                    "somebody who is not concerned sits at the turn")
            }
        }
        demand(
            !after.done.contains { after.concerned.contains($0.byMemberId) },
            "nobody in his own matter, nor who entered it")
        demand(Set(after.done.map(\.number)).count == after.done.count, "never two deciders of one turn")
        // The first follow those that were filled on paper.
        let filled = around.definition.letter?.filledField.flatMap { after.form[$0]?.string }.flatMap(Int.init) ?? 0
        demand(
            after.boxes.map(\.number) == after.boxes.indices.map { $0 + 1 + filled }, "boxes follow each other")
        demand(after.version == (before?.version ?? 0) + Int64(change.events.count), "the version counts the events")
        guard let before else { return broken }

        let letters = after.cancelledLetters
        demand(letters.starts(with: before.cancelledLetters), "cancelled letters stand")
        if letters.count > before.cancelledLetters.count {
            demand(letters.last?.boxes == before.boxes && !before.boxes.isEmpty, "what was signed is laid aside whole")
            demand(letters.last?.corrections == before.corrections, "with its corrections")
            demand(after.boxes.isEmpty && after.corrections.isEmpty, "a void letter is not written on")
            demand(before.admittedOn == nil, "a letter that was used is not cancelled")
        } else {
            demand(after.boxes.starts(with: before.boxes), "signed boxes stand")
            demand(after.corrections.starts(with: before.corrections), "corrections stand")
        }
        demand(
            !around.definition.route.isTransfer || ![.refused, .withdrawn].contains(after.stage) || after.boxes.isEmpty,
            "no letter outlives its transfer")
        demand(after.opinions.starts(with: before.opinions), "opinions stand")
        demand(after.done.starts(with: before.done), "what was done stands")
        demand(after.done.count <= before.done.count + 1, "one decision at a time")
        var beside = after
        (beside.paperFile, beside.version) = (before.paperFile, before.version)
        if [.completed, .refused, .withdrawn].contains(before.stage) {
            demand(beside == before, "an end is an end, but for the paper file")
        }
        broken += brokenPaperFile(before, after, command, around)
        if case .recordPaperFile? = command { demand(beside == before, "the paper file changes nothing else") }
        if after.done.count > before.done.count, let last = after.done.last {
            demand(before.turns.contains { $0.number == last.number }, "who acted had the turn")
            demand(around.staffing.holders(of: last.seat).contains(last.byMemberId), "who acted holds the seat")
            if case .act(let action)? = command {
                demand(action.officer.memberId == last.byMemberId, "who acted is who is written down")
            }
        }
        demand(
            isOnward(before, after, around), "a transfer goes over neighbours, or to the committee of its variant")
        return broken
    }

    /// What a change breaks of the paper file.
    private static func brokenPaperFile(
        _ before: RunningCase, _ after: RunningCase, _ command: CaseCommand?, _ around: Circumstances
    ) -> [String] {
        let (old, new) = (before.paperFile?.records ?? [], after.paperFile?.records ?? [])
        var broken: [String] = []
        func demand(_ holds: Bool, _ what: String) { if !holds { broken.append(what) } }
        demand(new.starts(with: old) && new.count <= old.count + 1, "records of the paper file stand")
        guard new.count > old.count, let last = new.last else { return broken }
        guard case .recordPaperFile(let entry)? = command else { return broken + ["nobody recorded it"] }
        demand(entry.state == last.state && entry.officer.memberId == last.byMemberId, "what was recorded stands there")
        demand(!after.concerned.contains(last.byMemberId), "nobody records his own paper file")
        demand(around.staffing.holders(of: last.seat).contains(last.byMemberId), "who recorded holds the seat")
        let given = new.count { [.handedOver, .reissued].contains($0.state) }
        let ended = new.count { [.returned, .policeConfirmed].contains($0.state) }
        demand(given - ended <= 1 && given > 0, "one paper file at a time")
        demand(
            ![.handedOver, .reissued].contains(last.state) || !before.boxes.isEmpty, "no paper file without a letter")
        demand(
            last.state != .reissued || old.last?.state == .policeConfirmed,
            "no new paper file without a police confirmation")
        return broken
    }

    /// One turn, or the turns of one step with a quorum at different organisations.
    private static func isLegalSet(_ running: RunningCase, _ around: Circumstances) -> Bool {
        let turns = running.turns
        guard turns.count > 1, let first = turns.first else { return true }
        return turns.allSatisfy { $0.step == first.step }
            && around.definition.step(named: first.step)?.quorum != nil
            && Set(turns.map(\.organizationId)).count == turns.count && Set(turns.map(\.number)).count == turns.count
    }

    /// The organisation stands in the tree, above one of those the case is about.
    private static func isInPlace(
        _ turn: RunningCase.Turn, _ running: RunningCase, _ around: Circumstances
    ) -> Bool {
        guard around.tree[turn.organizationId] != nil, around.definition.step(named: turn.step) != nil else {
            return false
        }
        let anchors = [running.fromCellId, running.receivingOrganizationId] + running.cellIds
        return anchors.contains { anchor in
            around.tree.path(from: anchor).contains { $0.id == turn.organizationId }
        }
    }

    /// From one committee of a transfer to the next: parent or child, unless a variant leaves sections out.
    private static func isOnward(_ before: RunningCase, _ after: RunningCase, _ around: Circumstances) -> Bool {
        guard around.definition.route.isTransfer, let old = before.turn, let new = after.turn, old.number != new.number,
            old.place != .readdressing, new.place != .readdressing,
            after.cancelledLetters.count == before.cancelledLetters.count
        else { return true }
        let tree = around.tree
        // Whoever hands the letter over outside waits for the reply, too.
        if Place.ofOutside.contains(new.place), old.organizationId == new.organizationId { return true }
        if after.variant != nil {
            return tree.path(from: old.organizationId).contains { $0.id == new.organizationId }
                || tree.path(from: new.organizationId).contains { $0.id == old.organizationId }
        }
        return tree[old.organizationId]?.parentId == new.organizationId
            || tree[new.organizationId]?.parentId == old.organizationId
    }
}

/// Ways of getting the engine wrong that the invariants must catch.
enum EngineDefect: String, CaseIterable {
    case actsInOwnMatter, overwritesBox, losesBox, leavesTheTree, jumpsHop, twoTurns, decidesTwice, forgetsTurn,
        reopens, rewritesOpinion, miscounts, neverEnds, keepsVoidLetter, losesPaperFile, paperFileMakesStale

    /// What the broken engine makes of a change.
    func spoil(_ before: RunningCase, _ right: CaseChange, _ around: Circumstances) throws -> CaseChange {
        var running = right.running
        switch self {
        case .actsInOwnMatter:
            guard let last = running.done.last, running.done.count > before.done.count else { return right }
            running.done[running.done.count - 1] = copy(last, number: last.number, by: running.memberId)
        case .decidesTwice:
            guard let last = running.done.last, running.done.count > before.done.count else { return right }
            running.done.append(last)
        case .overwritesBox:
            running = try patched(running, "boxes") { $0["text"] = .string("Sửa \(right.running.version)") }
        case .losesBox:
            guard !before.boxes.isEmpty else { return right }
            running = try patched(running, "boxes", removing: true) { _ in }
        case .rewritesOpinion:
            running = try patched(running, "opinions") { $0["text"] = .string("Khác \(right.running.version)") }
        case .leavesTheTree:
            guard let turn = running.turn else { return right }
            running.turns = [move(turn, to: running.dossierId.value)]
        case .jumpsHop:
            guard around.definition.route.isTransfer, let turn = running.turn, let hop = running.ahead.first,
                turn.number != before.turn?.number, turn.place != .readdressing
            else { return right }
            running.turns = [move(turn, to: hop.organizationId.value)]
        case .twoTurns:
            guard let turn = running.turn, running.beside.isEmpty else { return right }
            running.turns = [turn, turn]
        case .forgetsTurn: running.turns = []
        case .reopens:
            guard [.completed, .refused, .withdrawn].contains(before.stage) else { return right }
            running.stage = .awaitingResult
        case .miscounts: running.version += 1
        case .keepsVoidLetter:
            guard running.cancelledLetters.count > before.cancelledLetters.count, let box = before.boxes.first else {
                return right
            }
            try running.sign(box)
        case .losesPaperFile:
            guard before.paperFile?.records.isEmpty == false else { return right }
            running.paperFile?.records.removeFirst()
        case .paperFileMakesStale:
            guard running.paperFile != before.paperFile else { return right }
            running.revision = running.version
        case .neverEnds:
            // Whatever is done, the same turn begins again.
            guard before.stage == .running, running.stage != .withdrawn, running.stage != .refused else { return right }
            running = before
            running.version = right.running.version
        }
        return CaseChange(running: running, events: right.events)
    }

    private func copy(_ turn: RunningCase.CompletedTurn, number: Int, by member: MemberID) -> RunningCase.CompletedTurn
    {
        RunningCase.CompletedTurn(
            number: number, step: turn.step, organizationId: turn.organizationId, seat: turn.seat, box: turn.box,
            action: turn.action, byMemberId: member, forMemberId: turn.forMemberId, enteredAt: turn.enteredAt,
            due: turn.due, at: turn.at,
            note: turn.note)
    }

    private func move(_ turn: RunningCase.Turn, to organization: UUIDv7) -> RunningCase.Turn {
        RunningCase.Turn(
            number: turn.number, step: turn.step, place: turn.place, organizationId: OrganizationID(organization),
            role: turn.role, box: turn.box, seat: turn.seat, enteredAt: turn.enteredAt, due: turn.due,
            pauses: turn.pauses)
    }

    /// The case with the first element of a list changed, which the types themselves forbid.
    private func patched(
        _ running: RunningCase, _ list: String, removing: Bool = false,
        _ change: (inout [String: JSONValue]) -> Void
    ) throws -> RunningCase {
        let value = try ContractsJSON.decode(JSONValue.self, from: ContractsJSON.encode(running))
        guard var object = value.object, var elements = object[list]?.array, let first = elements.first,
            var fields = first.object
        else { return running }
        change(&fields)
        if removing { elements.removeFirst() } else { elements[0] = .object(fields) }
        object[list] = .array(elements)
        return try ContractsJSON.decode(RunningCase.self, from: ContractsJSON.encode(JSONValue.object(object)))
    }
}

extension RunningCase {
    /// What was signed, the boxes of cancelled letters first.
    var everySignedBox: [FilledBox] { cancelledLetters.flatMap(\.boxes) + boxes }
}
