import Contracts
import Testing

@testable import RoutingDomain

@Suite("A member who comes with a letter from outside the system")
struct InboundTests {
    /// A case received by the commune on the sending side of the two, for a cell beneath it unless another is named.
    private func opened(
        filled: String = "3", to destination: (TwoCommunes) -> OrganizationID = { $0.cellA }
    ) throws -> PublishedCase {
        var walk = try PublishedCase("inbound-transfer")
        let army = walk.land.country.add(.external, "Đảng bộ Quân sự Mẫu", under: walk.land.province, staffed: false)
        try walk.open(
            from: army,
            form: [
                "destinationCellId": .string("\(destination(walk.land))"), "filledBoxes": .string(filled),
            ])
        return walk
    }

    @Test("the case begins where the paper arrived, with the next box, and comes down to the cell")
    func down() throws {
        var walk = try opened()
        let land = walk.land
        #expect(try walk.running.turn?.step == "verify-letter" && walk.running.turn?.organizationId == land.communeA)
        try walk.carry()
        #expect(try walk.running.boxes.map(\.number) == [4, 5, 6])
        #expect(try walk.running.boxes.map(\.organizationId) == [land.communeA, land.baseA, land.sectionA])
        #expect(try walk.running.boxes.first?.text.contains("Đã đối chiếu bản giấy") == true)
        // The letter was issued elsewhere: nobody goes into transit with it.
        #expect(!walk.events.map(kind).contains("letter"))
        guard case .admitted(let admitted)? = walk.events.first(where: { kind($0) == "admitted" }) else {
            Issue.record("nobody is admitted")
            return
        }
        let from = try walk.running.fromCellId
        #expect(admitted.toCellId == land.cellA && admitted.fromCellId == from)
        #expect(try walk.request().content.boxes.map(\.number) == [4, 5, 6])
        try walk.sign()
        #expect(try walk.running.stage == .completed)
    }

    @Test("what arrived for a cell that is not beneath is addressed anew first")
    func elsewhere() throws {
        var walk = try opened { $0.cellB }
        #expect(walk.events.map(kind).last == "unroutable readdress no-meeting-point")
        #expect(try walk.running.turn?.organizationId == walk.land.communeA)
        #expect(
            try walk.refusal("readdress", fields: ["destinationCellId": "\(walk.land.cellB)"]) == "no-meeting-point")
        try walk.act("readdress", fields: ["destinationCellId": "\(walk.land.neighbourA)"])
        #expect(try walk.running.turn?.step == "verify-letter")
        try walk.carry()
        #expect(try walk.running.boxes.map(\.organizationId) == [walk.land.communeA, walk.land.baseA])
    }

    @Test("returned as wrongly addressed it goes to the committee above that cell and the body outside")
    func wrongAddress() throws {
        var walk = try opened()
        try walk.carry(to: walk.land.baseA)
        try walk.act("return", text: "Không thuộc cơ sở này")
        #expect(try walk.running.turn?.organizationId == walk.land.province)
        try walk.act("readdress", fields: ["destinationCellId": "\(walk.land.baseCellB)"])
        try walk.carry()
        #expect(
            try walk.running.boxes.map(\.organizationId) == [
                walk.land.communeA, walk.land.province, walk.land.communeB,
            ])
        #expect(try walk.running.boxes.map(\.number) == [4, 5, 6])
    }

    @Test("a body outside beneath another province: its cells are reached all the same, and so they are from the top")
    func otherProvince() throws {
        var walk = try PublishedCase("inbound-transfer")
        let center = walk.land.country.add(.central, "Trung ương Mẫu")
        let far = walk.land.country.add(.provincial, "Đảng bộ tỉnh Mẫu khác", under: center)
        let cell = walk.land.country.add(.baseCell, "Chi bộ cơ sở khác", under: far)
        walk.land.country.giveAllRoles()
        let army = walk.land.country.add(.external, "Đảng bộ Quân sự Mẫu", under: far, staffed: false)
        for received in [center, far] {
            var one = walk
            let form: [String: JSONValue] = ["destinationCellId": .string("\(cell)"), "filledBoxes": "2"]
            try one.open(from: army, form: form, received: received)
            try one.carry()
            #expect(try one.running.stage == .awaitingResult)
        }
    }

    @Test("what is refused was issued elsewhere: no void letter is told of; a long way needs a continuation sheet")
    func boxes() throws {
        var walk = try opened(filled: "9")
        var refused = walk
        try refused.carry(to: walk.land.cellA)
        try refused.tell(.withdraw)
        #expect(try refused.running.boxes.isEmpty && refused.running.cancelledLetters.count == 1)
        #expect(!refused.events.map(kind).contains("letter void"))
        try walk.carry()
        #expect(try walk.running.boxes.map(\.number) == [10, 11, 12])
        #expect(try walk.request().content.fields["continuationSheets"] == "1")
    }

    @Test("a letter that is not valid ends the case with the reason")
    func refused() throws {
        var walk = try opened()
        try walk.act("refuse", text: "Con dấu không rõ")
        #expect(try walk.running.stage == .refused)
    }

    @Test("only a definition for letters from outside counts boxes on paper, and it has its places and no others")
    func definition() throws {
        let good = try PublishedCase("inbound-transfer").definition
        func rules(
            filled: String?, _ change: (inout [ProcedureDefinition.Step]) -> Void = { _ in }
        ) -> [String] {
            var steps = good.steps
            change(&steps)
            do {
                _ = try ProcedureDefinition(
                    procedure: good.procedure, version: 2, title: good.title, route: good.route,
                    letter: .init(boxes: 10, filledField: filled), steps: steps, result: good.result,
                    outcome: good.outcome)
                return []
            } catch {
                return error.faults.map(\.rule)
            }
        }
        #expect(rules(filled: "filledBoxes").isEmpty)
        #expect(rules(filled: nil) == ["letter.filled"])
        #expect(rules(filled: "filledBoxes") { $0.removeAll { $0.places == [.arrival] } }.contains("place.missing"))
    }
}
