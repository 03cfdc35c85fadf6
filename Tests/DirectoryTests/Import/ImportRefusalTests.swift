import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Import files that are wrong")
struct ImportRefusalTests {
    /// Nothing of it is anywhere but in the list of imports.
    private func expectNothingUsed(_ scene: ImportScene) async throws {
        try await ImportWorker(scene.scene.service.kit).run()
        #expect(try await scene.count("SELECT count(*) AS n FROM differences") == 0)
        #expect(try await scene.count("SELECT count(*) AS n FROM imports WHERE state <> 'refused'") == 0)
        #expect(
            try await scene.count(
                "SELECT count(*) AS n FROM pg_tables WHERE schemaname = current_schema AND tablename ~ '^(staged|candidates|found)_'"
            ) == 0)
    }

    @Test("a wrong heading is refused with the field")
    func heading() async throws {
        try await withImports { scene in
            let answer = try await scene.send("sourceId,name\r\nS1,Mẫu\r\n")
            #expect(answer.status == .unprocessableContent && answer.problem == "import-refused")
            #expect(answer.faults == ["line[1].personalId": "import.heading"])
            #expect(answer.text.contains("Dòng 1") && answer.text.contains("Line 1"))
            try await expectNothingUsed(scene)
        }
    }

    @Test("a cut last line is refused with its line, whatever came before it")
    func cutOff() async throws {
        try await withImports { scene in
            let file = ImportScene.file((1...500).map { .init(sourceId: "S\($0)", fullName: "Mẫu \($0)") })
            let answer = try await scene.send(String(file.dropLast(20)))
            #expect(answer.status == .unprocessableContent)
            #expect(answer.faults == ["line[501]": "import.cut-off"])
            try await expectNothingUsed(scene)
        }
    }

    @Test("with a tenth of the lines wrong the file is refused and the lines are listed with field and rule")
    func tenthWrong() async throws {
        try await withImports { scene in
            let lines = (1...200).map { number in
                ImportScene.Line(
                    sourceId: "S\(number)", fullName: "Mẫu \(number)",
                    joinedOn: number.isMultiple(of: 10) ? "2015-02-30" : "2015-05-19")
            }
            let answer = try await scene.send(ImportScene.file(lines))
            #expect(answer.status == .unprocessableContent && answer.problem == "import-refused")
            #expect(answer.faults.count == 20 && answer.faults["line[11].joinedOn"] == "import.day")
            let place = try #require(answer.headers[.location])
            let list = try await scene.scene.service.call(
                .get, "\(place)/faults?limit=200", token: scene.scene.operating)
            struct Page: Decodable {
                struct Item: Decodable {
                    var line: Int
                    var field: String
                    var rule: String
                    var vietnamese: String
                    var english: String
                }
                var items: [Item]
            }
            let items = try list.json(Page.self).items
            #expect(items.map(\.line) == Array(stride(from: 11, through: 201, by: 10)))
            #expect(items.allSatisfy { $0.field == "joinedOn" && $0.rule == "day" })
            #expect(!list.text.contains("2015-02-30"))
            try await expectNothingUsed(scene)
        }
    }

    @Test("a few wrong lines are listed, the others are compared, and whoever stands in them is not called extra")
    func fewWrong() async throws {
        try await withImports { scene in
            _ = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            _ = try await scene.known("S2", "Nguyễn Văn Mẫu 02")
            var lines = (10...60).map { ImportScene.Line(sourceId: "S\($0)", fullName: "Mẫu \($0)") }
            lines.append(.init(sourceId: "S1", personalId: "1234", fullName: "Nguyễn Văn Mẫu 01"))
            let told = try await scene.take(lines)
            #expect(told.records == 52 && told.faultyRecords == 1)
            let extra = try await scene.differences("&kind=extra").map(\.key)
            #expect(extra == ["S2"])
            #expect(try await scene.differences("&kind=missing").count == 51)
        }
    }

    @Test("other encodings among the lines are listed with line and field")
    func mixedEncodings() async throws {
        try await withImports { scene in
            let lines = (1...60).map { ImportScene.Line(sourceId: "S\($0)", fullName: "Mẫu \($0)") }
            var bytes = Array(ImportScene.file(lines).utf8)
            let place = try #require(bytes.firstRange(of: Array("Mẫu 30".utf8)))
            bytes[place.lowerBound + 1] = 0xFF
            var headers = HTTPFields()
            headers[.contentType] = "text/csv; charset=utf-8"
            let answer = try await scene.scene.service.call(
                .post, "/v1/imports?subject=members&asOf=2026-11-19T17:00:00Z", token: scene.scene.operating,
                headers: headers, body: bytes)
            #expect(answer.status == .accepted)
            let fault = try await scene.pool.queryOne(
                "SELECT line, column_no, field, rule, source_id FROM import_faults")
            #expect(try fault.get("line", as: Int64.self) == 31 && fault.get("column_no", as: Int.self) == 3)
            #expect(try fault.get("field", as: String.self) == "fullName" && fault.get("rule") == "encoding")
            #expect(try fault.get("source_id", as: String.self) == "S30")
        }
    }

    @Test("of two files that wait the older one is not compared after the newer")
    func outrun() async throws {
        try await withImports { scene in
            let file = ImportScene.file([.init(sourceId: "S1", fullName: "Mẫu")])
            for asOf in ["2026-11-19T00:00:00Z", "2026-11-20T00:00:00Z"] {
                #expect(try await scene.send(file, asOf: asOf).status == .accepted)
            }
            // The older one began later.
            try await scene.pool.execute(
                """
                UPDATE imports SET as_of = CASE
                    WHEN number = (SELECT min(number) FROM imports) THEN timestamptz '2026-11-20T00:00:00Z'
                    ELSE timestamptz '2026-11-19T00:00:00Z' END
                """)
            try await ImportWorker(scene.scene.service.kit).run()
            let found = try await scene.pool.query("SELECT state, refused_rule FROM imports ORDER BY number")
            #expect(try found.map { try $0.get("state", as: String.self) } == ["compared", "refused"])
            #expect(try found.last?.get("refused_rule", as: String?.self) == "import-outdated")
        }
    }

    @Test("a file that is older than what was compared is refused; so is one without subject, moment or known type")
    func order() async throws {
        try await withImports { scene in
            _ = try await scene.take([.init(sourceId: "S1", fullName: "Mẫu")], asOf: "2026-11-20T00:00:00Z")
            let file = ImportScene.file([.init(sourceId: "S1", fullName: "Mẫu")])
            let older = try await scene.send(file, asOf: "2026-11-19T00:00:00Z")
            #expect(older.status == .conflict && older.problem == "import-outdated")
            #expect(try await scene.send(file, subject: "people").faults == ["subject": "parameter.form"])
            #expect(try await scene.send(file, asOf: "today").faults == ["asOf": "parameter.form"])
            let future = try await scene.send(file, asOf: "2062-11-20T00:00:00Z")
            #expect(future.faults == ["asOf": "import.as-of-future"], "or every import after it would be outdated")
            #expect(try await scene.send(file, type: "application/pdf").status == .unsupportedMediaType)
        }
    }

    @Test("only operators and administrators of the central organisation bring files")
    func authority() async throws {
        try await withImports { scene in
            let file = ImportScene.file([.init(sourceId: "S1", fullName: "Mẫu")])
            let province = try await scene.token(.systemAdmin, at: scene.tree.province)
            let refused = try await scene.send(file, token: province)
            #expect(refused.status == .forbidden && refused.problem == "outside-authority")
            let central = try await scene.scene.organization("A00", .central)
            let officer = try await scene.token(.organisationOfficer, at: central)
            #expect(try await scene.send(file, token: officer).status == .forbidden)
            let administrator = try await scene.token(.systemAdmin, at: central)
            #expect(try await scene.send(file, token: administrator).status == .accepted)
        }
    }

    @Test("rows that a crash of the database took are not compared: the import is lost and says so")
    func lost() async throws {
        try await withImports { scene in
            _ = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            let answer = try await scene.send(ImportScene.file([.init(sourceId: "S1", fullName: "Khác")]))
            #expect(answer.status == .accepted)
            // What PostgreSQL does to an unlogged table when it comes up after a crash.
            try await scene.pool.execute("TRUNCATE staged_members_1")
            try await ImportWorker(scene.scene.service.kit).run()
            #expect(try await scene.count("SELECT count(*) AS n FROM imports WHERE state = 'lost'") == 1)
            #expect(try await scene.count("SELECT count(*) AS n FROM differences") == 0)
        }
    }
}
