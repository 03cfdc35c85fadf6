import Contracts
import Foundation
import TestSeed
import Testing
import WorkingTime

@Suite("A clock that stops and goes on")
struct DeadlineClockTests {
    private func clock(_ limit: TimeLimit, _ start: String) throws -> DeadlineClock {
        try DeadlineClock(limit: limit, startedAt: at(start))
    }

    @Test("total, used and remaining are known at every moment")
    func reading() throws {
        let time = try standard()
        let clock = try clock(.workingHours(8), "2026-11-20 15:30")
        for (moment, usedMinutes) in [
            ("2026-11-20 15:00", 0), ("2026-11-20 16:30", 60), ("2026-11-21 12:00", 90), ("2026-11-23 12:30", 330),
            ("2026-11-23 15:30", 480), ("2026-11-23 16:00", 510),
        ] {
            let reading = clock.reading(at: try at(moment), in: time)
            #expect(reading.total == .seconds(8 * 3_600))
            #expect(reading.used == .seconds(usedMinutes * 60), "\(moment)")
            #expect(reading.remaining == max(.zero, reading.total - reading.used), "\(moment)")
            #expect(local(reading.deadline?.at) == "2026-11-23 15:30")
        }
        #expect(clock.reading(at: try at("2026-11-23 16:00"), in: time).overrun == .seconds(30 * 60))
    }

    @Test("while the applicant is asked the clock stands, and goes on when the supplement comes")
    func stopAndGo() throws {
        let time = try standard()
        var clock = try clock(.workingHours(8), "2026-11-20 15:30")
        try clock.stop(at: at("2026-11-20 16:30"))
        let standing = clock.reading(at: try at("2026-12-10 09:00"), in: time)
        #expect(standing.isStopped)
        #expect(standing.deadline == nil)
        #expect(standing.used == .seconds(3_600))
        #expect(standing.remaining == .seconds(7 * 3_600))
        #expect(standing.level == .onTime)
        try clock.go(at: at("2026-12-10 09:00"))
        #expect(local(clock.deadline(in: time)?.at) == "2026-12-10 17:00")
        #expect(clock.reading(at: try at("2026-12-10 10:00"), in: time).used == .seconds(2 * 3_600))
    }

    @Test("a supplement that comes at night goes on at the next opening")
    func goAtNight() throws {
        var clock = try clock(.workingHours(8), "2026-11-20 15:30")
        try clock.stop(at: at("2026-11-20 16:30"))
        try clock.go(at: at("2026-12-10 22:00"))
        #expect(local(clock.deadline(in: try standard())?.at) == "2026-12-11 16:00")
    }

    @Test("a limit in days still ends at closing time after a pause of some hours")
    func pauseInDays() throws {
        let time = try standard()
        var clock = try clock(.workingDays(2), "2026-11-16 15:30")
        #expect(local(clock.deadline(in: time)?.at) == "2026-11-18 17:00")
        try clock.stop(at: at("2026-11-17 10:00"))
        try clock.go(at: at("2026-11-17 15:00"))
        let reading = clock.reading(at: try at("2026-11-17 16:00"), in: time)
        #expect(local(reading.deadline?.at) == "2026-11-19 17:00")
        // 1.5 hours on Monday, two in the morning and one in the afternoon of Tuesday.
        #expect(reading.used == .seconds(9 * 1_800))
        #expect(reading.used + reading.remaining == reading.total)
    }

    @Test("a whole working day of pause moves the end by a working day")
    func pauseOfADay() throws {
        var clock = try clock(.workingDays(2), "2026-11-16 15:30")
        try clock.stop(at: at("2026-11-17 10:00"))
        try clock.go(at: at("2026-11-18 10:00"))
        #expect(local(clock.deadline(in: try standard())?.at) == "2026-11-19 17:00")
    }

    @Test("a pause after the end changes nothing: late stays late")
    func pauseAfterBreach() throws {
        let time = try standard()
        var clock = try clock(.workingHours(8), "2026-11-20 15:30")
        try clock.stop(at: at("2026-11-23 16:00"))
        let reading = clock.reading(at: try at("2026-11-25 10:00"), in: time)
        #expect(local(reading.deadline?.at) == "2026-11-23 15:30")
        #expect(reading.level == .breached)
    }

    @Test("the officer is warned with a quarter left, the superior told after the end")
    func levels() throws {
        let time = try standard()
        let clock = try clock(.workingHours(8), "2026-11-20 15:30")
        for (moment, level) in [
            ("2026-11-23 13:29", DeadlineClock.Level.onTime), ("2026-11-23 13:30", .warning),
            ("2026-11-23 15:30", .warning), ("2026-11-23 15:30:00.001", .breached), ("2026-11-24 00:00", .breached),
        ] {
            let reading = clock.reading(at: try at(moment), in: time)
            #expect(reading.level == level, "\(moment)")
            #expect(local(reading.warnsAt) == "2026-11-23 13:30")
        }
    }

    @Test("the share that is left at the warning is configuration")
    func warningShare() throws {
        let rules = try DeadlineRules(outsideHours: .nextOpening, warningPercentLeft: 50, maximumExtensionHours: 8)
        let reading = try clock(.workingHours(8), "2026-11-20 08:00").reading(
            at: at("2026-11-20 08:00"), in: standard(rules: rules))
        #expect(local(reading.warnsAt) == "2026-11-20 12:00")
    }

    @Test("acts out of order are refused and change nothing")
    func outOfOrder() throws {
        var clock = try clock(.workingHours(8), "2026-11-20 15:30")
        #expect(brokenRule { try clock.go(at: at("2026-11-20 16:00")) } == "clock.not-stopped")
        #expect(brokenRule { try clock.stop(at: at("2026-11-20 15:00")) } == "clock.backwards")
        try clock.stop(at: at("2026-11-20 16:00"))
        let stopped = clock
        #expect(brokenRule { try clock.stop(at: at("2026-11-20 16:30")) } == "clock.already-stopped")
        #expect(brokenRule { try clock.go(at: at("2026-11-20 15:59")) } == "clock.backwards")
        #expect(clock == stopped)
    }

    @Test("a holiday added later moves the end, and the change is told")
    func changedCalendar() throws {
        let old = try OfficialCalendar.bundled()
        let clock = try clock(.workingHours(8), "2026-11-20 15:30")
        let stored = try #require(clock.deadline(in: WorkingTime(calendar: old)))
        var years = old.years
        let year = try #require(years[2026])
        years[2026] = OfficialCalendar.Year(
            holidays: year.holidays.union([try Day("2026-11-23")]), workingDays: year.workingDays)
        let new = try OfficialCalendar(
            version: "2026-12", workingWeekdays: old.workingWeekdays, officeHours: old.officeHours, years: years)
        let revision = try #require(clock.revision(of: stored, in: WorkingTime(calendar: new)))
        #expect(revision.movesEnd)
        #expect(local(revision.after.at) == "2026-11-25 15:30")
        #expect(revision.after.calendarVersion == "2026-12")
        #expect(clock.revision(of: stored, in: WorkingTime(calendar: old)) == nil)
    }

    @Test("a clock survives storage")
    func storage() throws {
        var clock = try clock(.workingHours(8), "2026-11-20 15:30")
        try clock.stop(at: at("2026-11-20 16:00"))
        try clock.go(at: at("2026-11-20 16:10"))
        try clock.extend(byHours: 8, reason: "Nhiều nguồn", isComplex: true, at: at("2026-11-20 16:20"), in: standard())
        try clock.stop(at: at("2026-11-20 16:30"))
        #expect(try ContractsJSON.decode(DeadlineClock.self, from: ContractsJSON.encode(clock)) == clock)
    }

    @Test("used and remaining make up the total under any pauses", arguments: [UInt64(1), 2, 3, 4])
    func addsUp(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let time = try standard()
        for _ in 0..<100 {
            let number = Int.random(in: 1...20, using: &generator)
            var clock = try clock(
                Bool.random(using: &generator) ? .workingHours(number) : .workingDays(number), "2026-11-02 10:00")
            var moment = clock.startedAt
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                moment += TimeInterval(Int.random(in: 0...200_000, using: &generator))
                try clock.stop(at: moment)
                moment += TimeInterval(Int.random(in: 0...400_000, using: &generator))
                try clock.go(at: moment)
            }
            let end = try #require(clock.deadline(in: time)).at
            let reading = clock.reading(at: end, in: time)
            #expect(reading.remaining == .zero && reading.used == reading.total, "seed \(seed): \(clock)")
            let before = clock.reading(at: end.addingTimeInterval(-7_200), in: time)
            #expect(before.used + before.remaining == before.total, "seed \(seed): \(clock)")
            #expect(before.used < before.total, "seed \(seed): \(clock)")
        }
    }
}

@Suite("The extension of article 14.3")
struct ExtensionTests {
    private let time: WorkingTime
    private var clock: DeadlineClock

    init() throws {
        time = try standard()
        clock = try DeadlineClock(limit: DeadlineClock.completenessLimit, startedAt: at("2026-11-13 15:30"))
    }

    @Test("Friday 15:30, Monday 15:30, Tuesday 15:30")
    mutating func onceByADay() throws {
        #expect(local(clock.deadline(in: time)?.at) == "2026-11-16 15:30")
        try clock.extend(byHours: 8, reason: "Nhiều cơ quan", isComplex: true, at: at("2026-11-16 15:29"), in: time)
        #expect(local(clock.deadline(in: time)?.at) == "2026-11-17 15:30")
        #expect(clock.reading(at: try at("2026-11-16 15:30"), in: time).total == .seconds(16 * 3_600))
    }

    @Test("it is given once, to what is complex, with a reason, in time, and not for longer than allowed")
    mutating func refusals() throws {
        var clock = clock
        let time = time
        func refused(
            _ hours: Int = 8, reason: String = "Nhiều cơ quan", complex: Bool = true,
            at moment: String = "2026-11-16 10:00"
        ) -> String? {
            brokenRule {
                try clock.extend(byHours: hours, reason: reason, isComplex: complex, at: at(moment), in: time)
            }
        }
        #expect(refused(complex: false) == "extension.not-complex")
        #expect(refused(9) == "extension.too-long")
        #expect(refused(0) == "extension.too-long")
        #expect(refused(reason: " \n") == "extension.no-reason")
        #expect(refused(at: "2026-11-16 15:30") == "extension.too-late")
        #expect(refused(at: "2026-11-13 15:00") == "clock.backwards")
        #expect(clock == self.clock)
        #expect(refused(4) == nil)
        #expect(refused(4) == "extension.twice")
        #expect(local(clock.deadline(in: time)?.at) == "2026-11-17 10:30")
    }

    @Test("a limit in days has no such extension")
    func onlyHours() throws {
        var clock = try DeadlineClock(limit: .workingDays(2), startedAt: at("2026-11-13 15:30"))
        let rule = brokenRule {
            try clock.extend(byHours: 8, reason: "x", isComplex: true, at: at("2026-11-16 10:00"), in: time)
        }
        #expect(rule == "extension.not-in-hours")
    }
}
