import Contracts
import DirectoryDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Members of the Party Member Database, compared")
struct MemberImportTests {
    @Test("a file that agrees with the directory opens nothing")
    func agreement() async throws {
        try await withImports { scene in
            let id = try await scene.known("S1", "Nguyễn Văn Mẫu 01", personalId: "901090000017")
            let told = try await scene.take([
                .init(sourceId: "S1", personalId: "901090000017", fullName: " Nguyễn  Văn Mẫu 01 ")
            ])
            #expect(told.records == 1 && told.opened == 0 && told.closed == 0)
            #expect(try await scene.differences().isEmpty)
            #expect(try await scene.member(id).member.version == 1)
        }
    }

    @Test("marks that are composed in another way are no difference")
    func composition() async throws {
        try await withImports { scene in
            _ = try await scene.known("S1", "Nguyễn Văn Mẫu")
            let decomposed = "Nguyễn Văn Mẫu".decomposedStringWithCanonicalMapping
            #expect(!decomposed.unicodeScalars.elementsEqual("Nguyễn Văn Mẫu".unicodeScalars))
            #expect(try await scene.take([.init(sourceId: "S1", fullName: decomposed)]).opened == 0)
        }
    }

    @Test("missing, extra, different, moved: each is a row with field, both values, place and who must settle it")
    func kinds() async throws {
        try await withImports { scene in
            let changed = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            let moved = try await scene.known("S2", "Nguyễn Văn Mẫu 02")
            _ = try await scene.known("S3", "Nguyễn Văn Mẫu 03")
            let unlinked = try await scene.scene.member("Nguyễn Văn Mẫu 05", in: scene.tree.a.cell)
            try await scene.pool.execute("DELETE FROM outgoing_changes")
            _ = try await scene.take([
                .init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu Một", cardNumber: "T1", joinedOn: "2015-05-20"),
                .init(sourceId: "S2", fullName: "Nguyễn Văn Mẫu 02", cellCode: "A35.12.01.01"),
                .init(sourceId: "S4", fullName: "Nguyễn Văn Mẫu 04", cellCode: "A35.12.01.01"),
            ])
            #expect(
                try await scene.summary() == [
                    "different S1 cardNumber", "different S1 fullName", "different S1 joinedOn", "extra S3 -",
                    "extra member:\(unlinked) -", "missing S4 -", "moved S2 cellCode",
                ])
            let found = try await scene.differences()
            let name = try #require(found.first { $0.field == "fullName" })
            #expect(name.sourceValue == "Nguyễn Văn Mẫu Một" && name.ourValue == "Nguyễn Văn Mẫu 01")
            #expect(name.memberId == changed && name.organizationId == scene.tree.a.cell)
            #expect(name.settler == "committee" && name.actions == ["keep-ours", "take-source"])
            let move = try #require(found.first { $0.kind == "moved" })
            #expect(move.sourceValue == "A35.12.01.01" && move.ourValue == "A35.11.01.01" && move.memberId == moved)
            let missing = try #require(found.first { $0.kind == "missing" })
            #expect(missing.organizationId == scene.tree.b.cell && missing.actions == ["enter", "set-aside"])
            // Nothing was overwritten.
            #expect(try await scene.member(changed).member.version == 1)
            #expect(try await scene.member(moved).member.cellId == scene.tree.a.cell)
        }
    }

    @Test("the same file once more changes nothing, and a file that agrees closes what was open")
    func again() async throws {
        try await withImports { scene in
            _ = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            let lines: [ImportScene.Line] = [
                .init(sourceId: "S1", personalId: "901090000017", fullName: "Nguyễn Văn Mẫu Một"),
                .init(sourceId: "S2", fullName: "Nguyễn Văn Mẫu 02"),
            ]
            #expect(try await scene.take(lines).opened == 3)
            let rows: SQL = "SELECT md5(string_agg(d::text, '|' ORDER BY id)) AS n FROM differences d"
            let before: String = try await scene.pool.queryOne(rows).get("n")
            let again = try await scene.take(lines)
            #expect(again.opened == 0 && again.closed == 0)
            #expect(try await scene.pool.queryOne(rows).get("n") == before)
            let agreed = try await scene.take([.init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01")])
            #expect(agreed.closed == 3 && agreed.opened == 0)
            #expect(try await scene.differences().isEmpty)
            // It comes back when the source does.
            #expect(try await scene.take(lines).opened == 3)
        }
    }

    @Test("a member entered here is known by the personal ID that he alone has, and what else differs is told")
    func linking() async throws {
        try await withImports { scene in
            let id = try await scene.scene.member(
                "Nguyễn Văn Mẫu 01", in: scene.tree.a.cell, more: #","personalId":"901090000017""#)
            _ = try await scene.take([
                .init(sourceId: "S1", personalId: "901090000017", fullName: "Nguyễn Văn Mẫu 01", cardNumber: "T9")
            ])
            #expect(try await scene.summary() == ["different S1 cardNumber"])
            let source = try await scene.pool.queryOne("SELECT source_id FROM members WHERE id = \(id)")
            #expect(try source.get("source_id", as: String.self) == "S1")
        }
    }

    @Test("a personal ID that two have is told of both, and never shown in clear")
    func duplicates() async throws {
        try await withImports { scene in
            _ = try await scene.known("S1", "Nguyễn Văn Mẫu 01", personalId: "901090000017")
            _ = try await scene.known("S2", "Nguyễn Văn Mẫu 02")
            _ = try await scene.take([
                .init(sourceId: "S1", personalId: "901090000017", fullName: "Nguyễn Văn Mẫu 01"),
                .init(sourceId: "S2", personalId: "901090000017", fullName: "Nguyễn Văn Mẫu 02"),
                .init(sourceId: "S3", personalId: "901090000024", fullName: "Nguyễn Văn Mẫu 03"),
                .init(sourceId: "S4", personalId: "901090000024", fullName: "Nguyễn Văn Mẫu 04"),
            ])
            #expect(
                try await scene.summary() == [
                    "duplicate-personal-id S2 personalId", "duplicate-personal-id S3 personalId",
                    "duplicate-personal-id S4 personalId", "missing S3 -", "missing S4 -",
                ])
            let answer = try await scene.scene.service.call(.get, "/v1/differences", token: scene.scene.operating)
            #expect(answer.text.contains("*********017") && !answer.text.contains("901090000017"))
            for text: SQL in [
                "SELECT string_agg(record::text || coalesce(source_value, ''), '') AS n FROM differences",
                "SELECT string_agg(details::text, '') AS n FROM audit",
            ] {
                let told = try await scene.pool.queryOne(text).get("n", as: String?.self) ?? ""
                #expect(!told.contains("901090000017") && !told.contains("901090000024"))
            }
        }
    }

    @Test("a cell that is none, or that nobody knows, is told by the code")
    func wrongPlaces() async throws {
        try await withImports { scene in
            _ = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            _ = try await scene.known("S2", "Nguyễn Văn Mẫu 02")
            _ = try await scene.take([
                .init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01", cellCode: "A35.11.01"),
                .init(sourceId: "S2", fullName: "Nguyễn Văn Mẫu 02", cellCode: "A35.99.99"),
                .init(sourceId: "S3", fullName: "Nguyễn Văn Mẫu 03", cellCode: "A35.11.01"),
            ])
            #expect(
                try await scene.summary() == [
                    "missing S3 -", "unknown-organization S2 cellCode", "wrong-type S1 cellCode",
                    "wrong-type S3 cellCode",
                ])
        }
    }

    @Test("a field that the file does not have is not compared")
    func lackingField() async throws {
        try await withImports { scene in
            let id = try await scene.scene.member(
                "Nguyễn Văn Mẫu 01", in: scene.tree.a.cell, more: #","officialCardNumber":"T1""#)
            try await scene.pool.execute("UPDATE members SET source_id = 'S1' WHERE id = \(id)")
            try await scene.pool.execute("DELETE FROM outgoing_changes")
            let file = """
                sourceId,personalId,fullName,sex,birthDate,joinedOn,recognisedOn,cellCode,state\r
                S1,,Nguyễn Văn Mẫu 01,,,2015-05-19,2016-05-19,A35.11.01.01,official\r

                """
            #expect(try await scene.take(file).opened == 0)
            _ = try await scene.take([.init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01")])
            #expect(try await scene.summary() == ["different S1 cardNumber"])
        }
    }

    @Test("JSON lines are compared like CSV")
    func jsonLines() async throws {
        try await withImports { scene in
            _ = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            let line = """
                {"sourceId":"S1","fullName":"Nguyễn Văn Mẫu 01","joinedOn":"2015-05-19","recognisedOn":"2016-05-19",\
                "cellCode":"A35.11.01.01","state":"suspended"}

                """
            _ = try await scene.take(line, type: "application/x-ndjson")
            #expect(try await scene.summary() == ["different S1 state"])
        }
    }

    @Test("a delta speaks only of the records that it names")
    func delta() async throws {
        try await withImports { scene in
            _ = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            _ = try await scene.known("S2", "Nguyễn Văn Mẫu 02")
            _ = try await scene.known("S3", "Nguyễn Văn Mẫu 03")
            _ = try await scene.take([
                .init(sourceId: "S1", fullName: "A"), .init(sourceId: "S2", fullName: "B"),
                .init(sourceId: "S3", fullName: "Nguyễn Văn Mẫu 03"),
            ])
            #expect(try await scene.summary() == ["different S1 fullName", "different S2 fullName"])
            let heading = ImportScene.heading + ",change"
            let file = """
                \(heading)\r
                \(ImportScene.Line(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01").text),upsert\r
                \(ImportScene.Line(sourceId: "S3", fullName: "Nguyễn Văn Mẫu 03").text),removed\r

                """
            let told = try await scene.take(file, mode: "delta", asOf: "2026-11-20T01:00:00Z")
            #expect(told.closed == 1)
            #expect(try await scene.summary() == ["different S2 fullName", "extra S3 -"])
        }
    }
}
