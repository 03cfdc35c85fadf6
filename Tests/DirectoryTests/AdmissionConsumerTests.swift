import Contracts
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@Suite("What an admission does")
struct AdmissionConsumerTests {
    @Test("an admitted member belongs to the new cell, and his roles on the old side end, once")
    func moved() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let id = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let role = try await scene.role(.cellSecretary, of: id, at: tree.a.cell)
            let wide = try await scene.role(.inspector, of: id, at: tree.province)
            let admission = try scene.admission(id, from: tree.a.cell, to: tree.b.cell)
            try await scene.deliver(admission)
            // The same fact under another id changes nothing more.
            try await scene.deliver(admission)
            let members = try await scene.events(MemberState.self, of: id.value)
            #expect(members.map(\.version) == [1, 2] && members.last?.state.cellId == tree.b.cell)
            let ended = try await scene.events(RoleState.self, of: role.value)
            #expect(ended.map(\.version) == [1, 2])
            #expect(ended.last?.state.status == .ended && ended.last?.state.to?.text == "2026-11-19")
            #expect(try await scene.events(RoleState.self, of: wide.value).map(\.version) == [1])
            let history = try await scene.service.pool.queryOne(
                "SELECT reason, author FROM history WHERE kind = 'member' AND id = \(id) AND version = 2")
            #expect(try history.get("reason", as: String.self) == "case \(admission.dossierId)")
            let audit = try await scene.service.pool.queryOne(
                "SELECT count(*) AS n FROM audit WHERE action = 'member.admitted'")
            #expect(try audit.get("n", as: Int.self) == 1)
        }
    }

    @Test("a member who is not known yet is waited for")
    func waits() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let stranger: MemberID = scene.ids.next(at: scene.now)
            let admission = try scene.admission(stranger, from: tree.a.cell, to: tree.b.cell)
            let waiting = await #expect(throws: NotYet.self) { try await scene.deliver(admission) }
            #expect(waiting?.waitingFor == "member:\(stranger)")
        }
    }

    @Test("a member who was elsewhere meanwhile is left to a person, and nothing changes")
    func elsewhere() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let id = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.b.cell)
            let other = try await scene.organization("A35.12.01.02", .subordinateCell, under: tree.b.base)
            let admission = try scene.admission(id, from: tree.a.cell, to: other)
            let refusal = await #expect(throws: Unprocessable.self) { try await scene.deliver(admission) }
            #expect(refusal?.reason == "admission: not-in-the-sending-cell")
            #expect(try await scene.events(MemberState.self, of: id.value).count == 1)
        }
    }

    @Test("an admission that was under way while both cells were merged moves the member all the same")
    func mergedMeanwhile() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let (other, third) = (
                try await scene.organization("A35.11.01.02", .subordinateCell, under: tree.a.base),
                try await scene.organization("A35.12.01.02", .subordinateCell, under: tree.b.base)
            )
            let member = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            for (from, into) in [(tree.a.cell, other), (tree.b.cell, third)] {
                let merged = try await scene.post(
                    "/v1/organizations/\(from)/merger", #"{"intoId":"\#(into)","reason":"Hợp nhất chi bộ"}"#)
                #expect(merged.status == .ok, "\(merged.text)")
            }
            try await scene.deliver(try scene.admission(member, from: tree.a.cell, to: tree.b.cell))
            let told = try await scene.events(MemberState.self, of: member.value)
            #expect(told.map(\.state.cellId) == [tree.a.cell, other, third])
        }
    }
}
