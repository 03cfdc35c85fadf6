import Contracts
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Routing

@Suite("Who sees which case")
struct LookingTests {
    struct SeenList: Decodable {
        struct Item: Decodable {
            let dossierId: DossierID
            let turn: Int
            let step: String
            let box: Int?
            let organizationName: String?
            let memberName: String?
            let overdue: Bool
        }
        let items: [Item]
        let next: String?
    }

    func list(_ stage: RoutingStage, of member: MemberID, _ query: String = "") async throws -> SeenList {
        stage.service.kit.projectionAges.note("routing.directory", levelAt: stage.time.now)
        let answer = try await stage.service.call(
            .get, "/v1/work-list\(query)", token: stage.service.token(member: member))
        #expect(answer.status == .ok)
        return try answer.json()
    }

    @Test("the applicant and the officers on the way see the case, others do not, and each look is logged")
    func entitled() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            for officer in try [stage.member] + stage.places.way.map(stage.officer) {
                #expect(try await stage.see(dossier, by: officer).stage == "running")
            }
            let looks = try await stage.pool.queryOne(
                "SELECT count(*) AS n FROM audit WHERE action = 'case.viewed' AND subject = \("\(dossier)")")
            #expect(try looks.get("n", as: Int.self) == stage.places.way.count + 1)
            for other in [stage.helper, try stage.officer(stage.places.baseCellB)] {
                let answer = try await stage.service.call(
                    .get, "/v1/cases/\(dossier)", token: stage.service.token(member: other))
                #expect(answer.status == .forbidden)
            }
            try await stage.appoint(stage.helper, .support, at: stage.places.communeA)
            #expect(
                try await stage.service.call(
                    .get, "/v1/cases/\(dossier)", token: stage.service.token(member: stage.helper)
                ).status == .forbidden)
            #expect(
                try await stage.service.call(
                    .get, "/v1/cases/\(dossier)", token: stage.service.operatorToken()
                ).status == .forbidden)
            let unknown: DossierID = stage.ids.next(at: stage.time.now)
            #expect(
                try await stage.service.call(
                    .get, "/v1/cases/\(unknown)", token: stage.service.token(member: stage.member)
                ).status == .notFound)
        }
    }

    @Test("the case tells the caller whether it is his turn and what he can do")
    func mayAct() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            #expect(try await stage.see(dossier, by: stage.officer(stage.places.cellA)).turn?.mayAct == true)
            #expect(try await stage.see(dossier, by: stage.officer(stage.places.baseA)).turn?.mayAct == false)
            #expect(try await stage.see(dossier, by: stage.member).turn?.mayAct == false)
        }
    }

    @Test("the history tells every version of the case")
    func history() async throws {
        struct History: Decodable {
            struct Item: Decodable {
                let version: Int
                let type: String
                let actor: String
            }
            let items: [Item]
        }
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            try await stage.walk(dossier, until: stage.places.baseA)
            let history: History = try await stage.service.call(
                .get, "/v1/cases/\(dossier)/history", token: stage.service.token(member: stage.member)
            ).json()
            #expect(history.items.map(\.version) == [1, 2, 3, 4, 5])
            #expect(history.items.map(\.type).last == CaseStepEntered.type)
            #expect(history.items.last?.actor == "\(try stage.officer(stage.places.cellA))")
            #expect(history.items.first?.actor == "service:routing")
        }
    }

    @Test("the work list holds what waits for the caller, and only while it does")
    func workList() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let cell = try stage.officer(stage.places.cellA)
            let base = try stage.officer(stage.places.baseA)
            let mine = try await list(stage, of: cell).items
            #expect(mine.map(\.dossierId) == [dossier])
            #expect(mine.first?.step == "introduce" && mine.first?.box == 1 && mine.first?.turn == 1)
            #expect(mine.first?.organizationName == "Chi bộ A1" && mine.first?.memberName == "Nguyễn Văn Mẫu 01")
            #expect(mine.first?.overdue == false)
            #expect(try await list(stage, of: base).items.isEmpty)
            #expect(try await list(stage, of: stage.member).items.isEmpty)
            _ = try await stage.act("approve", step: "introduce", on: dossier, by: cell)
            #expect(try await list(stage, of: cell).items.isEmpty)
            stage.time.advance(by: 30 * 86_400)
            #expect(try await list(stage, of: base).items.map(\.overdue) == [true])
        }
    }

    @Test("a matter of the secretary himself is on the superior's list, not on his own")
    func ownMatter() async throws {
        try await RoutingStage.run { stage in
            let secretary = try stage.officer(stage.places.cellA)
            let own = try stage.dossier(to: stage.places.cellB, of: secretary)
            try await stage.deliver(own, key: own.dossierId.value)
            #expect(try await list(stage, of: secretary).items.isEmpty)
            let superior = try stage.officer(stage.places.baseA)
            #expect(try await list(stage, of: superior).items.map(\.dossierId) == [own.dossierId])
        }
    }

    @Test("the list comes in pages, each turn once")
    func pages() async throws {
        try await RoutingStage.run { stage in
            var expected: Set<DossierID> = []
            for _ in 0..<7 { expected.insert(try await stage.submitted()) }
            let cell = try stage.officer(stage.places.cellA)
            var seen: [DossierID] = []
            var query = "?limit=3"
            while true {
                let page = try await list(stage, of: cell, query)
                seen += page.items.map(\.dossierId)
                guard let next = page.next else { break }
                query = "?limit=3&after=\(next)"
            }
            #expect(seen.count == 7 && Set(seen) == expected)
            for bad in ["?limit=0", "?limit=x", "?limit=201", "?after=x"] {
                let answer = try await stage.service.call(
                    .get, "/v1/work-list\(bad)", token: stage.service.token(member: cell))
                #expect(answer.status == .badRequest)
                #expect(answer.faults.values.contains("parameter.form"))
            }
        }
    }
}
