import Contracts
import Testing
import WorkingTime

@testable import RoutingDomain

@Suite("A definition that a case could not run by is refused")
struct ProcedureDefinitionTests {
    /// The first fault of a definition made from the good one.
    func fault(
        version: Int = 1, boxes: Int = 10, outcome: String = "admitted",
        _ change: (inout [ProcedureDefinition.Step]) -> Void = { _ in }
    ) throws -> DefinitionFault? {
        try faults(version: version, boxes: boxes, outcome: outcome, change).first
    }

    /// The faults of a definition made from the good one.
    func faults(
        version: Int = 1, boxes: Int = 10, outcome: String = "admitted",
        _ change: (inout [ProcedureDefinition.Step]) -> Void = { _ in }
    ) throws -> [DefinitionFault] {
        let good = try ProcedureDefinition.transfer()
        var steps = good.steps
        change(&steps)
        do {
            _ = try ProcedureDefinition(
                procedure: good.procedure, version: version, title: good.title, route: good.route,
                letter: .init(boxes: boxes, presentWithin: good.letter?.presentWithin), steps: steps,
                result: good.result, outcome: outcome)
            return []
        } catch {
            return error.faults
        }
    }

    @Test("versions, boxes and names are checked")
    func values() throws {
        #expect(try fault() == nil)
        #expect(try fault(version: 0)?.path == "version")
        #expect(try fault(boxes: 0)?.path == "letter.boxes")
        #expect(try fault(outcome: "Admitted!")?.path == "outcome")
    }

    @Test("every place has exactly one step")
    func places() throws {
        #expect(
            try fault { $0.removeAll { $0.places.contains(.readdressing) } }?.reason
                == "no step for the place readdressing")
        let same = try faults { $0.append($0[0]) }
        #expect(same.contains { $0.rule == "name.duplicate" && $0.reason == "two steps have the same name introduce" })
        let twice = try fault { $0.append(copy($0[1], name: "again")) }
        #expect(twice?.reason == "more than one step for the place ascending")
    }

    @Test("every place has the effect by which a case leaves it, and none that makes no sense there")
    func effects() throws {
        let noWay = try fault { $0[1] = copy($0[1], actions: []) }
        #expect(noWay?.path == "steps.onward-introduction.actions")
        let stray = try faults { $0[1] = copy($0[1], actions: $0[1].actions + $0[3].actions.suffix(1)) }
        #expect(stray.contains { $0.reason.contains("send-back is not allowed at the place") })
        let boxAtTheEnd = try faults { $0[3] = copy($0[3], fillsBox: true) }
        #expect(boxAtTheEnd.contains { $0.reason == "the receiving cell admits and fills no box" })
    }

    @Test("offices are handed over where the first box is signed, and the officer can say so")
    func handOver() throws {
        func approval(_ fields: [ProcedureDefinition.Field]) -> ProcedureDefinition.Action {
            .init(
                name: "approve", title: .init(vietnamese: "", english: ""), effect: .forward, needsText: true,
                fields: fields, guards: [.officesHandedOver])
        }
        let confirmation = ProcedureDefinition.Field(name: .officesHandedOver, isRequired: false)
        let silent = try faults { $0[0] = copy($0[0], actions: [approval([])]) }
        #expect(silent.map(\.rule) == ["guard.confirmation"])
        #expect(silent.first?.path == "steps.introduce.actions.approve.guards")
        let forced = ProcedureDefinition.Field(name: .officesHandedOver, isRequired: true)
        #expect(try fault { $0[0] = copy($0[0], actions: [approval([forced])]) }?.rule == "guard.confirmation")
        let late = try faults { $0[1] = copy($0[1], actions: [approval([confirmation])]) }
        #expect(late.map(\.rule) == ["guard.offices"])
        #expect(try fault { $0[0] = copy($0[0], actions: [approval([confirmation])]) } == nil)
    }

    @Test("a box needs a text, a refusal a reason, a new address its field, a limit a sensible number")
    func details() throws {
        let silent = ProcedureDefinition.Action(
            name: "approve", title: .init(vietnamese: "", english: ""), effect: .forward, needsText: false)
        #expect(try fault { $0[1] = copy($0[1], actions: [silent]) }?.path.hasSuffix("actions.approve") == true)
        #expect(
            try fault { $0[1] = copy($0[1], limit: .working(.workingDays(0))) }?.path
                == "steps.onward-introduction.limit")
        #expect(
            try fault { $0[1] = copy($0[1], limit: .nextMeeting(atMostDays: 400)) }?.path
                == "steps.onward-introduction.limit")
        let blind = ProcedureDefinition.Action(
            name: "readdress", title: .init(vietnamese: "", english: ""), effect: .readdress, needsText: true)
        #expect(try fault { $0[4] = copy($0[4], actions: [blind]) }?.path.hasSuffix("readdress.fields") == true)
    }

    @Test("all faults are told at once, in Vietnamese and English")
    func all() throws {
        let faults = try faults(version: 0, boxes: 0, outcome: "Admitted!") { $0[1] = copy($0[1], actions: []) }
        #expect(Set(faults.map(\.path)).isSuperset(of: ["version", "letter.boxes", "outcome"]))
        #expect(faults.contains { $0.rule == "actions.missing" })
        #expect(faults.allSatisfy { !$0.text.vietnamese.isEmpty && !$0.text.english.isEmpty })
    }

    @Test("a step that no case comes to, one that nothing leaves, and a loop without exit")
    func graph() throws {
        func action(_ name: String, _ effect: ProcedureDefinition.Effect, to target: String? = nil)
            -> ProcedureDefinition.Action
        {
            .init(
                name: name, title: .init(vietnamese: name, english: name), effect: effect, needsText: true,
                target: target)
        }
        func step(_ name: String, _ actions: [ProcedureDefinition.Action]) -> ProcedureDefinition.Step {
            .init(
                name: name, title: .init(vietnamese: name, english: name),
                at: OrganizationExpression(.baseCommittee, of: .origin), role: .organisationOfficer,
                limit: .working(.workingDays(2)), actions: actions)
        }
        func rules(_ way: [String], _ steps: [ProcedureDefinition.Step]) throws -> Set<String> {
            do {
                _ = try ProcedureDefinition(
                    procedure: .dues, version: 1, title: .init(vietnamese: "", english: ""),
                    route: .init(destinationField: nil, stations: way), steps: steps, outcome: "done")
                return []
            } catch {
                return Set(error.faults.map { "\($0.path) \($0.rule)" })
            }
        }
        let ask = step("ask", [action("finish", .finish), action("refer", .refer, to: "advise")])
        let advise = step("advise", [action("answer", .forward)])
        #expect(try rules(["ask"], [ask, advise]) == [])
        #expect(
            try rules(["ask"], [step("ask", [action("finish", .finish)]), advise])
                == ["steps.advise step.unreachable", "steps.advise.actions step.no-way-out"])
        let onlyAsks = step("ask", [action("refer", .refer, to: "advise")])
        #expect(
            try rules(["ask"], [onlyAsks, advise]) == ["steps.ask loop.no-exit", "steps.advise loop.no-exit"])
        let waits = step("ask", [action("supplement", .requestSupplement)])
        #expect(try rules(["ask"], [waits]) == ["steps.ask.actions step.no-way-out"])
        #expect(try rules(["ask", "gone"], [ask, advise]).contains("route.steps step.unknown"))
        let last = step("ask", [action("finish", .finish), action("on", .forward)])
        #expect(try rules(["ask"], [last]) == ["steps.ask.actions.on last.finish"])
        #expect(
            try rules(["ask"], [step("ask", [action("refer", .refer, to: "nobody"), action("finish", .finish)])])
                == ["steps.ask.actions.refer.to refer.step"])
    }

    private func copy(
        _ step: ProcedureDefinition.Step, name: String? = nil, fillsBox: Bool? = nil, limit: StepLimit? = nil,
        actions: [ProcedureDefinition.Action]? = nil
    ) -> ProcedureDefinition.Step {
        ProcedureDefinition.Step(
            name: name ?? step.name, title: step.title, places: step.places, role: step.role,
            fillsBox: fillsBox ?? step.fillsBox, limit: limit ?? step.limit, actions: actions ?? step.actions)
    }
}
