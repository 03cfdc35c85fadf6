import Contracts
import Testing
import WorkingTime

@testable import RoutingDomain

@Suite("A definition that a case could not run by is refused")
struct ProcedureDefinitionTests {
    /// The fault of a definition made from the good one.
    func fault(
        version: Int = 1, boxes: Int = 10, outcome: String = "admitted",
        _ change: (inout [ProcedureDefinition.Step]) -> Void = { _ in }
    ) throws -> DefinitionFault? {
        let good = try ProcedureDefinition.transfer()
        var steps = good.steps
        change(&steps)
        do {
            _ = try ProcedureDefinition(
                procedure: good.procedure, version: version, title: good.title, route: good.route,
                letter: .init(boxes: boxes, presentWithin: good.letter.presentWithin), steps: steps,
                result: good.result, outcome: outcome)
            return nil
        } catch {
            return error
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
        #expect(try fault { $0.append($0[0]) }?.reason == "two steps have the same name")
        let twice = try fault { $0.append(copy($0[1], name: "again")) }
        #expect(twice?.reason == "more than one step for the place ascending")
    }

    @Test("every place has the effect by which a case leaves it, and none that makes no sense there")
    func effects() throws {
        let noWay = try fault { $0[1] = copy($0[1], actions: []) }
        #expect(noWay?.path == "steps.onward-introduction.actions")
        let stray = try fault { $0[1] = copy($0[1], actions: $0[1].actions + $0[3].actions.suffix(1)) }
        #expect(stray?.reason.contains("send-back is not allowed at the place") == true)
        let boxAtTheEnd = try fault { $0[3] = copy($0[3], fillsBox: true) }
        #expect(boxAtTheEnd?.reason == "the receiving cell admits and fills no box")
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

    private func copy(
        _ step: ProcedureDefinition.Step, name: String? = nil, fillsBox: Bool? = nil, limit: StepLimit? = nil,
        actions: [ProcedureDefinition.Action]? = nil
    ) -> ProcedureDefinition.Step {
        ProcedureDefinition.Step(
            name: name ?? step.name, title: step.title, places: step.places, role: step.role,
            fillsBox: fillsBox ?? step.fillsBox, limit: limit ?? step.limit, actions: actions ?? step.actions)
    }
}
