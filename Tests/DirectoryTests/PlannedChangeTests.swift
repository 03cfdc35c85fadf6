import Contracts
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Changes of organisations that are planned")
struct PlannedChangeTests {
    struct Plan: Decodable {
        struct Problem: Decodable {
            struct Fault: Decodable { var rule: String }
            var type: String
            var errors: [Fault]?
        }
        var plannedChangeId: String
        var effectiveOn: String
        var state: String
        var problem: Problem?
    }

    /// Everything that is due on the scene's day.
    private func carryOut(_ scene: DirectoryScene) async throws {
        try await PlannedChanges(desk: DirectoryDesk(kit: scene.service.kit)).run()
    }

    private func plans(of organization: OrganizationID, _ scene: DirectoryScene) async throws -> [Plan] {
        struct Page: Decodable { var items: [Plan] }
        return try await scene.service.call(
            .get, "/v1/organizations/\(organization)/planned-changes", token: scene.operating
        ).json(Page.self).items
    }

    private func rename(
        _ organization: OrganizationID, on day: String, token: String? = nil, _ scene: DirectoryScene
    ) async throws -> TestAnswer {
        try await scene.post(
            "/v1/organizations/\(organization)/changes",
            #"{"name":"Tên Mẫu Mới","effectiveOn":"\#(day)","reason":"Đổi tên tổ chức"}"#, token: token)
    }

    @Test("a change for a day to come changes nothing until then, and holds from that day on")
    func onItsDay() async throws {
        try await withDirectory { first in
            let tree = try await first.tree()
            let answer = try await rename(tree.a.base, on: "2026-12-01", first)
            #expect(answer.status == .accepted && (try? answer.json(Plan.self).state) == "planned", "\(answer.text)")
            let early = try await first.later(days: 10)
            try await carryOut(early)
            #expect(try await early.events(OrganizationState.self, of: tree.a.base.value).map(\.version) == [1])
            // A day late: the service was down on the day itself.
            let late = try await early.later(days: 2)
            try await carryOut(late)
            try await carryOut(late)
            let told = try await late.events(OrganizationState.self, of: tree.a.base.value)
            #expect(told.map(\.version) == [1, 2] && told.last?.state.name == "Tên Mẫu Mới")
            let effective = try await late.service.pool.queryOne(
                "SELECT effective_on::text AS day, author FROM history WHERE id = \(tree.a.base) AND version = 2")
            #expect(try effective.get("day", as: String.self) == "2026-12-01")
            #expect(try effective.get("author", as: String.self) == "operator:test")
            #expect(try await plans(of: tree.a.base, late).map(\.state) == ["applied"])
        }
    }

    @Test("what the rules do not allow on its day is kept with the reason, and changes nothing")
    func refusedOnItsDay() async throws {
        try await withDirectory { first in
            let tree = try await first.tree()
            let planned = try await first.post(
                "/v1/organizations/\(tree.a.cell)/dissolution",
                #"{"effectiveOn":"2026-12-01","reason":"Giải thể chi bộ"}"#)
            #expect(planned.status == .accepted, "\(planned.text)")
            // He came when the cell was empty as far as its author knew.
            _ = try await first.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let late = try await first.later(days: 20)
            try await carryOut(late)
            let plan = try #require(try await plans(of: tree.a.cell, late).first)
            #expect(plan.state == "refused" && plan.problem?.errors?.map(\.rule) == ["reorganization.place-needed"])
            #expect(try await late.events(OrganizationState.self, of: tree.a.cell.value).map(\.version) == [1])
            try await carryOut(late)
            #expect(try await plans(of: tree.a.cell, late).map(\.state) == ["refused"])
        }
    }

    @Test("an author who has lost his role by the day changes nothing")
    func authorWithoutRole() async throws {
        try await withDirectory { first in
            let tree = try await first.tree()
            let admin = try await first.member("Trần Thị Mẫu 02", in: tree.b.cell)
            let role = try await first.role(.systemAdmin, of: admin, at: tree.a.commune)
            let token = try await first.service.token(member: admin)
            #expect(try await rename(tree.a.base, on: "2026-12-01", token: token, first).status == .accepted)
            let outside = try await rename(tree.b.base, on: "2026-12-01", token: token, first)
            #expect(outside.problem == "outside-authority")
            let ended = try await first.post(
                "/v1/roles/\(role)/changes", #"{"action":"end","to":"2026-11-25","reason":"Hết nhiệm kỳ"}"#)
            #expect(ended.status == .ok, "\(ended.text)")
            let late = try await first.later(days: 20)
            try await carryOut(late)
            let plan = try #require(try await plans(of: tree.a.base, late).first)
            #expect(plan.state == "refused" && plan.problem?.type == "urn:hoso:problem:outside-authority")
            #expect(try await late.events(OrganizationState.self, of: tree.a.base.value).map(\.version) == [1])
        }
    }

    @Test("a withdrawn plan is not carried out, and is not withdrawn twice")
    func withdrawn() async throws {
        try await withDirectory { first in
            let tree = try await first.tree()
            let plan = try await rename(tree.a.base, on: "2026-12-01", first).json(Plan.self)
            let address = "/v1/organizations/\(tree.a.base)/planned-changes/\(plan.plannedChangeId)/withdrawal"
            #expect(try await first.post(address, "{}").status == .noContent)
            let again = try await first.post(address, "{}")
            #expect(again.status == .conflict && again.problem == "planned-change-settled")
            let elsewhere = try await first.post(
                "/v1/organizations/\(tree.b.base)/planned-changes/\(plan.plannedChangeId)/withdrawal", "{}")
            #expect(elsewhere.status == .notFound)
            let late = try await first.later(days: 20)
            try await carryOut(late)
            #expect(try await late.events(OrganizationState.self, of: tree.a.base.value).map(\.version) == [1])
        }
    }
}
