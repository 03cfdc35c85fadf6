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

@Suite("Turns that are open at the same time")
struct ParallelTurnTests {
    private struct SeenList: Decodable {
        struct Item: Decodable, Equatable {
            let dossierId: DossierID
            let turn: Int
            let organizationId: OrganizationID
        }
        let items: [Item]
        let next: String?
    }

    /// Who moved within the year is asked about at two committees: turn 2 is at base B, turn 3 at commune B.
    private func asked(_ stage: RoutingStage) async throws -> DossierID {
        let given = try stage.dossier(to: nil, procedure: .residenceOpinion)
        let cells = [stage.places.cellB, stage.places.baseCellB].map { JSONValue.string("\($0)") }
        let dossier = DossierSubmitted(
            dossierId: given.dossierId, code: given.code, procedure: .residenceOpinion, procedureVersion: 1,
            applicantMemberId: given.applicantMemberId, enteredByMemberId: given.enteredByMemberId,
            receivingOrganizationId: given.receivingOrganizationId, receivedAt: given.receivedAt,
            acknowledgedAt: given.acknowledgedAt, deadline: given.deadline,
            form: .object(["purpose": "annual", "residenceCellIds": .array(cells)]), attachments: [])
        try await stage.deliver(dossier, key: dossier.dossierId.value)
        let answer = try await stage.act(
            "approve", step: "ask", on: dossier.dossierId, by: stage.officer(stage.places.baseA))
        #expect(answer.status == .ok, "\(answer.text)")
        return dossier.dossierId
    }

    private func list(_ stage: RoutingStage, of organization: OrganizationID, _ query: String = "") async throws
        -> SeenList
    {
        stage.service.kit.projectionAges.note("routing.directory", levelAt: stage.time.now)
        let answer = try await stage.service.call(
            .get, "/v1/work-list\(query)", token: stage.service.token(member: stage.officer(organization)))
        #expect(answer.status == .ok)
        return try answer.json()
    }

    @Test("each stands in the lists of its own officer, its organisation and their superiors, until it is done")
    func lists() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await asked(stage)
            let (base, commune, province) = (stage.places.baseB, stage.places.communeB, stage.places.province)
            let first = SeenList.Item(dossierId: dossier, turn: 2, organizationId: base)
            let second = SeenList.Item(dossierId: dossier, turn: 3, organizationId: commune)
            for query in ["", "?list=organization"] {
                #expect(try await list(stage, of: base, query).items == [first], "\(query)")
                #expect(try await list(stage, of: commune, query).items == [second], "\(query)")
            }
            #expect(try await list(stage, of: commune, "?list=subtree").items == [first, second])
            #expect(try await list(stage, of: province, "?list=subtree").items == [first, second])
            // Both have the same deadline and the same case: pages are told apart by the turn.
            let page = try await list(stage, of: province, "?list=subtree&limit=1")
            let rest = try await list(stage, of: province, "?list=subtree&limit=1&after=\(try #require(page.next))")
            #expect(page.items == [first] && rest.items == [second] && rest.next == nil)

            let done = try await stage.act("approve", step: "receive", on: dossier, by: stage.officer(base), turn: 2)
            #expect(done.status == .ok, "\(done.text)")
            #expect(try await list(stage, of: base).items.isEmpty)
            #expect(try await list(stage, of: commune).items == [second])
            #expect(try await list(stage, of: province, "?list=subtree").items == [second])
        }
    }

    @Test("a decision on one of them is too late once another was done, until the case is read again")
    func stale() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await asked(stage)
            let read = try await stage.see(dossier, by: stage.officer(stage.places.communeB))
            #expect(read.turn?.number == 3)
            let other = try await stage.act(
                "approve", step: "receive", on: dossier, by: stage.officer(stage.places.baseB), turn: 2,
                version: read.version)
            #expect(other.status == .ok)
            func approve(_ version: Int64?) async throws -> TestAnswer {
                try await stage.act(
                    "approve", step: "receive", on: dossier, by: stage.officer(stage.places.communeB), turn: 3,
                    version: version)
            }
            let late = try await approve(read.version)
            #expect(late.problem == "case-changed" && late.faults == ["version": "case.step-completed"])
            #expect(try await approve(nil).status == .ok)
        }
    }

    @Test("an officer who leaves any of them is seen to have left, and the superior is offered that turn")
    func seats() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await asked(stage)
            try await stage.end(stage.role(of: stage.places.communeB))
            try await VacantSeats(desk: stage.desk()).run()
            let told = try await stage.last(CaseUnroutable.self, of: dossier)
            #expect(told.organizationId == stage.places.communeB && told.reason == "no-active-role")
            #expect(told.offeredToOrganizationId == stage.places.province)
            #expect(try await list(stage, of: stage.places.province).items.map(\.turn) == [3])
            try await stage.appoint(stage.helper, .organisationOfficer, at: stage.places.communeB)
            try await VacantSeats(desk: stage.desk()).run()
            #expect(try await list(stage, of: stage.places.province).items.isEmpty)
        }
    }

    @Test("the deadline of each is watched over, and follows a changed calendar")
    func deadlines() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await asked(stage)
            // Only the deadline of the second was computed by another calendar.
            try await stage.pool.execute(
                """
                WITH older AS (
                    UPDATE cases SET document = jsonb_set(document, '{beside,0,due,at}', '"2026-11-25T10:00:00.000Z"')
                    WHERE dossier_id = \(dossier) RETURNING dossier_id)
                UPDATE case_turns t SET due_calendar = '2000-01', due_at = '2026-11-25T10:00:00Z'
                FROM older o WHERE t.dossier_id = o.dossier_id AND t.turn = 3
                """)
            let version = try stage.desk().cases.reader.calendar.version
            try await CalendarApproval.give(version, by: "operator:test", at: stage.time.now, in: stage.pool)
            let listed = try await stage.service.call(
                .get, "/v1/deadline-revisions", token: stage.service.operatorToken())
            #expect(listed.text.contains(#""turn":3"#) && !listed.text.contains(#""turn":2"#))
            try await CalendarRevision(desk: stage.desk()).run()
            #expect(try await stage.last(CaseDeadlineMoved.self, of: dossier).turn == 3)
            #expect(
                try await stage.number("SELECT count(*) AS n FROM case_turns WHERE due_calendar <> \(version)") == 0)

            try stage.set("2027-01-30T08:00")
            try await DeadlineAlerts(desk: stage.desk()).run()
            let alerts = try await stage.pool.query(
                "SELECT data FROM outbox WHERE key = \(dossier) AND type = \(CaseDeadlineAlert.type) ORDER BY version"
            ).map { try ContractsJSON.decode(CaseDeadlineAlert.self, from: $0.get("data", as: [UInt8].self)) }
            #expect(alerts.filter { $0.level == .breach }.map(\.turn) == [2, 3])
        }
    }

    @Test("a deadline that cannot be computed is named, and hides no other")
    func unreadable() async throws {
        try await RoutingStage.run { stage in
            let (bad, good) = (try await asked(stage), try await asked(stage))
            try await stage.pool.execute(
                """
                UPDATE cases SET document = jsonb_set(document, '{procedureVersion}', '77') WHERE dossier_id = \(bad)
                """)
            try await stage.pool.execute("UPDATE case_turns SET due_calendar = '2000-01'")
            let answer = try await stage.service.call(
                .get, "/v1/deadline-revisions", token: stage.service.operatorToken())
            #expect(answer.status == .ok)
            struct Seen: Decodable { let unreadable: [DossierID] }
            #expect(try answer.json(Seen.self).unreadable == [bad, bad])
            #expect(try await stage.see(good, by: stage.member).stage == "running")
        }
    }
}
