import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

@Suite("Remittances over HTTP")
struct RemittanceAPITests {
    /// A base organisation whose November is due.
    private func withDue(
        _ body: @Sendable (DuesScene, DuesScene.RemittanceShape) async throws -> Void
    ) async throws {
        try await DuesScene.run { scene in
            try await scene.paid()
            try await scene.close(on: "2026-12-10")
            try await body(scene, try await scene.remittance(of: scene.base))
        }
    }

    private struct Fault: Decodable {
        struct Field: Decodable {
            let field: String
            let rule: String
        }

        let errors: [Field]
    }

    private func expect(
        _ answer: TestAnswer, _ status: HTTPResponse.Status, _ field: String, _ rule: String
    ) throws {
        #expect(answer.status == status, "\(answer.text)")
        let fault = try answer.json(Fault.self)
        #expect(fault.errors.map(\.field) == [field] && fault.errors.map(\.rule) == [rule], "\(answer.text)")
    }

    @Test("whoever paid does not confirm it; the superior does, or disputes it with a reason")
    func persons() async throws {
        try await withDue { scene, base in
            let both = try await scene.treasurer(of: scene.base)
            try await scene.role(.officeOfficer, of: both, at: scene.commune)
            let superior = try await scene.treasurer(of: scene.commune)
            #expect(try await scene.step("payment", base, #"{"reference": "1"}"#, by: superior).status == .forbidden)
            try expect(
                try await scene.step("dispute", base, #"{"reason": "x"}"#, by: superior), .conflict, "state",
                "remittance.disputed")
            #expect(try await scene.step("payment", base, #"{"reference": "1"}"#, by: both).status == .ok)
            try expect(
                try await scene.step("payment", base, #"{"reference": "2"}"#, by: both), .conflict, "state",
                "remittance.reported")
            try expect(
                try await scene.step("acknowledgement", base, "{}", by: both), .forbidden, "officer",
                "remittance.second-person")
            let disputed = try await scene.step("dispute", base, #"{"reason": "Chưa thấy tiền"}"#, by: superior)
            #expect(try disputed.json(DuesScene.RemittanceShape.self).state == "due")
            // Who handles the payer's money is nobody's second person, whatever was reported.
            try expect(
                try await scene.step("acknowledgement", base, "{}", by: both), .forbidden, "officer",
                "remittance.second-person")
            #expect(try await scene.step("acknowledgement", base, "{}", by: superior).status == .ok)
        }
    }

    @Test(
        "a step without what it needs is refused and changes nothing",
        arguments: [
            ("payment", "{}", "reference"), ("payment", #"{"reference": " "}"#, "reference"),
            ("dispute", "{}", "reason"), ("dispute", #"{"reason": "a\nb"}"#, "reason"),
        ])
    func refused(step: String, json: String, field: String) async throws {
        try await withDue { scene, base in
            let officer = try await scene.treasurer(of: scene.base)
            try await scene.role(.officeOfficer, of: officer, at: scene.commune)
            let answer = try await scene.step(step, base, json, by: officer)
            #expect([.badRequest, .unprocessableContent].contains(answer.status), "\(answer.text)")
            #expect(try answer.json(Fault.self).errors.map(\.field) == [field], "\(answer.text)")
            #expect(try await scene.remittance(of: scene.base).state == "due")
            #expect(
                try await scene.count(
                    "SELECT count(*) FROM remittance_steps WHERE remittance_id = \(base.remittanceId)") == 0)
        }
    }

    @Test("the trail, those below and the sums of the levels are shown to those above, and to nobody else")
    func shown() async throws {
        try await withDue { scene, base in
            struct Shown: Decodable {
                struct Step: Decodable {
                    let trigger: String
                    let actor: String
                }

                let steps: [Step]
            }
            struct Summary: Decodable {
                struct Level: Decodable {
                    let type: String
                    let organizations: Int
                    let own: Int64
                    let kept: Int64
                    let outstanding: Int64
                    let late: Int
                }

                let levels: [Level]
                let collected: Int64
                let kept: Int64
            }
            struct Page: Decodable {
                let items: [DuesScene.RemittanceShape]
            }
            let stranger = try await scene.member()
            let officer = try await scene.treasurer(of: scene.province)
            func get(_ path: String, by member: MemberID) async throws -> TestAnswer {
                try await scene.service.call(.get, path, token: try await scene.service.token(member: member))
            }
            let cell = "/v1/organizations/\(scene.cell)"
            let commune = "/v1/organizations/\(scene.commune)"
            let trail = try await get("\(cell)/remittances/2026-11", by: officer).json(Shown.self).steps
            #expect(trail.map(\.trigger) == ["set-off"] && trail.map(\.actor) == ["service:dues"])
            let month = "2026-11"
            let paths = ["remittances", "remittances/\(month)", "inferior-remittances/\(month)"]
            for path in paths + ["remittance-summary/\(month)"] {
                #expect(try await get("\(commune)/\(path)", by: stranger).status == .forbidden)
            }
            let due = try await get("\(commune)/inferior-remittances/2026-11?state=due", by: officer).json(Page.self)
            #expect(due.items.map(\.remittanceId) == [base.remittanceId])
            let inTime = try await get("\(commune)/inferior-remittances/2026-11?state=late", by: officer)
            #expect(try inTime.json(Page.self).items.isEmpty)
            try scene.morning(of: "2026-12-16")
            let late = try await get("\(commune)/inferior-remittances/2026-11?state=late", by: officer).json(Page.self)
            #expect(late.items.map(\.organizationId) == [scene.base])
            let sums = try await get("/v1/organizations/\(scene.province)/remittance-summary/2026-11", by: officer)
                .json(Summary.self)
            #expect(sums.levels.map(\.type) == ["subordinate-cell", "base-organisation"])
            #expect(sums.collected == 15_930 && sums.kept + sums.levels[1].outstanding == 15_930)
            #expect(sums.levels.map(\.late) == [0, 1] && sums.levels.map(\.organizations) == [1, 1])
        }
    }

    @Test(
        "a wrong question is refused by the name of what is wrong",
        arguments: [
            ("remittances/2026-13", "month"), ("inferior-remittances/november", "month"),
            ("remittance-summary/0", "month"), ("remittances?limit=0", "limit"), ("remittances?after=x", "after"),
            ("inferior-remittances/2026-11?after=x", "after"), ("inferior-remittances/2026-11?state=x", "state"),
        ])
    func wrongQuestions(path: String, field: String) async throws {
        try await DuesScene.run { scene in
            let answer = try await scene.service.call(
                .get, "/v1/organizations/\(scene.cell)/\(path)", token: try await scene.service.operatorToken())
            #expect([.badRequest, .unprocessableContent].contains(answer.status), "\(answer.text)")
            #expect(try answer.json(Fault.self).errors.map(\.field) == [field], "\(answer.text)")
        }
    }
}
