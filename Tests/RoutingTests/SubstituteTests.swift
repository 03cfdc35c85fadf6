import Contracts
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Routing
@testable import RoutingDomain

@Suite("Substitutes, seats without an officer, and signs of delay")
struct SubstituteTests {
    struct SeenCase: Decodable {
        struct Done: Decodable {
            let byMemberId: MemberID
            let forMemberId: MemberID?
        }
        let done: [Done]
    }

    @Test("a substitute acts within his period, and the case, the event and the audit say for whom")
    func substitute() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let absent = try await stage.role(of: stage.places.cellA)
            try await stage.appoint(
                stage.helper, .cellSecretary, at: stage.places.cellA, from: "2026-11-23", to: "2026-11-27",
                standingInFor: absent.roleId)
            let early = try await stage.act("approve", step: "introduce", on: dossier, by: stage.helper)
            #expect(early.problem == "no-role-here")
            try stage.set("2026-11-23T08:00")
            #expect(try await list(stage, of: stage.helper) == [dossier])
            let answer = try await stage.act("approve", step: "introduce", on: dossier, by: stage.helper)
            #expect(answer.status == .ok)
            let done = try #require(try answer.json(SeenCase.self).done.first)
            #expect(done.byMemberId == stage.helper && done.forMemberId == absent.memberId)
            let told = try await stage.last(CaseStepCompleted.self, of: dossier)
            #expect(told.byMemberId == stage.helper && told.forMemberId == absent.memberId)
            let audited = try await stage.pool.queryOne(
                "SELECT details FROM audit WHERE action = 'case.acted' AND subject = \("\(dossier)")")
            #expect(try audited.get("details", as: String.self).contains("\(absent.memberId)"))
            let other = try await stage.submitted()
            try stage.set("2026-11-28T08:00")
            #expect(try await list(stage, of: stage.helper).isEmpty)
            let late = try await stage.act("approve", step: "introduce", on: other, by: stage.helper)
            #expect(late.problem == "no-role-here")
        }
    }

    @Test("a substitute has no right any more once the role he stands in for has ended")
    func principalGone() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let absent = try await stage.role(of: stage.places.cellA)
            try await stage.appoint(
                stage.helper, .cellSecretary, at: stage.places.cellA, to: "2026-12-31", standingInFor: absent.roleId)
            #expect(try await list(stage, of: stage.helper) == [dossier])
            try await stage.end(absent)
            #expect(try await list(stage, of: stage.helper).isEmpty)
            let answer = try await stage.act("approve", step: "introduce", on: dossier, by: stage.helper)
            #expect(answer.problem == "no-role-here")
        }
    }

    @Test("an officer who leaves in the middle of a turn: it is told once, the superior is offered the case, and acts")
    func vacant() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let superior = try stage.officer(stage.places.baseA)
            let job = VacantSeats(desk: try stage.desk())
            try await job.run()
            #expect(try await stage.events(of: dossier) == ["opened", "step-entered"])
            try await stage.end(stage.role(of: stage.places.cellA))
            for _ in 0..<2 { try await job.run() }
            #expect(
                try await stage.events(of: dossier) == ["opened", "step-entered", "step-entered", "unroutable"])
            let told = try await stage.last(CaseUnroutable.self, of: dossier)
            #expect(told.reason == "no-active-role" && told.organizationId == stage.places.cellA)
            #expect(told.offeredToOrganizationId == stage.places.baseA)
            #expect(try await list(stage, of: superior) == [dossier])
            let answer = try await stage.act("approve", step: "introduce", on: dossier, by: superior)
            #expect(answer.status == .ok)
        }
    }

    @Test("a role that ends by the calendar, without any message, is noticed; a new officer takes the turn back")
    func expired() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let held = try await stage.role(of: stage.places.cellA)
            try await stage.deliver(
                RoleState(
                    roleId: held.roleId, memberId: held.memberId, organizationId: held.organizationId,
                    role: held.role, from: held.from, to: try Day("2026-11-22"), status: .active),
                key: held.roleId.value, sequence: 2)
            let job = VacantSeats(desk: try stage.desk())
            try await job.run()
            #expect(try await stage.events(of: dossier).count == 2)
            try stage.set("2026-11-23T08:00")
            try await job.run()
            #expect(try await stage.events(of: dossier).last == "unroutable")
            try await stage.appoint(stage.helper, .cellSecretary, at: stage.places.cellA)
            try await job.run()
            #expect(try await stage.events(of: dossier).last == "step-entered")
            #expect(try await list(stage, of: stage.helper) == [dossier])
            #expect(try await list(stage, of: stage.officer(stage.places.baseA)).isEmpty)
        }
    }

    @Test("a turn goes from a superior to a nearer one who has an officer again")
    func nearer() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let job = VacantSeats(desk: try stage.desk())
            for place in [stage.places.cellA, stage.places.baseA] {
                try await stage.end(stage.role(of: place))
                try await job.run()
            }
            #expect(try await list(stage, of: stage.officer(stage.places.communeA)) == [dossier])
            try await stage.appoint(stage.helper, .organisationOfficer, at: stage.places.baseA)
            try await job.run()
            #expect(try await list(stage, of: stage.helper) == [dossier])
            #expect(try await list(stage, of: stage.officer(stage.places.communeA)).isEmpty)
        }
    }

    @Test("a turn that is the superior's for good is not looked at again and again")
    func forGood() async throws {
        try await RoutingStage.run { stage in
            let secretary = try stage.officer(stage.places.cellA)
            let dossier = try await stage.submitted(enteredBy: secretary)
            #expect(try await list(stage, of: stage.officer(stage.places.baseA)) == [dossier])
            let job = VacantSeats(desk: try stage.desk())
            #expect(try await job.step(after: nil) == nil)
            try await stage.appoint(stage.helper, .cellSecretary, at: stage.places.cellA)
            #expect(try await job.step(after: nil) == dossier)
            #expect(try await list(stage, of: stage.helper) == [dossier])
        }
    }

    @Test("while the copy of the roles is being filled again nobody's turn is given away")
    func replaying() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            try await stage.pool.execute("TRUNCATE directory_roles")
            try await VacantSeats(desk: stage.desk()).run()
            #expect(try await stage.events(of: dossier) == ["opened", "step-entered"])
        }
    }

    @Test("signs of delay by body: passed limits, escalations, vacancies, repeated supplements")
    func delays() async throws {
        struct List: Decodable {
            struct Item: Decodable, Equatable {
                let organizationId: OrganizationID
                let breaches: Int
                let escalations: Int
                let vacancies: Int
                let repeatedSupplements: Int
            }
            let items: [Item]
        }
        try await RoutingStage.run { stage in
            let late = try await stage.submitted()
            try await stage.walk(late, until: stage.places.baseA)
            let stopped = try await stage.submitted()
            let lists = WorkListTests()
            for hour in 13...15 {
                try stage.set("2026-11-20T\(hour):00")
                try await lists.stop(stopped, stage)
                try stage.set("2026-11-20T\(hour):30")
                try await lists.resume(stopped, stage)
            }
            try stage.set("2026-11-27T08:00")
            try await DeadlineAlerts(desk: stage.desk()).run()
            try await stage.end(stage.role(of: stage.places.cellA))
            try await VacantSeats(desk: stage.desk()).run()
            func ask(_ token: String, _ query: String) async throws -> TestAnswer {
                try await stage.service.call(.get, "/v1/delays?\(query)", token: token)
            }
            let token = try await stage.service.token(member: stage.officer(stage.places.communeA))
            let days = "from=2026-11-01&to=2026-11-30"
            let items: List = try await ask(token, "organizationId=\(stage.places.communeA)&\(days)").json()
            #expect(
                items.items == [
                    .init(
                        organizationId: stage.places.baseA, breaches: 1, escalations: 1, vacancies: 0,
                        repeatedSupplements: 0),
                    .init(
                        organizationId: stage.places.cellA, breaches: 0, escalations: 0, vacancies: 1,
                        repeatedSupplements: 2),
                ])
            let operators = try await stage.service.operatorToken()
            let before: List = try await ask(
                operators, "organizationId=\(stage.places.province)&from=2026-10-01&to=2026-10-31"
            ).json()
            #expect(before.items.isEmpty)
            #expect(try await ask(token, "organizationId=\(stage.places.communeB)&\(days)").status == .forbidden)
            #expect(try await ask(token, "organizationId=\(stage.places.communeA)").status == .badRequest)
            let long = try await ask(
                token, "organizationId=\(stage.places.communeA)&from=2026-01-01&to=2026-12-31")
            #expect(long.status == .badRequest)
        }
    }

    private func list(_ stage: RoutingStage, of member: MemberID) async throws -> [DossierID] {
        struct Seen: Decodable {
            struct Item: Decodable { let dossierId: DossierID }
            let items: [Item]
        }
        let seen: Seen = try await stage.service.call(
            .get, "/v1/work-list", token: stage.service.token(member: member)
        ).json()
        return seen.items.map(\.dossierId)
    }
}
