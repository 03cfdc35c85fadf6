import Contracts
import DirectoryDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Changes on their way to the Party Member Database")
struct OutgoingTests {
    @Test("an import never undoes an admission: the difference is pending until the source has taken the move")
    func admission() async throws {
        try await withImports { scene in
            let id = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            try await scene.scene.deliver(
                try scene.scene.admission(id, from: scene.tree.a.cell, to: scene.tree.b.cell))
            let change = try await scene.pool.queryOne("SELECT kind, fields FROM outgoing_changes")
            #expect(try change.get("kind", as: String.self) == "admission")
            #expect(try change.get("fields", as: [String].self) == ["cellCode"])
            _ = try await scene.take([.init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01")])
            let difference = try #require(try await scene.differences().first)
            #expect(difference.kind == "moved" && difference.state == "pending" && difference.actions.isEmpty)
            let answer = try await scene.settle(difference, "take-source")
            #expect(answer.status == .conflict && answer.problem == "change-on-its-way")
            #expect(try await scene.member(id).member.cellId == scene.tree.b.cell)
            let agreed = try await scene.take([
                .init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01", cellCode: "A35.12.01.01")
            ])
            #expect(agreed.closed == 1)
        }
    }

    @Test("the source knows nothing of a way from cell to cell: in transit is no difference, and is not told")
    func inTransit() async throws {
        try await withImports { scene in
            let id = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            try await scene.pool.execute("DELETE FROM outgoing_changes")
            try await scene.scene.introduce(id, from: scene.tree.a.cell)
            #expect(try await scene.member(id).member.state == .inTransit)
            _ = try await scene.take([.init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01")])
            #expect(try await scene.differences().isEmpty)
            #expect(try await scene.pool.query("SELECT FROM outgoing_changes").isEmpty)
        }
    }

    @Test("what was changed here since the comparison is not taken back by settling what it found")
    func changedSince() async throws {
        try await withImports { scene in
            let id = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            let (a, b) = (scene.tree.a, scene.tree.b)
            _ = try await scene.take([
                .init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01", cellCode: "A35.12.01.01")
            ])
            let difference = try #require(try await scene.differences().first)
            #expect(difference.kind == "moved" && difference.state == "open")
            let further = try await scene.scene.organization("A35.11.01.02", .subordinateCell, under: a.base)
            try await scene.scene.deliver(try scene.scene.admission(id, from: a.cell, to: further))
            let answer = try await scene.settle(difference, "take-source")
            #expect(answer.status == .conflict && answer.problem == "change-on-its-way", "\(answer.text)")
            let cell = try await scene.member(id).member.cellId
            #expect(cell == further && cell != b.cell)
        }
    }

    @Test("an end, a stay elsewhere, a return, a new member, a new organisation: each has to be told")
    func kinds() async throws {
        try await withImports { scene in
            let id = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            try await scene.pool.execute("DELETE FROM outgoing_changes")
            func change(_ state: String) async throws {
                let answer = try await scene.scene.post(
                    "/v1/members/\(id)/changes", #"{"state":"\#(state)","reason":"Quyết định số 1"}"#)
                #expect(answer.status == .ok, "\(answer.text)")
            }
            try await change("temporarily-elsewhere")
            try await change("official")
            try await change("deceased")
            _ = try await scene.scene.member("Nguyễn Văn Mẫu 02", in: scene.tree.b.cell)
            _ = try await scene.scene.organization("A35.13", .commune, under: scene.tree.province)
            let kinds: [String] = try await scene.pool.query("SELECT kind FROM outgoing_changes ORDER BY id")
                .map { try $0.get("kind") }
            #expect(kinds == ["temporary-stay", "return", "end", "entered", "organization-founded"])
            // What the source does not keep is not told.
            let other = try await scene.known("S3", "Nguyễn Văn Mẫu 03")
            _ = try await scene.scene.post(
                "/v1/members/\(other)/changes", #"{"transfersHeld":true,"reason":"Đang kiểm tra"}"#)
            #expect(
                try await scene.count("SELECT count(*) AS n FROM outgoing_changes WHERE subject_id = \(other)") == 0)
        }
    }
}
