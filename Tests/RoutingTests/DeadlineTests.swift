import Contracts
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing
import WorkingTime

@testable import Routing
@testable import RoutingDomain

@Suite("Deadlines are watched over")
struct DeadlineTests {
    struct SeenClock: Decodable {
        struct Turn: Decodable {
            struct Clock: Decodable {
                let totalMinutes: Int
                let usedMinutes: Int
                let remainingMinutes: Int
                let level: String
                let stopped: Bool
                let alerted: String?
            }
            let clock: Clock
        }
        let turn: Turn?
    }

    func alerts(_ stage: RoutingStage, of dossier: DossierID) async throws -> [CaseDeadlineAlert] {
        try await stage.pool.query(
            "SELECT data FROM outbox WHERE key = \(dossier) AND type = \(CaseDeadlineAlert.type) ORDER BY version"
        ).map { try ContractsJSON.decode(from: $0.get("data", as: [UInt8].self)) }
    }

    /// The case stands with base organisation A, which has two working days: until Wednesday the 25th at 17:00.
    func waiting(_ stage: RoutingStage) async throws -> DossierID {
        let dossier = try await stage.submitted()
        try await stage.walk(dossier, until: stage.places.baseA)
        return dossier
    }

    @Test("a warning, a breach and an escalation are events, audit rows and known in the case, each once")
    func alerts() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await waiting(stage)
            let job = DeadlineAlerts(desk: try stage.desk())
            try await job.run()
            #expect(try await alerts(stage, of: dossier).isEmpty)
            for moment in ["2026-11-25T12:00", "2026-11-25T17:01", "2026-11-26T17:00", "2026-12-30T08:00"] {
                try stage.set(moment)
                for _ in 0..<2 { try await job.run() }
            }
            let told = try await alerts(stage, of: dossier)
            #expect(told.map(\.level) == [.warning, .breach, .escalation])
            #expect(
                told.map(\.toldOrganizationId) == [stage.places.baseA, stage.places.baseA, stage.places.communeA])
            let audited = try await stage.pool.queryOne(
                """
                SELECT count(*) AS n FROM audit WHERE action = 'case.deadline-alert' AND subject = \("\(dossier)")
                  AND actor = 'service:routing'
                """)
            #expect(try audited.get("n", as: Int.self) == 3)
            let history = try await stage.pool.queryOne(
                "SELECT count(*) AS n FROM case_history WHERE dossier_id = \(dossier)")
            let kept = try #require(try await CaseStore.read(dossier, in: stage.pool))
            #expect(try history.get("n", as: Int64.self) == kept.version)
            let answer = try await stage.service.call(
                .get, "/v1/cases/\(dossier)", token: stage.service.token(member: stage.member))
            let clock = try #require(try answer.json(SeenClock.self).turn).clock
            #expect(clock.alerted == "escalation" && clock.level == "breached" && clock.remainingMinutes == 0)
        }
    }

    @Test("total, used and remaining working time stand in the case")
    func clock() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await waiting(stage)
            // Friday 10:00 to 17:00 without the hour at noon, Monday, Wednesday.
            try stage.set("2026-11-23T09:00")
            let answer = try await stage.service.call(
                .get, "/v1/cases/\(dossier)", token: stage.service.token(member: stage.member))
            let clock = try #require(try answer.json(SeenClock.self).turn).clock
            #expect(clock.totalMinutes == 22 * 60 && clock.usedMinutes == 7 * 60)
            #expect(clock.remainingMinutes == 15 * 60 && !clock.stopped && clock.level == "on-time")
        }
    }

    @Test("two processes at once tell of each deadline once")
    func twoProcesses() async throws {
        try await RoutingStage.run { stage in
            var dossiers: [DossierID] = []
            for _ in 0..<120 { dossiers.append(try await stage.submitted()) }
            try stage.set("2027-01-30T08:00")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { try await DeadlineAlerts(desk: stage.desk()).run() } }
                try await group.waitForAll()
            }
            // A page that one held the others skipped: what is left is found by the next round.
            try await DeadlineAlerts(desk: stage.desk()).run()
            let row = try await stage.pool.queryOne(
                "SELECT count(*) AS n, count(DISTINCT key) AS cases FROM outbox WHERE type = \(CaseDeadlineAlert.type)")
            #expect(try row.get("n", as: Int.self) == 2 * dossiers.count)
            #expect(try row.get("cases", as: Int.self) == dossiers.count)
            // Nor did one of them run into what another had changed, and put the case off.
            let later = try await stage.pool.queryOne("SELECT count(*) AS n FROM case_turns WHERE alert_at IS NOT NULL")
            #expect(try later.get("n", as: Int.self) == 0)
        }
    }

    @Test("a case that cannot be worked on holds up no other, and is tried again later")
    func broken() async throws {
        try await RoutingStage.run { stage in
            let bad = try await waiting(stage)
            let good = try await waiting(stage)
            try await stage.pool.execute(
                """
                WITH broken AS (
                    UPDATE cases SET document = jsonb_set(document, '{procedureVersion}', '77')
                    WHERE dossier_id = \(bad) RETURNING dossier_id)
                UPDATE case_turns t SET alert_at = '2026-11-01Z' FROM broken b WHERE t.dossier_id = b.dossier_id
                """)
            try stage.set("2026-11-25T17:01")
            try await DeadlineAlerts(desk: stage.desk()).run()
            #expect(try await alerts(stage, of: good).map(\.level) == [.breach])
            #expect(try await alerts(stage, of: bad).isEmpty)
            let later = try await stage.pool.queryOne("SELECT alert_at FROM case_turns WHERE dossier_id = \(bad)")
            #expect(
                try later.get("alert_at", as: Date.self)
                    == stage.time.now.addingTimeInterval(DeadlineAlerts.retryAfter))
        }
    }

    @Test("a changed calendar: what would move is listed, nothing moves before it is approved, then all of it does")
    func revision() async throws {
        struct List: Decodable {
            struct Item: Decodable {
                let dossierId: DossierID
                let before: Deadline
                let after: Deadline
            }
            struct Approval: Decodable { let finishedAt: Date? }
            let calendarVersion: String
            let approval: Approval?
            let items: [Item]
            let next: String?
        }
        try await RoutingStage.run(settings: ["routing.calendar": try Self.newCalendar()]) { stage in
            var dossiers: [DossierID] = []
            for _ in 0..<3 {
                dossiers.append(try await waiting(stage))
                try await asTheOldCalendarLeftIt(stage, try #require(dossiers.last))
            }
            dossiers.sort()
            func list(_ query: String = "") async throws -> List {
                let answer = try await stage.service.call(
                    .get, "/v1/deadline-revisions\(query)", token: stage.service.operatorToken())
                #expect(answer.status == .ok)
                return try answer.json()
            }
            let seen = try await list("?limit=2")
            #expect(seen.calendarVersion == "2026-12" && seen.approval == nil)
            #expect(seen.items.map(\.dossierId) == Array(dossiers.prefix(2)))
            #expect(seen.items.first?.before.at == RFC3339.moment(of: "2026-11-25T17:00:00+07:00"))
            #expect(seen.items.first?.after.at == RFC3339.moment(of: "2026-11-26T17:00:00+07:00"))
            let rest = try await list("?limit=2&after=\(try #require(seen.next))")
            #expect(rest.items.map(\.dossierId) == Array(dossiers.suffix(1)) && rest.next == nil)

            let job = CalendarRevision(desk: try stage.desk())
            try await job.run()
            #expect(try await list().items.count == 3)
            #expect(try await approve(stage, "2030-01", stage.service.operatorToken()).status == .conflict)
            #expect(
                try await approve(stage, "2026-12", stage.service.token(member: stage.member)).status == .forbidden)
            #expect(try await approve(stage, "2026-12", stage.service.operatorToken()).status == .accepted)
            try await job.run()
            let after = try await list()
            #expect(after.items.isEmpty && after.approval?.finishedAt != nil)
            let moved = try await stage.last(CaseDeadlineMoved.self, of: dossiers[0])
            #expect(moved.reason == "calendar" && moved.after.calendarVersion == "2026-12")
            let due = try #require(try await stage.see(dossiers[0], by: stage.member).turn).due
            #expect(due == moved.after)
            try await job.run()
            let told = try await stage.pool.queryOne(
                "SELECT count(*) AS n FROM outbox WHERE type = \(CaseDeadlineMoved.type)")
            #expect(try told.get("n", as: Int.self) == 3)
        }
    }

    func approve(_ stage: RoutingStage, _ version: String, _ token: String) async throws -> TestAnswer {
        try await stage.service.call(
            .post, "/v1/deadline-revisions", token: token, key: "approve-\(stage.ids.next(at: stage.time.now))",
            json: #"{"calendarVersion": "\#(version)"}"#)
    }

    /// The case as a program on the calendar 2026-11, in which the 25th is a working day, left it.
    func asTheOldCalendarLeftIt(_ stage: RoutingStage, _ dossier: DossierID) async throws {
        let due = #"{"at": "2026-11-25T10:00:00.000Z", "calendarVersion": "2026-11", "provisional": false}"#
        try await stage.pool.execute(
            """
            WITH older AS (
                UPDATE cases SET document = jsonb_set(document, '{turn,due}', \(due)::jsonb)
                WHERE dossier_id = \(dossier) RETURNING dossier_id)
            UPDATE case_turns t SET due_calendar = '2026-11', due_at = '2026-11-25T10:00:00Z'
            FROM older o WHERE t.dossier_id = o.dossier_id
            """)
    }

    /// The path of a calendar in which also Wednesday the 25th is free.
    static func newCalendar() throws -> String {
        let text = """
            {"timeZone": "Asia/Ho_Chi_Minh", "version": "2026-12",
             "workingWeekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
             "officeHours": [["08:00", "12:00"], ["13:00", "17:00"]],
             "years": {"2026": {"holidays": ["2026-11-24", "2026-11-25"]}, "2027": {"holidays": ["2027-01-01"]}}}
            """
        let file = FileManager.default.temporaryDirectory.appending(path: "calendar-\(UUID().uuidString).json")
        try Data(text.utf8).write(to: file)
        return file.path
    }
}
