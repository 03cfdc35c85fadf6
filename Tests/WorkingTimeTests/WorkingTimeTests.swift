import Contracts
import Foundation
import TestSeed
import Testing
import WorkingTime

@Suite("Working time")
struct WorkingTimeTests {
    @Test(
        "a limit in working hours runs only while the office is open",
        arguments: [
            // received, hours, ends
            ("2026-11-20 15:30", 8, "2026-11-23 15:30"),  // Friday to Monday
            ("2026-11-20 08:00", 8, "2026-11-20 17:00"),
            ("2026-11-20 08:00", 4, "2026-11-20 12:00"),
            ("2026-11-20 11:00", 2, "2026-11-20 14:00"),  // over noon
            ("2026-11-20 12:30", 8, "2026-11-23 12:00"),  // received at noon: from 13:00
            ("2026-11-20 17:00", 8, "2026-11-23 17:00"),  // at closing time: from the next opening
            ("2026-11-20 22:15", 1, "2026-11-23 09:00"),
            ("2026-11-21 10:00", 8, "2026-11-23 17:00"),  // a Saturday
            ("2026-11-23 15:30", 8, "2026-11-25 15:30"),  // the holiday of 24/11 between
            ("2026-01-09 15:30", 8, "2026-01-10 15:30"),  // into a compensatory Saturday
            ("2026-02-13 15:30", 8, "2026-02-23 15:30"),  // over Tết
            ("2026-11-20 06:00", 1, "2026-11-20 09:00"),
            ("2026-11-20 15:30:30.250", 1, "2026-11-20 16:30:30.250"),
        ])
    func hours(received: String, hours: Int, ends: String) throws {
        let deadline = try standard().deadline(from: at(received), limit: .workingHours(hours))
        #expect(local(deadline.at) == ends)
    }

    @Test(
        "a limit in working days ends at closing time, the day of receipt not counted",
        arguments: [
            ("2026-11-20 15:30", 1, "2026-11-23 17:00"),
            ("2026-11-20 15:30", 2, "2026-11-25 17:00"),  // 24/11 is a holiday
            ("2026-11-20 06:00", 1, "2026-11-23 17:00"),
            ("2026-11-20 18:00", 1, "2026-11-25 17:00"),  // counts as received on Monday
            ("2026-11-21 10:00", 1, "2026-11-25 17:00"),
            ("2026-01-08 10:00", 2, "2026-01-10 17:00"),  // a compensatory Saturday counts
            ("2026-01-01 10:00", 248, "2026-12-31 17:00"),  // a holiday: counts as received on 05/01
        ])
    func days(received: String, days: Int, ends: String) throws {
        let deadline = try standard().deadline(from: at(received), limit: .workingDays(days))
        #expect(local(deadline.at) == ends)
    }

    @Test("an installation can count from the day it came, also after closing time")
    func asReceived() throws {
        let rules = try DeadlineRules(outsideHours: .asReceived, warningPercentLeft: 25, maximumExtensionHours: 8)
        let deadline = try standard(rules: rules).deadline(from: at("2026-11-20 18:00"), limit: .workingDays(1))
        #expect(local(deadline.at) == "2026-11-23 17:00")
    }

    @Test("a deadline bears the calendar's version and whether it may still change")
    func provisional() throws {
        let time = try standard()
        let sure = try time.deadline(from: at("2026-12-30 15:30"), limit: .workingDays(1))
        #expect(sure == Deadline(at: try at("2026-12-31 17:00"), calendarVersion: "2026-11", provisional: false))
        let across = try time.deadline(from: at("2026-12-31 15:30"), limit: .workingHours(8))
        #expect(across == Deadline(at: try at("2027-01-04 15:30"), calendarVersion: "2026-11", provisional: true))
    }

    @Test("an organisation's own hours hold")
    func ownHours() throws {
        let morning = WorkingTime(
            calendar: try OfficialCalendar.bundled(), officeHours: try OfficeHours(texts: [["07:00", "11:00"]]))
        #expect(
            local(try morning.deadline(from: at("2026-11-20 10:00"), limit: .workingHours(8)).at) == "2026-11-25 10:00")
        #expect(
            local(try morning.deadline(from: at("2026-11-20 10:00"), limit: .workingDays(1)).at) == "2026-11-23 11:00")
    }

    @Test("the office is open from opening to closing, not at closing itself")
    func openings() throws {
        let time = try standard()
        for (moment, open) in [
            ("2026-11-20 08:00", true), ("2026-11-20 11:59", true), ("2026-11-20 12:00", false),
            ("2026-11-20 13:00", true), ("2026-11-20 17:00", false), ("2026-11-21 09:00", false),
            ("2026-11-24 09:00", false),
        ] {
            #expect(time.isOpen(at: try at(moment)) == open, "\(moment)")
        }
        #expect(local(time.nextOpening(from: try at("2026-11-20 17:00"))) == "2026-11-23 08:00")
    }

    @Test(
        "working time between two moments leaves out noon, nights and holidays",
        arguments: [
            ("2026-11-20 15:30", "2026-11-23 15:30", 8 * 60), ("2026-11-20 12:00", "2026-11-20 13:00", 0),
            ("2026-11-20 11:30", "2026-11-20 13:30", 60), ("2026-11-21 00:00", "2026-11-23 00:00", 0),
            ("2026-11-23 00:00", "2026-11-26 00:00", 16 * 60), ("2026-11-23 15:30", "2026-11-20 15:30", 0),
            ("2026-01-01 00:00", "2027-01-01 00:00", 249 * 8 * 60),
        ])
    func between(start: String, end: String, minutes: Int) throws {
        #expect(try standard().between(at(start), at(end)) == .seconds(minutes * 60))
    }

    @Test("limits outside 1 to 5000 are refused", arguments: [0, -1, 5_001, Int.max])
    func limits(number: Int) throws {
        let time = try standard()
        #expect(
            brokenRule { _ = try time.deadline(from: at("2026-11-20 08:00"), limit: .workingHours(number)) }
                == "limit.range")
        #expect(
            brokenRule { _ = try time.deadline(from: at("2026-11-20 08:00"), limit: .workingDays(number)) }
                == "limit.range")
    }

    @Test("a limit is written as one number with its unit")
    func limitJSON() throws {
        let text = String(decoding: try ContractsJSON.encode(TimeLimit.workingHours(8)), as: UTF8.self)
        #expect(text == #"{"workingHours":8}"#)
        #expect(try ContractsJSON.decode(TimeLimit.self, from: Array(#"{"workingDays":2}"#.utf8)) == .workingDays(2))
        for wrong in [#"{}"#, #"{"workingHours":8,"workingDays":1}"#, #"{"workingHours":0}"#] {
            #expect(throws: (any Error).self) { try ContractsJSON.decode(TimeLimit.self, from: Array(wrong.utf8)) }
        }
    }
}

@Suite("Working time, whatever the moments")
struct WorkingTimePropertyTests {
    static let seed: UInt64 = 338

    /// A moment of 2026 to 2028, to the millisecond.
    private func moment(_ generator: inout SeededGenerator) throws -> Date {
        let start = try at("2026-01-01 00:00")
        return Date(
            millisecondsSince1970: start.millisecondsSince1970
                + Int64.random(in: 0..<(3 * 365 * 86_400_000), using: &generator))
    }

    @Test("splitting a time at any moment adds up")
    func splitting() throws {
        var generator = SeededGenerator(seed: Self.seed)
        let time = try standard()
        for _ in 0..<300 {
            let moments = try (0..<3).map { _ in try moment(&generator) }.sorted()
            let parts = time.between(moments[0], moments[1]) + time.between(moments[1], moments[2])
            #expect(parts == time.between(moments[0], moments[2]), "seed \(Self.seed): \(moments)")
        }
    }

    @Test("a later receipt never ends earlier, a longer limit never ends sooner")
    func monotone() throws {
        var generator = SeededGenerator(seed: Self.seed)
        let time = try standard()
        for _ in 0..<300 {
            let received = try [moment(&generator), moment(&generator)].sorted()
            let number = Int.random(in: 1...60, using: &generator)
            for limits in [
                (TimeLimit.workingHours(number), TimeLimit.workingHours(number + 1)),
                (.workingDays(number), .workingDays(number + 1)),
            ] {
                let first = try time.deadline(from: received[0], limit: limits.0).at
                #expect(first <= (try time.deadline(from: received[1], limit: limits.0).at), "\(received) \(limits)")
                #expect(first < (try time.deadline(from: received[0], limit: limits.1).at), "\(received) \(limits)")
                #expect(first > received[0])
            }
        }
    }

    @Test("exactly the limit lies between receipt and end, and never less a millisecond before")
    func exact() throws {
        var generator = SeededGenerator(seed: Self.seed)
        let time = try standard()
        for _ in 0..<300 {
            let received = try moment(&generator)
            let hours = Int.random(in: 1...100, using: &generator)
            let end = try time.deadline(from: received, limit: .workingHours(hours)).at
            #expect(time.between(received, end) == .seconds(hours * 3_600), "\(local(received)) \(hours)")
            let before = Date(millisecondsSince1970: end.millisecondsSince1970 - 1)
            #expect(time.between(received, before) < .seconds(hours * 3_600), "\(local(received)) \(hours)")
            #expect(time.moment(after: .seconds(hours * 3_600), from: received) == end)
        }
    }
}
