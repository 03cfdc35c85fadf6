import Contracts
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Identities and residence over HTTP")
struct IdentityAPITests {
    struct Identity: Decodable {
        var identityId: String
        var state: String
        var memberId: MemberID?
    }

    struct Request: Decodable { var requestId: String }

    private func look(_ scene: DirectoryScene, _ subject: String, number: String = "001090000017") async throws
        -> Identity
    {
        try await scene.post(
            "/v1/identities",
            #"{"subject":"\#(subject)","personalId":"\#(number)","fullName":"NGUYỄN VĂN MẪU","birthDate":"1990-03-04"}"#
        ).json(Identity.self)
    }

    private func person(_ number: String) -> String {
        #","personalId":"\#(number)","sex":"male","birthDate":"1990-03-04""#
    }

    @Test("an identity is bound to its member once, and the second one that fits him is for a person to settle")
    func bound() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let member = try await scene.member(
                "Nguyễn Văn Mẫu", in: tree.a.cell, more: person("001090000017"))
            let first = try await look(scene, "vneid-1")
            #expect(first.state == "bound" && first.memberId == member)
            #expect(try await look(scene, "vneid-1").identityId == first.identityId)
            let second = try await look(scene, "vneid-2")
            #expect(second.state == "ambiguous" && second.memberId == nil)
            let rows = try await scene.service.pool.query("SELECT to_jsonb(i)::text AS t FROM identities i")
            #expect(rows.count == 2)
            for row in rows { #expect(!(try row.get("t", as: String.self)).contains("001090000017")) }
        }
    }

    @Test("who is not found asks for a correction; his organisation names the member, and he is bound")
    func corrected() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let unknown = try await look(scene, "vneid-1")
            #expect(unknown.state == "not-found")
            let member = try await scene.member("Nguyễn Văn Mẩu", in: tree.a.cell)
            let request = try await scene.post(
                "/v1/identities/\(unknown.identityId)/correction",
                #"{"organizationId":"\#(tree.a.cell)","text":"Tên trong hồ sơ bị sai dấu"}"#
            )
            #expect(request.status == .created, "\(request.text)")
            let id = try request.json(Request.self).requestId
            let nobody = try await scene.post(
                "/v1/requests/\(id)/settlement", #"{"outcome":"accepted","answer":"Đã đối chiếu"}"#)
            #expect(nobody.faults == ["memberId": "member.unknown"])
            let settled = try await scene.post(
                "/v1/requests/\(id)/settlement",
                #"{"outcome":"accepted","answer":"Đã đối chiếu","memberId":"\#(member)"}"#)
            #expect(settled.status == .ok, "\(settled.text)")
            let bound = try await look(scene, "vneid-1")
            #expect(bound.state == "bound" && bound.memberId == member)
            let wrong = try await scene.post(
                "/v1/identities/\(unknown.identityId)/correction",
                #"{"organizationId":"\#(tree.a.cell)","text":"Đây không phải là tôi"}"#)
            let taken = try wrong.json(Request.self).requestId
            let back = try await scene.post(
                "/v1/requests/\(taken)/settlement", #"{"outcome":"accepted","answer":"Đã gỡ"}"#)
            #expect(back.status == .ok, "\(back.text)")
            #expect(try await look(scene, "vneid-1").state == "not-found", "a wrong binding can be taken back")
        }
    }

    @Test("a request that the data has answered meanwhile is settled with it, and binds nobody else")
    func answered() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let identity = try await look(scene, "vneid-1")
            let request = try await scene.post(
                "/v1/identities/\(identity.identityId)/correction",
                #"{"organizationId":"\#(tree.a.cell)","text":"Chưa có tên trong danh sách"}"#
            ).json(Request.self).requestId
            let member = try await scene.member("Nguyễn Văn Mẫu", in: tree.a.cell, more: person("001090000017"))
            let other = try await scene.member("Nguyễn Văn Mẫu 02", in: tree.a.cell)
            #expect(try await look(scene, "vneid-1").memberId == member)
            let late = try await scene.post(
                "/v1/requests/\(request)/settlement",
                #"{"outcome":"accepted","answer":"Đã đối chiếu","memberId":"\#(other)"}"#)
            #expect(late.faults == ["outcome": "request.settled"])
            #expect(try await look(scene, "vneid-1").memberId == member)
        }
    }

    @Test("two identities that fit one member at the same moment: one is bound")
    func together() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            _ = try await scene.member("Nguyễn Văn Mẫu", in: tree.a.cell, more: person("001090000017"))
            let states = try await withThrowingTaskGroup(of: String.self) { group in
                for number in 0..<8 { group.addTask { try await look(scene, "vneid-\(number)").state } }
                return try await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(states.sorted() == Array(repeating: "ambiguous", count: 7) + ["bound"])
        }
    }

    @Test("only the identity provider and operators ask whom an identity belongs to")
    func authority() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let member = try await scene.member("Nguyễn Văn Mẫu", in: tree.a.cell)
            let answer = try await scene.post(
                "/v1/identities",
                #"{"subject":"vneid-1","personalId":"001090000017","fullName":"Mẫu","birthDate":"1990-03-04"}"#,
                token: try await scene.service.token(member: member))
            #expect(answer.status == .forbidden)
        }
    }

    @Test("the cell introduces, the cell of residence accepts, and each side only what is its own")
    func residence() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let member = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let here = try await scene.member("Nguyễn Văn Mẫu 02", in: tree.a.cell)
            let there = try await scene.member("Nguyễn Văn Mẫu 03", in: tree.b.cell)
            _ = try await scene.role(.cellSecretary, of: here, at: tree.a.cell)
            _ = try await scene.role(.cellSecretary, of: there, at: tree.b.cell)
            let (sending, receiving) = (
                try await scene.service.token(member: here), try await scene.service.token(member: there)
            )
            func residence(_ action: String, _ token: String) async throws -> TestAnswer {
                try await scene.post(
                    "/v1/members/\(member)/residence",
                    #"{"action":"\#(action)","cellId":"\#(tree.b.cell)","reason":"Giới thiệu về nơi cư trú"}"#,
                    token: token)
            }
            #expect(try await residence("introduce", receiving).status == .forbidden)
            #expect(try await residence("introduce", sending).status == .ok)
            #expect(try await residence("accept", sending).status == .forbidden)
            let accepted = try await residence("accept", receiving)
            #expect(accepted.status == .ok, "\(accepted.text)")
            let told = try await scene.events(MemberState.self, of: member.value)
            #expect(told.map(\.state.residenceCellId) == [nil, nil, tree.b.cell])
            #expect(told.last?.state.residenceLinks?.map(\.state) == [.accepted])
            // The other side learns of the link, and nothing else of him.
            #expect(!accepted.text.contains("Nguyễn") && !accepted.text.contains("joinedOn"))
        }
    }

    @Test("an end of membership is reversed by a decision, also from a day that is past, but not before the end itself")
    func reversed() async throws {
        try await withDirectory { first in
            let tree = try await first.tree()
            let member = try await first.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            func change(_ scene: DirectoryScene, _ json: String) async throws -> TestAnswer {
                try await scene.post("/v1/members/\(member)/changes", json)
            }
            #expect(try await change(first, #"{"state":"struck-off","reason":"Xoá tên"}"#).status == .ok)
            let struck = Day(containing: first.now)
            let scene = try await first.later(days: 60)
            let early = try await change(
                scene,
                #"{"state":"official","effectiveOn":"\#(struck.adding(days: -1))","reason":"Khôi phục theo quyết định"}"#
            )
            #expect(early.faults == ["effectiveOn": "member.before-last-change", "cellId": "member.cell-not-there"])
            let day = struck.adding(days: 30)
            let answer = try await change(
                scene, #"{"state":"official","effectiveOn":"\#(day)","reason":"Khôi phục theo quyết định"}"#)
            #expect(answer.status == .ok, "\(answer.text)")
            struct Page: Decodable {
                struct Item: Decodable { var memberId: MemberID }
                var items: [Item]
            }
            let dayBefore = try await scene.service.call(
                .get, "/v1/members?cellId=\(tree.a.cell)&on=\(day.adding(days: -1))", token: scene.operating)
            #expect(try dayBefore.json(Page.self).items.isEmpty)
            let onTheDay = try await scene.service.call(
                .get, "/v1/members?cellId=\(tree.a.cell)&on=\(day)", token: scene.operating)
            #expect(try onTheDay.json(Page.self).items.map(\.memberId) == [member])
        }
    }
}
