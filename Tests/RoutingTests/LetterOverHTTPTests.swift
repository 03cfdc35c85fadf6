import Contracts
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Routing
@testable import RoutingDomain

@Suite("Letters over HTTP, on PostgreSQL")
struct LetterOverHTTPTests {
    private struct Seen: Decodable {
        struct Action: Decodable { let name: String }
        struct Done: Decodable {
            let number: Int
            let actions: [Action]
            let mayAct: Bool
        }
        struct Box: Decodable { let number: Int }
        struct Letter: Decodable {
            let boxes: [Box]
            let reason: String?
        }
        let done: [Done]
        let boxes: [Box]
        let cancelledLetters: [Letter]
    }

    private func see(_ dossier: DossierID, by member: MemberID, _ stage: RoutingStage) async throws -> Seen {
        try await stage.service.call(.get, "/v1/cases/\(dossier)", token: stage.service.token(member: member)).json()
    }

    @Test("how the member stands with the dues is shown, stated by the letter, and only ever newer")
    func dues() async throws {
        try await RoutingStage.run { stage in
            struct Seen: Decodable {
                struct Dues: Decodable {
                    let paidThrough: String?
                    let arrearsMonths: [String]
                    let arrears: Int64
                }
                let dues: Dues?
                let duesPaidThrough: String?
                let warnings: [String]
                let recognitionDueOn: String?
            }
            func stand(_ paid: String?, _ owed: [String], _ amount: Int64, sequence: Int64) async throws {
                let state = StandingState(
                    memberId: stage.member, organizationId: stage.places.cellA,
                    paidThrough: try paid.map { try DuesMonth($0) }, arrearsMonths: try owed.map { try DuesMonth($0) },
                    arrears: Dong(amount))
                try await stage.deliver(state, key: stage.member.value, sequence: sequence)
            }
            let dossier = try await stage.submitted()
            let secretary = try stage.officer(stage.places.cellA)
            let token = try await stage.service.token(member: secretary)
            func seen() async throws -> Seen {
                try await stage.service.call(.get, "/v1/cases/\(dossier)", token: token).json()
            }
            #expect(try await seen().dues == nil)
            try await stand("2026-10", ["2026-11"], 15_930, sequence: 2)
            try await stand(nil, [], 0, sequence: 1)
            let open = try #require(try await seen().dues)
            #expect(open.paidThrough == "2026-10" && open.arrearsMonths == ["2026-11"] && open.arrears == 15_930)
            #expect(try await stage.act("approve", step: "introduce", on: dossier, by: secretary).status == .ok)
            #expect(try await stage.last(CaseLetterIssued.self, of: dossier).duesPaidThrough?.text == "2026-10")
            let issued = try await seen()
            #expect(issued.duesPaidThrough == "2026-10" && issued.warnings == ["arrears"] && issued.dues == nil)
            #expect(issued.recognitionDueOn == nil)
        }
    }

    @Test("who signed box 1 sees that he can cancel the letter; the case comes back to him, and so do the lists")
    func reissue() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            try await stage.walk(dossier, until: stage.places.baseA)
            let (secretary, other) = (try stage.officer(stage.places.cellA), try stage.officer(stage.places.baseA))
            let before = try await see(dossier, by: secretary, stage)
            let first = try #require(before.done.first)
            #expect(first.actions.map(\.name) == ["reissue", "cancel"] && first.mayAct)
            #expect(try await see(dossier, by: other, stage).done.first?.mayAct == false)

            let refused = try await stage.act(
                "reissue", step: "introduce", on: dossier, by: other, turn: first.number, text: "Sai ngày sinh")
            #expect(refused.status == .forbidden && refused.problem == "box-not-yours", "\(refused.text)")
            let answer = try await stage.act(
                "reissue", step: "introduce", on: dossier, by: secretary, turn: first.number, text: "Sai ngày sinh")
            #expect(answer.status == .ok, "\(answer.text)")
            #expect(try await stage.events(of: dossier).suffix(2) == ["letter-cancelled", "step-entered"])
            let after = try await see(dossier, by: secretary, stage)
            #expect(after.boxes.isEmpty && after.cancelledLetters.map { $0.boxes.map(\.number) } == [[1]])
            #expect(after.cancelledLetters.first?.reason == "Sai ngày sinh")
            let offered = after.done.flatMap(\.actions)
            #expect(offered.isEmpty)
            let turns = try await stage.pool.query(
                "SELECT step, organization_id FROM case_turns WHERE dossier_id = \(dossier)")
            #expect(try turns.map { try $0.get("step", as: String.self) } == ["introduce"])
            let cancelled = try await stage.last(CaseLetterCancelled.self, of: dossier)
            #expect(cancelled.reissued && cancelled.byMemberId == secretary)

            let late = try await stage.act(
                "approve", step: "onward-introduction", on: dossier, by: other, turn: 2)
            #expect(late.status == .conflict && late.problem == "turn-passed", "\(late.text)")
            try await stage.walk(dossier)
            let end = try await see(dossier, by: secretary, stage)
            #expect(end.boxes.map(\.number) == Array(1...6))
        }
    }

    @Test("a move that is off ends the case, and nobody's list has it any more")
    func cancel() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            try await stage.walk(dossier, until: stage.places.baseA)
            let secretary = try stage.officer(stage.places.cellA)
            let answer = try await stage.act(
                "cancel", step: "introduce", on: dossier, by: secretary, turn: 1, text: "Không chuyển nữa")
            #expect(answer.status == .ok, "\(answer.text)")
            let seen = try await stage.see(dossier, by: stage.member)
            #expect(seen.stage == "refused" && seen.outcome == "cancelled")
            #expect(try await stage.pool.query("SELECT FROM case_turns WHERE dossier_id = \(dossier)").isEmpty)
            let rejection = try await stage.last(CaseRejected.self, of: dossier)
            #expect(rejection.reason == "Không chuyển nữa")
        }
    }
}
