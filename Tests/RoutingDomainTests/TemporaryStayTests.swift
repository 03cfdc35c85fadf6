import Contracts
import Foundation
import RoutingProcedures
import Testing

@testable import RoutingDomain

@Suite("The life of a temporary stay")
struct TemporaryStayTests {
    /// A stay at cell B1 from December to May, as the admission begins it.
    private func admitted(reason: String = "work", until: String = "2027-05-31") throws -> PublishedCase {
        var one = try PublishedCase("temporary-transfer")
        try one.open(
            from: one.land.cellA,
            form: [
                "destinationCellId": .string("\(one.land.cellB)"), "stayFrom": "2026-12-01",
                "stayUntil": .string(until), "stayReason": .string(reason),
            ])
        try one.carry()
        try one.sign()
        let stay = try #require(one.running.stay)
        one.stay = try MemberState.Stay(
            dossierId: one.running.dossierId, cellId: stay.cellId, from: stay.from, until: stay.until)
        return one
    }

    /// Looks at the stay at noon of a day.
    private func look(_ one: inout PublishedCase, on day: String) throws -> [CaseEvent] {
        one.now = try Day(day).start.addingTimeInterval(43_200)
        return one.take(StayWatch.look(at: try one.running, in: try one.around)).events
    }

    private func change(of one: PublishedCase, until day: String) throws -> StayChange {
        try StayChange(
            dossierId: one.running.dossierId, until: Day(day), requestDossierId: one.running.dossierId,
            byMemberId: one.land.member.memberId, forMemberId: nil)
    }

    @Test("begins with the admission; the member is reminded once, and once told of the end")
    func life() throws {
        var one = try admitted()
        let stay = try #require(one.running.stay)
        #expect(stay.cellId == one.land.cellB && stay.reason == "work")
        #expect(try one.running.stage == .completed && stay.lookOn == Day("2027-05-01"))
        #expect(try look(&one, on: "2027-04-30").isEmpty)
        let ending = try look(&one, on: "2027-05-01")
        #expect(
            try ending == [
                .stayEnding(
                    CaseStayEnding(
                        dossierId: one.running.dossierId, memberId: one.running.memberId,
                        fromCellId: one.land.cellA, cellId: one.land.cellB, until: Day("2027-05-31")))
            ])
        #expect(try look(&one, on: "2027-05-31").isEmpty)
        let end = try look(&one, on: "2027-06-01")
        #expect(
            try end == [
                .stayEnded(
                    CaseStayEnded(
                        dossierId: one.running.dossierId, memberId: one.running.memberId,
                        fromCellId: one.land.cellA, cellId: one.land.cellB, until: Day("2027-05-31"),
                        endedAt: one.now))
            ])
        #expect(try one.running.stay?.isOver == true)
        #expect(try look(&one, on: "2027-06-02").isEmpty)
    }

    @Test("a service that stood still for the last month ends it without a reminder that comes too late")
    func stoodStill() throws {
        var one = try admitted()
        let told = try look(&one, on: "2027-06-20")
        guard case .stayEnded? = told.first else {
            Issue.record("\(told)")
            return
        }
        #expect(told.count == 1)
    }

    @Test("nothing is told of a stay that the directory does not know; after a month it is laid aside")
    func unknown() throws {
        var one = try admitted()
        let known = one.stay
        one.stay = nil
        #expect(try look(&one, on: "2027-05-01").isEmpty)
        #expect(try one.running.stay?.lookOn == Day("2027-05-02"))
        one.stay = known
        #expect(try look(&one, on: "2027-05-02").count == 1)
        one.stay = nil
        #expect(try look(&one, on: "2027-06-30").isEmpty)
        #expect(try one.running.stay?.isOver == false)
        #expect(try look(&one, on: "2027-07-01").isEmpty)
        #expect(try one.running.stay?.isOver == true)
        #expect(try one.running.stay?.lookOn == nil)
    }

    @Test("extended, the member is reminded again; an end that was told stands")
    func extended() throws {
        var one = try admitted()
        #expect(try look(&one, on: "2027-05-01").count == 1)
        let changed = try one.tell(.changeStay(change(of: one, until: "2027-08-31")))
        #expect(try changed.events.count == 1 && changed.running.stay?.lookOn == Day("2027-08-01"))
        #expect(try one.tell(.changeStay(change(of: one, until: "2027-08-31"))).events.isEmpty)
        #expect(try look(&one, on: "2027-06-01").isEmpty)
        #expect(try look(&one, on: "2027-08-01").count == 1)
        #expect(try look(&one, on: "2027-09-01").count == 1)
        #expect(try one.tell(.changeStay(change(of: one, until: "2027-10-31"))).events.isEmpty)
        #expect(try one.running.stay?.until == Day("2027-08-31"))
    }

    @Test("an early return ends it the day after its last day, without a reminder of what was just decided")
    func early() throws {
        var one = try admitted()
        one.now = try Day("2027-02-10").start
        try one.tell(.changeStay(change(of: one, until: "2027-02-12")))
        #expect(try look(&one, on: "2027-02-10").isEmpty)
        #expect(try look(&one, on: "2027-02-12").isEmpty)
        #expect(try look(&one, on: "2027-02-13").count == 1)
        #expect(try one.running.stay?.isOver == true)
    }
}

@Suite("The extension or early end of a stay, as published")
struct StayChangeTests {
    private func asked(_ until: String?, latest: String = "2027-11-29") throws -> PublishedCase {
        var one = try PublishedCase("temporary-stay-change")
        let dossier: DossierID = SequentialIDSource(seed: 9).next(at: one.now)
        one.stay = try MemberState.Stay(
            dossierId: dossier, cellId: one.land.cellB, from: Day("2026-12-01"), until: Day("2027-05-31"))
        one.openStay = try OpenStay(
            dossierId: dossier, from: Day("2026-12-01"), until: Day("2027-05-31"), latest: Day(latest))
        try one.open(from: one.land.cellA, form: until.map { ["stayUntil": .string($0)] } ?? [:])
        return one
    }

    @Test("the cell of the stay proposes, its committee decides, the member's own cell takes note")
    func walk() throws {
        var one = try asked("2027-08-31")
        #expect(try one.running.turn?.organizationId == one.land.cellB)
        #expect(try one.act("propose", text: "Đề nghị đồng ý").stayChange == nil)
        #expect(try one.running.turn?.organizationId == one.land.baseB)
        let agreed = try one.act("agree")
        let change = try #require(agreed.stayChange)
        #expect(try change.dossierId == one.openStay?.dossierId && change.until == Day("2027-08-31"))
        #expect(try change.requestDossierId == one.running.dossierId)
        #expect(change.byMemberId == one.land.country.officer(one.land.baseB).memberId)
        #expect(try one.running.turn?.organizationId == one.land.cellA)
        #expect(try one.act("note").stayChange == nil)
        #expect(try one.running.stage == .completed && one.running.outcome == "stay-changed")
    }

    @Test(
        "as long as its procedure allows from the first day on; an early return may make it short",
        arguments: [
            ("2027-11-29", nil), ("2027-11-30", "stay-too-long"), ("2026-12-15", nil), ("2026-12-01", nil),
            ("2026-11-30", "stay-day-missing"), ("31/08/2027", "stay-day-missing"), (nil, "stay-day-missing"),
        ] as [(String?, String?)])
    func days(_ until: String?, _ refusal: String?) throws {
        var one = try asked(until)
        try one.act("propose", text: "Đề nghị đồng ý")
        #expect(try one.refusal("agree") == refusal)
    }

    @Test("a day that is past at the decision is not taken, nor a request made before the stay was changed")
    func stale() throws {
        var one = try asked("2027-02-10")
        try one.act("propose", text: "Đề nghị đồng ý")
        one.now = try Day("2027-02-11").start
        #expect(try one.refusal("agree") == "stay-day-past")
        one.now = try Day("2027-02-10").start
        let open = try #require(one.openStay)
        one.openStay = try OpenStay(
            dossierId: open.dossierId, from: open.from, until: Day("2027-08-31"), latest: open.latest)
        #expect(try one.refusal("agree") == "stay-changed-meanwhile")
    }

    @Test("what was decided is not withdrawn any more")
    func withdrawn() throws {
        var one = try asked("2027-08-31")
        try one.act("propose", text: "Đề nghị đồng ý")
        var early = one
        #expect(try early.tell(.withdraw).running.stage == .withdrawn)
        try one.act("agree")
        #expect(try one.tell(.withdraw).events.isEmpty)
        #expect(try one.running.stage == .running)
    }

    @Test("a stay that is over is not changed, and the committee can refuse")
    func over() throws {
        var one = try asked("2027-08-31")
        try one.act("propose", text: "Đề nghị đồng ý")
        one.openStay = nil
        #expect(try one.refusal("agree") == "no-stay")
        #expect(try one.act("refuse", text: "Đã hết thời gian").stayChange == nil)
        #expect(try one.running.stage == .refused)
    }

    @Test("who asks without a stay that is known waits with the receiving body for the right address")
    func unknownStay() throws {
        var one = try PublishedCase("temporary-stay-change")
        try one.open(from: one.land.cellA, form: ["stayUntil": "2027-08-31"])
        #expect(try one.running.turn?.place == .readdressing)
        try one.act("readdress", fields: ["destinationCellId": "\(one.land.cellB)"])
        #expect(try one.running.turn?.organizationId == one.land.cellB)
    }
}
