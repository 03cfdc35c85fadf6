import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Files for the Party Member Database, and its answers")
struct OutgoingBatchTests {
    private struct Batch: Decodable {
        var batchId: UUIDv7
        var changes: Int
    }

    private struct Line: Decodable {
        var changeId: Int64
        var kind: String
        var key: String?
        var values: [String: String?]
    }

    private func send(_ scene: ImportScene) async throws -> (batch: Batch, lines: [Line]) {
        let made = try await scene.scene.post("/v1/outgoing-changes/batches", "{}")
        try #require(made.status == .created, "\(made.text)")
        let place = try #require(made.headers[.location])
        let file = try await scene.scene.service.call(.get, place, token: scene.scene.operating)
        let lines = try file.text.split(separator: "\n").map {
            try ContractsJSON.decode(Line.self, from: Array($0.utf8))
        }
        return (try made.json(Batch.self), lines)
    }

    private func answer(_ scene: ImportScene, _ batch: Batch, _ lines: [String]) async throws -> TestAnswer {
        var headers = HTTPFields()
        headers[.contentType] = "text/csv"
        return try await scene.scene.service.call(
            .post, "/v1/outgoing-changes/batches/\(batch.batchId)/answers", token: scene.scene.operating,
            headers: headers,
            body: Array((["changeId,outcome,sourceId,reason"] + lines).map { $0 + "\n" }.joined().utf8))
    }

    private func states(_ scene: ImportScene) async throws -> [String] {
        try await scene.pool.query("SELECT state FROM outgoing_changes ORDER BY id").map { try $0.get("state") }
    }

    @Test("a batch holds what was prepared, in the names of the import files, and is the same whenever it is fetched")
    func file() async throws {
        try await withImports { scene in
            let id = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            try await scene.scene.deliver(
                try scene.scene.admission(id, from: scene.tree.a.cell, to: scene.tree.b.cell))
            _ = try await scene.scene.member(
                "Nguyễn Văn Mẫu 02", in: scene.tree.b.cell, more: #","personalId":"901090000017""#)
            let (batch, lines) = try await send(scene)
            #expect(batch.changes == 2 && lines.map(\.kind) == ["admission", "entered"])
            #expect(lines[0].key == "S1" && lines[0].values == ["cellCode": "A35.12.01.01"])
            #expect(lines[1].key == nil && lines[1].values["personalId"] == "901090000017")
            #expect(lines[1].values["cellCode"] == "A35.12.01.01" && lines[1].values["cardNumber"] == .some(nil))
            #expect(try await states(scene) == ["sent", "sent"])
            // Later changes leave the file as it is.
            _ = try await scene.scene.post(
                "/v1/members/\(id)/changes", #"{"state":"suspended","reason":"Quyết định số 2"}"#)
            let again = try await scene.scene.service.call(
                .get, "/v1/outgoing-changes/batches/\(batch.batchId)", token: scene.scene.operating)
            #expect(again.text.split(separator: "\n").count == 2 && !again.text.contains("suspended"))
            let next = try await send(scene)
            #expect(next.lines.map(\.kind) == ["correction"] && next.lines[0].values == ["state": "suspended"])
        }
    }

    @Test(
        "accepted: an older file is still explained, one made afterwards is not; whoever is new there gets his number")
    func accepted() async throws {
        try await withImports { scene in
            let id = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            let new = try await scene.scene.member("Nguyễn Văn Mẫu 02", in: scene.tree.b.cell)
            try await scene.scene.deliver(
                try scene.scene.admission(id, from: scene.tree.a.cell, to: scene.tree.b.cell))
            let (batch, lines) = try await send(scene)
            let answers = ["\(lines[0].changeId),accepted,S2,", "\(lines[1].changeId),accepted,,"]
            #expect(try await answer(scene, batch, answers).json(Batch.self).changes == 2)
            #expect(try await answer(scene, batch, answers).json(Batch.self).changes == 0)
            #expect(try await states(scene) == ["accepted", "accepted"])
            let number = try await scene.pool.queryOne("SELECT source_id FROM members WHERE id = \(new)")
            #expect(try number.get("source_id", as: String.self) == "S2")
            let second = ImportScene.Line(sourceId: "S2", fullName: "Nguyễn Văn Mẫu 02", cellCode: "A35.12.01.01")
            let old = [ImportScene.Line(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01"), second]
            _ = try await scene.take(old, asOf: "2026-11-20T01:00:00Z")
            #expect(try await scene.differences().map(\.state) == ["pending"])
            // Accepted at 03:00, and the source of 03:30 still has him in the old cell.
            try #require(scene.scene.service.kit.time as? ManualTimeSource).advance(by: 1_800)
            #expect(try await scene.take(old, asOf: "2026-11-20T03:30:00Z").opened == 1)
            #expect(try await scene.differences().map(\.state) == ["open"])
        }
    }

    @Test("refused: the reason stands, and a person has to settle the difference again")
    func refused() async throws {
        try await withImports { scene in
            _ = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            _ = try await scene.take([.init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu Một")])
            let difference = try #require(try await scene.differences().first)
            #expect(try await scene.settle(difference, "keep-ours").status == .ok)
            let (batch, lines) = try await send(scene)
            let refusal = try await answer(scene, batch, ["\(lines[0].changeId),refused,,Thiếu quyết định"])
            #expect(refusal.status == .ok, "\(refusal.text)")
            let kept = try await scene.pool.queryOne("SELECT state, reason FROM outgoing_changes")
            #expect(try kept.get("state", as: String.self) == "refused" && kept.get("reason") == "Thiếu quyết định")
            let reopened = try #require(try await scene.differences().first)
            #expect(reopened.state == "open" && reopened.actions == ["keep-ours", "take-source"])
        }
    }

    @Test("answers with a wrong line, or to a change of another batch, are refused as a whole")
    func wrongAnswers() async throws {
        try await withImports { scene in
            _ = try await scene.scene.member("Nguyễn Văn Mẫu 02", in: scene.tree.b.cell)
            let (batch, lines) = try await send(scene)
            let wrong = try await answer(scene, batch, ["\(lines[0].changeId),accepted,,", "x,accepted,,"])
            #expect(wrong.faults == ["line[3].changeId": "import.whole-number"])
            let other = try await answer(scene, batch, ["\(lines[0].changeId),accepted,,", "999999,accepted,,"])
            #expect(other.faults == ["line[3].changeId": "outgoing.answer"])
            #expect(try await states(scene) == ["sent"])
            #expect(try await answer(scene, batch, ["\(lines[0].changeId),accepted,,"]).status == .ok)
            let otherwise = try await answer(scene, batch, ["\(lines[0].changeId),refused,,"])
            #expect(otherwise.faults == ["line[2].changeId": "outgoing.answer"])
        }
    }

    @Test("only those who import take files out")
    func authority() async throws {
        try await withImports { scene in
            let token = try await scene.token(.systemAdmin, at: scene.tree.province)
            let answer = try await scene.scene.post("/v1/outgoing-changes/batches", "{}", token: token)
            #expect(answer.status == .forbidden && answer.problem == "outside-authority")
        }
    }
}
