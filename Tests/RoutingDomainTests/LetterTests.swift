import Contracts
import Foundation
import Testing
import WorkingTime

@testable import RoutingDomain

@Suite("What befalls a letter on its way")
struct LetterTests {
    let land = TwoCommunes()

    func apply(
        _ command: CaseCommand, _ running: RunningCase, now: Date = Country.morning
    ) throws -> CaseChange {
        try CaseEngine.apply(command, to: running, in: land.country.around(now: now))
    }

    func refusal(_ command: CaseCommand, _ running: RunningCase) throws -> String? {
        do {
            _ = try apply(command, running)
            return nil
        } catch let refusal as Refusal {
            return refusal.rule
        }
    }

    func correction(_ turn: Int?, by officer: Officer, step: String = "onward-introduction") -> CaseCommand {
        .act(OfficerAction(officer: officer, action: "correct", step: step, turn: turn, text: "Số đúng là 12-QĐ/ĐU"))
    }

    @Test("the clock stops while the applicant supplements, and goes on with what was left")
    func supplement() throws {
        let country = land.country
        let opened = try land.carried(land.opened(to: land.cellB).running, until: land.sectionA)
        let before = try #require(opened.turn)
        let stopped = try apply(country.action("supplement", in: opened, text: "Thiếu quyết định"), opened)
        #expect(stopped.events.map(kind) == ["supplement onward-introduction"])
        #expect(stopped.running.turn?.pauses?.last?.from == Country.morning)
        #expect(
            try refusal(country.action("supplement", in: stopped.running, text: "Nữa"), stopped.running)
                == "supplement-awaited")
        // Two weeks later: Friday, 4 December, at the same time of day.
        let later = Country.morning.addingTimeInterval(14 * 86_400)
        let form: JSONValue = ["destinationCellId": .string("\(land.cellB)"), "decisionNumber": "12"]
        let resumed = try apply(.supplemented(form: form), stopped.running, now: later)
        #expect(resumed.events.map(kind) == ["moved resumed", "entered onward-introduction 2"])
        #expect(resumed.running.turn?.isWaiting == false)
        #expect(resumed.running.form == form)
        let around = try country.around(now: later)
        let time = around.workingTime(of: land.sectionA)
        let due = try #require(resumed.running.turn?.due.at)
        #expect(time.between(Country.morning, before.due.at) == time.between(later, due))
        #expect(due > before.due.at)
        #expect(resumed.running.turn?.number == before.number)
    }

    @Test("a step until the meeting goes on until the meeting that follows the supplement")
    func supplementAtTheCell() throws {
        let opened = try land.opened(to: land.cellB).running
        #expect(opened.turn.map { Day(containing: $0.due.at).text } == "2026-12-03")
        let stopped = try apply(land.country.action("supplement", in: opened, text: "Thiếu"), opened).running
        let later = Country.morning.addingTimeInterval(20 * 86_400)
        let resumed = try apply(.supplemented(form: opened.form), stopped, now: later).running
        // Cell A1 meets on the 3rd: after 10 December that is 3 January.
        #expect(resumed.turn.map { Day(containing: $0.due.at).text } == "2027-01-03")
    }

    @Test("a supplement that nobody waits for changes nothing; who acts ends the waiting")
    func supplementUnasked() throws {
        let opened = try land.opened(to: land.cellB).running
        #expect(try apply(.supplemented(form: [:]), opened) == CaseChange(running: opened, events: []))
        let stopped = try apply(land.country.action("supplement", in: opened, text: "Thiếu"), opened).running
        let passed = try apply(land.country.action("approve", in: stopped), stopped).running
        #expect(passed.turn?.organizationId == land.sectionA)
        #expect(passed.turn?.isWaiting == false)
    }

    @Test("a box is corrected by a signed entry beside it, and only by the organisation that signed it")
    func corrected() throws {
        let country = land.country
        let running = try land.carried(land.opened(to: land.cellB).running, until: land.communeB)
        let boxes = running.boxes
        // Turn 3 is that of base organisation A, box 3.
        for other in [land.cellA, land.sectionA, land.communeA, land.communeB] {
            #expect(try refusal(correction(3, by: country.officer(other)), running) == "box-not-yours")
        }
        let change = try apply(correction(3, by: country.officer(land.baseA)), running)
        #expect(change.events.map(kind) == ["corrected 3"])
        #expect(change.running.boxes == boxes)
        #expect(change.running.turn == running.turn)
        #expect(change.running.corrections.map(\.box) == [3])
        let end = try country.walkToAdmission(change.running)
        guard case .resultRequested(let request)? = end.events.last else {
            Issue.record("no request")
            return
        }
        #expect(request.content.boxes[2].text.contains("\nĐính chính: Số đúng là 12-QĐ/ĐU (Cán bộ Đảng bộ cơ sở A)"))
        #expect(request.content.boxes[1].text == boxes[1].text)
    }

    @Test("box 1 is never corrected, nor a box that is not signed, nor in one's own matter")
    func notCorrected() throws {
        let country = land.country
        let running = try land.carried(land.opened(to: land.cellB).running, until: land.baseA)
        #expect(
            try refusal(correction(1, by: country.officer(land.cellA), step: "introduce"), running) == "turn-passed")
        #expect(try refusal(correction(3, by: country.officer(land.baseA)), running) == "action.unknown")
        #expect(try refusal(correction(nil, by: country.officer(land.sectionA)), running) == "action.unknown")
        let own = Officer(memberId: land.member.memberId, fullName: "", state: .official)
        #expect(try refusal(correction(2, by: own), running) == "own-matter")
        let done = try apply(.withdraw, running).running
        #expect(try refusal(correction(2, by: country.officer(land.sectionA)), done) == "not-running")
    }

    @Test("a box corrected while the result is being signed asks for the result anew")
    func correctedLate() throws {
        let country = land.country
        let admitted = try country.walkToAdmission(land.opened(to: land.cellB).running).running
        let change = try apply(correction(2, by: country.officer(land.sectionA)), admitted)
        #expect(change.events.map(kind) == ["corrected 2", "result 2"])
        #expect(try apply(.resultIssued(document: "GGT", version: 1), change.running).events.isEmpty)
        #expect(try apply(.resultIssued(document: "GGT", version: 2), change.running).running.stage == .completed)
    }

    @Test("within one base organisation its committee alone stands between the cells; sections are left out")
    func variant() throws {
        var country = land.country
        let second = country.add(.subordinateCell, "Chi bộ A3", under: land.sectionA)
        let variant = ProcedureDefinition.Variant(
            name: "within-base", title: .init(vietnamese: "", english: ""), condition: .withinBaseOrganization,
            through: OrganizationExpression(.baseCommittee, of: .origin), boxes: 2)
        let around = try country.around(definition: .transfer(variants: [variant]))
        // Also two cells of one section meet at the committee of the base organisation, which decides.
        for destination in [land.neighbourA, second] {
            var running = try CaseEngine.open(
                country.dossier(of: land.member.memberId, to: destination, received: land.communeA), from: land.cellA,
                in: around
            ).running
            #expect(running.variant == "within-base")
            var way: [OrganizationID] = []
            while let turn = running.turn {
                way.append(turn.organizationId)
                let name = turn.place == .destination ? "admit" : "approve"
                running = try CaseEngine.apply(country.action(name, in: running), to: running, in: around).running
            }
            #expect(way == [land.cellA, land.baseA, destination])
            #expect(running.stage == .awaitingResult)
        }
        let outside = try CaseEngine.open(
            country.dossier(of: land.member.memberId, to: land.cellB, received: land.communeA), from: land.cellA,
            in: around
        ).running
        #expect(outside.variant == nil)
        #expect(outside.ahead.count == 7)
    }

    @Test("a case of the short way that was wrongly addressed is sent on from the committee of the base organisation")
    func variantReaddressed() throws {
        let country = land.country
        let variant = ProcedureDefinition.Variant(
            name: "within-base", title: .init(vietnamese: "", english: ""), condition: .withinBaseOrganization,
            through: OrganizationExpression(.baseCommittee, of: .origin), boxes: 2)
        let around = try country.around(definition: .transfer(variants: [variant]))
        var running = try CaseEngine.open(
            country.dossier(of: land.member.memberId, to: land.neighbourA, received: land.communeA), from: land.cellA,
            in: around
        ).running
        for action in ["approve", "approve"] {
            running = try CaseEngine.apply(country.action(action, in: running), to: running, in: around).running
        }
        running = try CaseEngine.apply(
            country.action("return", in: running, text: "Nhầm chi bộ"), to: running, in: around
        ).running
        #expect(running.turn?.organizationId == land.baseA)
        running = try CaseEngine.apply(
            country.action("readdress", in: running, fields: ["destinationCellId": "\(land.cellB)"]), to: running,
            in: around
        ).running
        #expect(running.variant == nil)
        #expect(running.turn?.organizationId == land.communeA)
        while let turn = running.turn {
            let name = turn.place == .destination ? "admit" : "approve"
            running = try CaseEngine.apply(country.action(name, in: running), to: running, in: around).running
        }
        #expect(running.stage == .awaitingResult)
        #expect(running.boxes.map(\.number) == Array(1...7))
    }
}
