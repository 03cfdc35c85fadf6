import Contracts
import Testing

@testable import RoutingDomain

@Suite("A letter to a body outside the system")
struct OutsideTests {
    private var walk: PublishedCase
    /// The army's committee, which hangs under the province, and one abroad, which hangs under nothing.
    private let army: OrganizationID
    private let abroad: OrganizationID

    init() throws {
        var walk = try PublishedCase("official-transfer")
        army = walk.land.country.add(.external, "Đảng bộ Quân sự Mẫu", under: walk.land.province, staffed: false)
        abroad = walk.land.country.add(.external, "Đảng bộ ngoài nước Mẫu", staffed: false)
        self.walk = walk
    }

    private func opened(to destination: OrganizationID) throws -> PublishedCase {
        var walk = walk
        try walk.open(from: walk.land.cellA, form: ["destinationCellId": .string("\(destination)")])
        return walk
    }

    /// The case in the turn in which the letter is handed over.
    private func atTheDoor(to destination: OrganizationID) throws -> PublishedCase {
        var walk = try opened(to: destination)
        while try walk.running.turn?.place != .outside { try walk.act("approve") }
        return walk
    }

    private func sign(_ walk: inout PublishedCase) throws {
        try walk.tell(.resultIssued(document: "GGT", version: walk.running.requests))
    }

    @Test("it goes up to the committee above that body, is signed, handed over, and ends with the reply")
    func reply() throws {
        var walk = try atTheDoor(to: army)
        let land = walk.land
        #expect(
            try walk.running.boxes.map(\.organizationId)
                == [land.cellA, land.sectionA, land.baseA, land.communeA, land.province])
        #expect(try walk.running.turn?.organizationId == walk.land.province && walk.running.stage == .running)
        guard case .resultRequested(let request)? = walk.events.first(where: { kind($0) == "result 1" }) else {
            Issue.record("the letter is not signed")
            return
        }
        #expect(request.content.boxes.count == 5)
        #expect(request.content.boxes.last?.text.contains("Đảng bộ Quân sự Mẫu") == true)
        #expect(try walk.refusal("hand-over") == "letter-not-signed")
        try walk.tell(.resultIssued(document: "GGT", version: 7))
        #expect(try walk.refusal("hand-over") == "letter-not-signed")
        try sign(&walk)
        try walk.act("hand-over")
        #expect(try walk.running.turn?.place == .reply && walk.running.turn?.organizationId == walk.land.province)
        #expect(try walk.refusal("admit") == "text.required")
        let end = try walk.act("admit", text: "Công văn 12-CV/ĐU ngày 20/11/2026")
        #expect(end.events.map(kind) == ["completed await-reply -", "admitted", "done admitted"])
        guard case .admitted(let admitted) = end.events[1] else { return }
        #expect(admitted.toCellId == army && admitted.fromCellId == walk.land.cellA)
        #expect(end.running.stage == .completed && end.running.done.last?.note == "Công văn 12-CV/ĐU ngày 20/11/2026")
    }

    @Test("one that hangs under nothing is reached from the top")
    func abroadToo() throws {
        let walk = try atTheDoor(to: abroad)
        #expect(try walk.running.turn?.organizationId == walk.land.province)
    }

    @Test("a letter that comes back goes to its right address, inside or outside, and is signed anew")
    func back() throws {
        var walk = try atTheDoor(to: army)
        try sign(&walk)
        try walk.act("hand-over")
        try walk.act("return", text: "Không có đơn vị này")
        #expect(try walk.running.turn?.place == .readdressing)
        var again = walk
        try again.act("readdress", fields: ["destinationCellId": "\(abroad)"])
        #expect(try again.running.turn?.place == .outside && again.running.requests == 2)
        #expect(try again.refusal("hand-over") == "letter-not-signed")
        try sign(&again)
        #expect(try again.refusal("hand-over") == nil)
        try walk.act("readdress", fields: ["destinationCellId": "\(walk.land.cellB)"])
        while try walk.running.stage == .running {
            try walk.act(walk.running.turn?.place == .destination ? "admit" : "approve")
        }
        #expect(try walk.running.stage == .awaitingResult && walk.running.requests == 2)
    }

    @Test("a correction before the reply has the letter signed anew")
    func corrected() throws {
        var walk = try atTheDoor(to: army)
        try sign(&walk)
        let turn = try #require(walk.running.done.first { $0.organizationId == walk.land.communeA })
        let change = try walk.tell(
            .act(
                OfficerAction(
                    officer: walk.land.country.officer(walk.land.communeA), action: "correct", step: turn.step,
                    turn: turn.number, text: "Đúng là 2026")))
        #expect(change.events.map(kind) == ["corrected 4", "result 2", "entered hand-over-outside -"])
        #expect(try walk.running.requests == 2)
        #expect(try walk.refusal("hand-over") == "letter-not-signed")
        try sign(&walk)
        #expect(try walk.refusal("hand-over") == nil)
    }

    @Test("once the letter is handed over nobody takes the dossier back")
    func withdrawn() throws {
        var walk = try atTheDoor(to: army)
        try sign(&walk)
        var early = walk
        try early.tell(.withdraw)
        #expect(try early.running.stage == .withdrawn && early.running.resultSigned == nil)
        try walk.act("hand-over")
        #expect(try walk.tell(.withdraw).events.isEmpty)
        #expect(try walk.running.stage == .running)
    }

    @Test("a definition without these places does not lead outside")
    func temporary() throws {
        var walk = try PublishedCase("temporary-transfer")
        let army = walk.land.country.add(.external, "Đảng bộ Quân sự Mẫu", under: walk.land.province, staffed: false)
        try walk.open(from: walk.land.cellA, form: ["destinationCellId": .string("\(army)")])
        #expect(walk.events.map(kind).last == "unroutable readdress destination-not-a-cell")
    }

    @Test("the two places come together, with a letter that is signed, and fill no box")
    func definition() throws {
        func faults(_ change: (inout [ProcedureDefinition.Step]) -> Void) throws -> [String] {
            let good = walk.definition
            var steps = good.steps
            change(&steps)
            do {
                _ = try ProcedureDefinition(
                    procedure: good.procedure, version: 2, title: good.title, route: good.route, letter: good.letter,
                    steps: steps, result: good.result, outcome: good.outcome)
                return []
            } catch {
                return error.faults.map(\.rule)
            }
        }
        #expect(try faults { _ in }.isEmpty)
        #expect(try faults { $0.removeAll { $0.places == [.reply] } }.contains("place.missing"))
        #expect(try faults { $0.removeAll { $0.places == [.outside] } }.contains("place.missing"))
        let boxed = try faults { steps in
            guard let index = steps.firstIndex(where: { $0.places == [.outside] }) else { return }
            let step = steps[index]
            steps[index] = .init(
                name: step.name, title: step.title, places: step.places, role: step.role, fillsBox: true,
                limit: step.limit, actions: step.actions)
        }
        #expect(boxed.contains("box.outside"))
        #expect(throws: InvalidDefinition.self) {
            let good = walk.definition
            _ = try ProcedureDefinition(
                procedure: good.procedure, version: 2, title: good.title, route: good.route, letter: good.letter,
                period: try PublishedCase("temporary-transfer").definition.period, steps: good.steps,
                result: good.result, outcome: good.outcome)
        }
    }
}
