import Contracts
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Accounts, requests and self-checks over HTTP")
struct AccountAPITests {
    struct Answer: Decodable {
        var state: String?
        var requestId: String?
        var field: String?
        var answer: String?
    }

    struct Page: Decodable { var items: [Answer] }

    struct Fields: Decodable {
        struct Field: Decodable {
            var field: String
            var value: String?
            var state: String
        }
        var fields: [Field]

        func state(of field: String) -> String? { fields.first { $0.field == field }?.state }
    }

    private func account(_ member: MemberID, _ action: String, _ scene: DirectoryScene, token: String? = nil)
        async throws
        -> TestAnswer
    {
        try await scene.post(
            "/v1/members/\(member)/account/changes", #"{"action":"\#(action)","reason":"Quyết định cấp tài khoản"}"#,
            token: token)
    }

    @Test("an account is issued by who administers the cell, activated by its owner, and everybody is told")
    func issued() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let member = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let own = try await scene.service.token(member: member)
            let early = try await scene.post("/v1/me/account/activation", "{}", token: own)
            #expect(early.status == .unprocessableContent && early.faults == ["action": "account.transition"])
            #expect(try await account(member, "issue", scene).json(Answer.self).state == "issued")
            let closed = try await scene.post(
                "/v1/me/data/confirmations", #"{"fields":["fullName"]}"#, token: own)
            #expect(closed.status == .forbidden && closed.problem == "account-closed")
            let active = try await scene.post("/v1/me/account/activation", "{}", token: own)
            #expect(try active.json(Answer.self).state == "active", "\(active.text)")
            let told = try await scene.events(MemberState.self, of: member.value)
            #expect(told.map(\.version) == [1, 2, 3] && told.map(\.state.account) == [nil, .issued, .active])
            let stranger = try await account(member, "activate", scene)
            #expect(stranger.faults == ["action": "account.activated-by-owner"])
        }
    }

    @Test("who reports that his account is misused is locked at once with his roles, and a request is open")
    func misuse() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let member = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let role = try await scene.role(.cellSecretary, of: member, at: tree.a.cell)
            let admin = try await scene.member("Nguyễn Văn Mẫu 02", in: tree.a.cell)
            _ = try await scene.role(.systemAdmin, of: admin, at: tree.a.base)
            let own = try await scene.service.token(member: member)
            _ = try await account(member, "issue", scene)
            _ = try await scene.post("/v1/me/account/activation", "{}", token: own)
            let report = try await scene.post(
                "/v1/me/account/misuse", #"{"text":"Có người lạ đăng nhập"}"#, token: own)
            #expect(report.status == .created, "\(report.text)")
            #expect(try await scene.events(MemberState.self, of: member.value).last?.state.account == .locked)
            #expect(try await scene.events(RoleState.self, of: role.value).last?.state.status == .locked)
            let here = try await scene.service.call(
                .get, "/v1/requests?organizationId=\(tree.a.commune)&state=open", token: scene.operating)
            let open = try #require(try here.json(Page.self).items.first?.requestId)
            let elsewhere = try await scene.service.call(
                .get, "/v1/requests?organizationId=\(tree.b.commune)", token: scene.operating)
            #expect(try elsewhere.json(Page.self).items.isEmpty)
            let himself = try await scene.post(
                "/v1/requests/\(open)/settlement", #"{"outcome":"accepted","answer":"Đã xác minh"}"#, token: own)
            #expect(himself.status == .forbidden)
            let token = try await scene.service.token(member: admin)
            let settled = try await scene.post(
                "/v1/requests/\(open)/settlement", #"{"outcome":"accepted","answer":"Đã xác minh"}"#, token: token)
            #expect(try settled.json(Answer.self).state == "accepted", "\(settled.text)")
            #expect(try await account(member, "unlock", scene, token: token).status == .ok)
            #expect(
                try await scene.events(RoleState.self, of: role.value).map(\.state.status) == [
                    .active, .locked, .active,
                ])
            _ = try await scene.post("/v1/me/account/misuse", #"{"text":"Lại có người lạ"}"#, token: own)
            let twice = try await scene.post("/v1/me/account/misuse", #"{"text":"Lại có người lạ"}"#, token: own)
            #expect(twice.status == .conflict && twice.problem == "request-open")
            let mine = try await scene.service.call(.get, "/v1/me/requests", token: own)
            #expect(try mine.json(Page.self).items.map(\.answer) == ["Đã xác minh", nil])
        }
    }

    @Test("support locks an account and does nothing else; nobody administers his own; an outsider does nothing")
    func authority() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let member = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let support = try await scene.member("Nguyễn Văn Mẫu 02", in: tree.a.cell)
            let admin = try await scene.member("Nguyễn Văn Mẫu 03", in: tree.b.cell)
            _ = try await scene.role(.support, of: support, at: tree.a.commune)
            _ = try await scene.role(.systemAdmin, of: admin, at: tree.b.commune)
            for who in [member, support, admin] { _ = try await account(who, "issue", scene) }
            let helping = try await scene.service.token(member: support)
            #expect(try await account(member, "revoke", scene, token: helping).status == .forbidden)
            #expect(try await account(member, "lock", scene, token: helping).status == .ok)
            #expect(try await account(member, "unlock", scene, token: helping).status == .forbidden)
            #expect(try await account(support, "lock", scene, token: helping).status == .forbidden)
            let outside = try await scene.service.token(member: admin)
            #expect(try await account(member, "unlock", scene, token: outside).status == .forbidden)
            #expect(try await account(admin, "lock", scene, token: outside).status == .forbidden)
        }
    }

    @Test("a member confirms his data field by field; a value that changes has to be looked at again")
    func selfCheck() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let member = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let own = try await scene.service.token(member: member)
            func fields() async throws -> Fields {
                try await scene.service.call(.get, "/v1/me/data", token: own).json(Fields.self)
            }
            struct Figures: Decodable, Equatable { var members, confirmed, disputing: Int }
            func figures() async throws -> Figures {
                try await scene.service.call(
                    .get, "/v1/organizations/\(tree.province)/data-checks", token: scene.operating
                ).json(Figures.self)
            }
            #expect(try await fields().fields.allSatisfy { $0.state == "unchecked" })
            let all = try await fields().fields.map { #""\#($0.field)""# }.joined(separator: ",")
            let answer = try await scene.post("/v1/me/data/confirmations", #"{"fields":[\#(all)]}"#, token: own)
            #expect(try answer.json(Fields.self).fields.allSatisfy { $0.state == "confirmed" }, "\(answer.text)")
            #expect(try await figures() == Figures(members: 1, confirmed: 1, disputing: 0))
            let dispute = try await scene.post(
                "/v1/me/data/disputes", #"{"field":"birthDate","stated":"1990-03-04","text":"Chưa có ngày sinh"}"#,
                token: own)
            #expect(dispute.status == .created, "\(dispute.text)")
            let again = try await scene.post(
                "/v1/me/data/disputes", #"{"field":"birthDate","stated":"1990-03-05","text":"Chưa có ngày sinh"}"#,
                token: own)
            #expect(again.status == .conflict && again.problem == "request-open")
            #expect(try await fields().state(of: "birthDate") == "disputed")
            #expect(try await figures() == Figures(members: 1, confirmed: 0, disputing: 1))
            let request = try #require(try dispute.json(Answer.self).requestId)
            let settled = try await scene.post(
                "/v1/requests/\(request)/settlement", #"{"outcome":"accepted","answer":"Đã bổ sung"}"#)
            #expect(settled.status == .ok, "\(settled.text)")
            let after = try await fields()
            #expect(after.fields.first { $0.field == "birthDate" }?.value == "1990-03-04")
            #expect(after.state(of: "birthDate") == "unchecked" && after.state(of: "fullName") == "confirmed")
            let reason = try await scene.service.pool.queryOne(
                "SELECT author, reason FROM history WHERE kind = 'member' AND version = 2")
            #expect(try reason.get("reason", as: String.self) == "request \(request)")
        }
    }

    @Test("requests go along with the member when he belongs elsewhere")
    func moved() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let member = try await scene.member("Nguyễn Văn Mẫu", in: tree.a.cell)
            let own = try await scene.service.token(member: member)
            _ = try await scene.post(
                "/v1/me/data/disputes", #"{"field":"position","stated":"Kế toán","text":"Thiếu chức vụ"}"#, token: own)
            try await scene.deliver(scene.admission(member, from: tree.a.cell, to: tree.b.cell))
            func requests(_ place: OrganizationID) async throws -> Int {
                try await scene.service.call(
                    .get, "/v1/requests?organizationId=\(place)&state=open", token: scene.operating
                ).json(Page.self).items.count
            }
            let (here, there) = (try await requests(tree.a.commune), try await requests(tree.b.cell))
            #expect(here == 0 && there == 1)
        }
    }

    @Test("a disputed value that could never be written is refused at once, and nothing is kept")
    func nonsense() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let own = try await scene.service.token(member: try await scene.member("Nguyễn Văn Mẫu", in: tree.a.cell))
            let answer = try await scene.post(
                "/v1/me/data/disputes", #"{"field":"birthDate","stated":"hôm qua","text":"Sai ngày sinh"}"#, token: own)
            #expect(answer.faults == ["stated": "member.field-form"])
            let control = try await scene.post(
                "/v1/me/data/disputes", #"{"field":"position","stated":"Kế toán","text":"a\u0000bcd"}"#, token: own)
            #expect(control.faults == ["text": "request.text"])
            let endless = try await scene.post(
                "/v1/me/data/disputes",
                #"{"field":"cellId","stated":"\#(String(repeating: "x", count: 301))","text":"Sai chi bộ"}"#, token: own
            )
            #expect(endless.faults == ["stated": "name.form"])
            let unknown = try await scene.post(
                "/v1/me/data/disputes", #"{"field":"màu tóc","stated":"đen","text":"Sai màu tóc"}"#, token: own)
            #expect(unknown.status == .unprocessableContent)
            let count = try await scene.service.pool.queryOne("SELECT count(*) AS n FROM requests")
            #expect(try count.get("n", as: Int.self) == 0)
        }
    }
}
