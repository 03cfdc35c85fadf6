import Contracts
import Foundation
import Testing
import WorkingTime

@testable import RoutingDomain

@Suite("What is told of a deadline")
struct DeadlineWatchTests {
    let land = TwoCommunes()

    func moment(_ text: String) throws -> Date { try #require(RFC3339.moment(of: "\(text):00+07:00")) }

    /// The section's turn: entered on Friday the 20th at 08:02, due on Wednesday the 25th at 17:00.
    func turn() throws -> RunningCase {
        try land.carried(land.opened(to: land.cellB).running, until: land.sectionA)
    }

    func look(_ running: RunningCase, at text: String, _ country: Country? = nil) throws -> CaseChange {
        let country = country ?? land.country
        return try DeadlineWatch.look(at: running, in: country.around(now: moment(text)))
    }

    func alerts(_ change: CaseChange) -> [CaseDeadlineAlert] {
        change.events.compactMap { if case .deadlineAlert(let alert) = $0 { alert } else { nil } }
    }

    @Test("a warning, a breach, an escalation: each once, and the next look is known before")
    func each() throws {
        let start = try look(turn(), at: "2026-11-20T08:03")
        #expect(start.events.isEmpty)
        // 8 hours less 2 minutes on Friday, 8 on Monday, 8 on Wednesday: a quarter less is six hours before the end.
        let warnsAt = try #require(start.running.turn?.alertAt)
        #expect(warnsAt > (try moment("2026-11-25T10:00")))
        #expect(warnsAt < (try moment("2026-11-25T10:02")))
        let warned = try look(start.running, at: "2026-11-25T10:02")
        #expect(alerts(warned).map(\.level) == [.warning])
        #expect(alerts(warned).first?.toldOrganizationId == land.sectionA)
        #expect(warned.running.turn?.alertAt == (try moment("2026-11-25T17:00")).addingTimeInterval(0.001))
        #expect(try look(warned.running, at: "2026-11-25T17:00").events.isEmpty)
        let breached = try look(warned.running, at: "2026-11-25T17:01")
        #expect(alerts(breached).map(\.level) == [.breach])
        #expect(breached.running.turn?.alertAt == (try moment("2026-11-26T17:00")))
        #expect(try look(breached.running, at: "2026-11-26T16:59").events.isEmpty)
        let escalated = try look(breached.running, at: "2026-11-26T17:00")
        #expect(alerts(escalated).map(\.level) == [.escalation])
        #expect(alerts(escalated).first?.toldOrganizationId == land.baseA)
        #expect(alerts(escalated).first?.toldRole == .organisationOfficer)
        #expect(alerts(escalated).first?.organizationId == land.sectionA)
        #expect(escalated.running.turn?.alertAt == nil)
        #expect(try look(escalated.running, at: "2026-12-30T08:00").events.isEmpty)
    }

    @Test("versions count the alerts, and the superior who was told may look at the case")
    func versions() throws {
        let running = try turn()
        let late = try look(running, at: "2026-12-30T08:00")
        #expect(late.running.version == running.version + 2)
        #expect(alerts(late).map(\.level) == [.breach, .escalation])
        #expect(CaseEngine.organizations(of: late.running).contains(land.baseA))
    }

    @Test("a warning that comes too late is left out, a breach never")
    func tooLate() throws {
        #expect(alerts(try look(turn(), at: "2026-11-25T17:01")).map(\.level) == [.breach])
    }

    @Test("without a superior the escalation is told to nobody, and all the same once")
    func nobodyAbove() throws {
        var country = land.country
        for place in [land.baseA, land.communeA, land.province] { country.change(place, .dissolved) }
        let late = try look(turn(), at: "2026-12-30T08:00", country)
        #expect(alerts(late).last?.level == .escalation && alerts(late).last?.toldOrganizationId == nil)
    }

    @Test("each turn has its own alerts")
    func nextTurn() throws {
        let late = try look(turn(), at: "2026-12-30T08:00").running
        let next = try CaseEngine.apply(
            land.country.action("approve", in: late), to: late,
            in: land.country.around(now: moment("2026-12-30T08:00"))
        ).running
        #expect(next.turn?.alerted == nil)
        #expect(alerts(try look(next, at: "2027-03-01T08:00")).map(\.level) == [.breach, .escalation])
    }

    @Test("while the clock stands nothing is told; afterwards the end is later, and is told")
    func stopped() throws {
        var draft = try Draft(turn(), in: land.country.around(now: moment("2026-11-23T08:02")))
        try draft.stopClock(of: #require(draft.running.turn))
        let standing = draft.change
        #expect(standing.running.turn?.isWaiting == true && standing.events.isEmpty)
        #expect(try look(standing.running, at: "2027-01-04T08:00").events.isEmpty)
        #expect(try look(standing.running, at: "2027-01-04T08:00").running.turn?.alertAt == nil)
        var again = try Draft(standing.running, in: land.country.around(now: moment("2026-12-01T08:02")))
        try again.resumeClock(of: #require(again.running.turn))
        guard case .deadlineMoved(let moved)? = again.change.events.last else {
            Issue.record("the move was not told")
            return
        }
        #expect(moved.reason == "resumed")
        #expect(moved.before.at == (try moment("2026-11-25T17:00")))
        #expect(moved.after.at == (try moment("2026-12-02T17:00")))
        #expect(again.change.running.turn?.due == moved.after && again.running.turn?.isWaiting == false)
        let resumed = try #require(again.running.turn)
        #expect(throws: Refusal.self) { try again.resumeClock(of: resumed) }
    }

    @Test("a changed calendar moves the open deadline only when it is applied, and only if the end moves")
    func revision() throws {
        let running = try turn()
        let announced = try OfficialCalendar.bundled()
        let year = try #require(announced.years[2026])
        func around(holidays: Set<Day>) throws -> Circumstances {
            let plain = try land.country.around(now: moment("2026-11-20T09:00"))
            return Circumstances(
                definition: plain.definition, tree: plain.tree, staffing: plain.staffing, applicant: plain.applicant,
                calendar: try OfficialCalendar(
                    version: "2026-12", workingWeekdays: announced.workingWeekdays,
                    officeHours: announced.officeHours,
                    years: [2026: .init(holidays: year.holidays.union(holidays), workingDays: year.workingDays)]),
                now: plain.now)
        }
        let longer = try around(holidays: [Day("2026-11-23")])
        #expect(try DeadlineRevision.of(#require(running.turn), in: longer)?.after.at == moment("2026-11-26T17:00"))
        let watched = try DeadlineWatch.look(at: running, in: longer)
        #expect(watched.running.turn?.due == running.turn?.due)
        let applied = try DeadlineRevision.apply(to: running, in: longer)
        #expect(applied.events.count == 1 && applied.running.turn?.due.calendarVersion == "2026-12")
        let same = try DeadlineRevision.apply(to: running, in: around(holidays: []))
        #expect(same.events.isEmpty && same.running.turn?.due.calendarVersion == "2026-12")
        #expect(try DeadlineRevision.of(#require(applied.running.turn), in: longer) == nil)
    }
}
