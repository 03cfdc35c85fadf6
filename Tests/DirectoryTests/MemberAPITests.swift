import Contracts
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@Suite("Members over HTTP")
struct MemberAPITests {
    private let number = #","personalId":"001090000017","sex":"male","birthDate":"1990-03-04""#

    @Test("a personal ID of eleven digits is refused with field and rule, and nothing is kept")
    func elevenDigits() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let answer = try await scene.post(
                "/v1/members", scene.newMember("Nguyễn Văn Mẫu", in: tree.a.cell, more: #","personalId":"00109000001""#)
            )
            #expect(answer.status == .unprocessableContent)
            #expect(answer.faults == ["personalId": "personal-id.digits"])
            #expect(!answer.text.contains("00109000001"))
            let count = try await scene.service.pool.queryOne("SELECT count(*) AS n FROM members")
            #expect(try count.get("n", as: Int.self) == 0)
        }
    }

    @Test("a personal ID stands in its own column and nowhere else in clear")
    func neverInClear() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let id = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell, more: number)
            let pool = scene.service.pool
            let kept = try await pool.queryOne("SELECT personal_id, document::text AS document FROM members")
            #expect(try kept.get("personal_id", as: String.self) == "001090000017")
            for sql: SQL in [
                "SELECT document::text AS t FROM members", "SELECT document::text AS t FROM history",
                "SELECT convert_from(data, 'UTF8') AS t FROM outbox", "SELECT details::text AS t FROM audit",
                "SELECT convert_from(body, 'UTF8') AS t FROM idempotency_keys",
            ] {
                for row in try await pool.query(sql) {
                    #expect(!(try row.get("t", as: String.self)).contains("001090000017"), "\(sql.text)")
                }
            }
            let answer = try await scene.service.call(.get, "/v1/members/\(id)", token: scene.operating)
            #expect(answer.text.contains("*********017") && !answer.text.contains("001090000017"))
        }
    }

    @Test("the same personal ID is not taken twice; one that does not fit the person is told and kept")
    func uniqueAndWarned() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            _ = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell, more: number)
            let again = try await scene.post(
                "/v1/members", scene.newMember("Nguyễn Văn Mẫu 02", in: tree.b.cell, more: number))
            #expect(again.status == .conflict && again.problem == "personal-id-taken")
            let odd = try await scene.post(
                "/v1/members",
                scene.newMember(
                    "Nguyễn Thị Mẫu 03", in: tree.b.cell,
                    more: #","personalId":"001090000024","sex":"female","birthDate":"1991-03-04""#))
            #expect(odd.status == .created)
            #expect(odd.text.contains("personal-id.sex") && odd.text.contains("personal-id.birth-year"))
        }
    }

    @Test("an unknown cell, one that is no cell, a wrong type of value: each is told by field and rule")
    func refusals() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let stranger: OrganizationID = scene.ids.next(at: scene.now)
            let unknown = try await scene.post("/v1/members", scene.newMember("Mẫu", in: stranger))
            #expect(unknown.status == .unprocessableContent && unknown.faults == ["cellId": "organization.unknown"])
            let committee = try await scene.post("/v1/members", scene.newMember("Mẫu", in: tree.a.base))
            #expect(committee.faults == ["cellId": "member.cell-type"])
            let missing = try await scene.post("/v1/members", #"{"cellId":"\#(tree.a.cell)","joinedOn":"2015-05-19"}"#)
            #expect(missing.faults == ["fullName": "missing"])
            let type = try await scene.post(
                "/v1/members", scene.newMember("Mẫu", in: tree.a.cell, more: #","transfersHeld":"no""#))
            #expect(type.faults == ["transfersHeld": "wrong-type"])
            let state = try await scene.post(
                "/v1/members", scene.newMember("Mẫu", in: tree.a.cell, more: #","state":"asleep""#))
            #expect(state.faults == ["state": "malformed"])
            let broken = try await scene.post("/v1/members", #"{"fullName": "#)
            #expect(broken.status == .badRequest && broken.problem == "malformed-body")
            let keyless = try await scene.service.call(
                .post, "/v1/members", token: scene.operating, json: scene.newMember("Mẫu", in: tree.a.cell))
            #expect(keyless.status == .badRequest)
        }
    }

    @Test("a member sees his own data, his place and his roles")
    func selfView() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let id = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell, more: number)
            _ = try await scene.role(.cellSecretary, of: id, at: tree.a.cell)
            let answer = try await scene.service.call(.get, "/v1/me", token: scene.service.token(member: id))
            struct View: Decodable {
                struct Place: Decodable { var id: OrganizationID }
                struct Role: Decodable {
                    var role: String
                    var inForce: Bool
                    var organization: Place
                }
                var memberId: MemberID
                var personalId: String
                var cell: [Place]
                var roles: [Role]
            }
            let view = try answer.json(View.self)
            #expect(view.memberId == id && view.personalId == "*********017")
            #expect(view.cell.map(\.id) == [tree.a.cell, tree.a.base, tree.a.commune, tree.province])
            #expect(view.roles.first?.inForce == true && view.roles.first?.organization.id == tree.a.cell)
            let operators = try await scene.service.call(.get, "/v1/me", token: scene.operating)
            #expect(operators.status == .forbidden)
        }
    }

    @Test("officers see the members beneath them, each look is logged, and others do not learn who exists")
    func reading() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let member = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let near = try await scene.member("Trần Thị Mẫu 02", in: tree.a.cell)
            let far = try await scene.member("Lê Văn Mẫu 03", in: tree.b.cell)
            _ = try await scene.role(.organisationOfficer, of: near, at: tree.a.commune)
            _ = try await scene.role(.organisationOfficer, of: far, at: tree.b.commune)
            func look(_ who: MemberID, _ uri: String) async throws -> TestAnswer {
                try await scene.service.call(.get, uri, token: scene.service.token(member: who))
            }
            #expect(try await look(near, "/v1/members/\(member)").status == .ok)
            #expect(try await look(far, "/v1/members/\(member)").status == .notFound)
            #expect(try await look(near, "/v1/members?cellId=\(tree.a.cell)").status == .ok)
            #expect(try await look(far, "/v1/members?cellId=\(tree.a.cell)").status == .forbidden)
            #expect(try await look(near, "/v1/roles?organizationId=\(tree.a.cell)").status == .ok)
            #expect(try await look(far, "/v1/roles?organizationId=\(tree.a.cell)").status == .forbidden)
            let audit = try await scene.service.pool.queryOne(
                "SELECT count(*) AS n FROM audit WHERE action IN ('member.read', 'members.listed') AND actor = \("\(near)")"
            )
            #expect(try audit.get("n", as: Int.self) == 2)
        }
    }

    @Test("an administrator changes nothing about himself")
    func selfGrant() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let admin = try await scene.member("Trần Thị Mẫu 01", in: tree.a.cell)
            let other = try await scene.member("Trần Thị Mẫu 02", in: tree.a.cell)
            _ = try await scene.role(.systemAdmin, of: admin, at: tree.a.commune)
            let token = try await scene.service.token(member: admin)
            let own = try await scene.post(
                "/v1/roles", scene.newRole(.committeeSigner, of: admin, at: tree.a.commune), token: token)
            #expect(own.problem == "outside-authority")
            let granted = try await scene.post(
                "/v1/roles", scene.newRole(.committeeSigner, of: other, at: tree.a.commune), token: token)
            #expect(granted.status == .created)
            let again = try await scene.post(
                "/v1/roles", scene.newRole(.committeeSigner, of: other, at: tree.a.commune), token: token)
            #expect(again.faults == ["role": "role.held"])
        }
    }

    @Test("a death ends the roles, and the topics tell of both")
    func death() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let id = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let role = try await scene.role(.cellSecretary, of: id, at: tree.a.cell)
            let answer = try await scene.post(
                "/v1/members/\(id)/changes", #"{"state":"deceased","reason":"Giấy báo của chi bộ"}"#)
            #expect(answer.status == .ok, "\(answer.text)")
            #expect(
                try await scene.events(MemberState.self, of: id.value).map(\.state.state) == [.official, .deceased])
            let roles = try await scene.events(RoleState.self, of: role.value)
            #expect(roles.map(\.state.status) == [.active, .ended] && roles.map(\.version) == [1, 2])
            let next = try await scene.post("/v1/roles", scene.newRole(.cellDeputy, of: id, at: tree.a.cell))
            #expect(next.faults == ["memberId": "role.holder"])
        }
    }
}
