import Contracts
import Foundation
import HTTPTypes
import NIOCore
import Postgres
import Records
import ServiceTestKit
import Synchronization
import Testing

@testable import Directory

@Suite("Figures by file")
struct FigureImportTests {
    @Test("a figure becomes a part of the member's state, with employer and moment; the same file changes nothing")
    func taken() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            let line = FigureScene.Line(personalId: "901090000017")
            let told = try await scene.take([line, line])
            #expect(told.records == 2 && told.faultyRecords == 0 && told.entered == 1)
            #expect(try await scene.told(member) == ["2026-10 12000000 Công ty Mẫu 01"])
            let figure = try #require(
                try await scene.scene.events(MemberState.self, of: member.value).last?.state.duesFigures?.first)
            #expect(figure.kind == .salary && figure.source == .socialInsurance && figure.cameAt == scene.scene.now)
            let history = try await scene.pool.queryOne(
                "SELECT author, reason FROM history WHERE id = \(member) AND version = 2")
            #expect(try history.get("reason", as: String.self) == "figures from Vietnam Social Security")
            let again = try await scene.take([line])
            #expect(again.entered == 0 && again.faultyRecords == 0)
            #expect(try await scene.versions(member) == [1, 2])
            #expect(try await scene.imports.count("SELECT count(*) AS n FROM figures") == 1)
            #expect(
                try await scene.imports.count(
                    "SELECT count(*) AS n FROM outgoing_changes WHERE subject_id = \(member) AND version > 1") == 0)
            #expect(
                try await scene.imports.count(
                    "SELECT count(*) AS n FROM pg_tables WHERE schemaname = current_schema AND tablename ~ '^(staged|matched)_'"
                ) == 0)
        }
    }

    @Test("the newest of an employer counts, by the moment that the file tells of, in whatever order files come")
    func newest() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            func take(_ amount: String, _ asOf: String) async throws -> Int {
                try await scene.take([.init(personalId: "901090000017", amount: amount)], asOf: asOf).entered
            }
            #expect(try await take("12000000", "2026-11-05T00:00:00Z") == 1)
            #expect(try await take("13000000", "2026-11-10T00:00:00Z") == 1)
            #expect(try await take("12000000", "2026-11-05T00:00:00Z") == 0, "the older file once more")
            #expect(try await scene.told(member) == ["2026-10 13000000 Công ty Mẫu 01"])
            #expect(try await scene.versions(member) == [1, 2, 3])
            #expect(try await take("13000000", "2026-11-15T00:00:00Z") == 0, "said again")
            #expect(try await take("14000000", "2026-11-12T00:00:00Z") == 0, "said before that")
            #expect(try await scene.told(member) == ["2026-10 13000000 Công ty Mẫu 01"])
            #expect(try await take("14000000", "2026-11-15T00:00:00Z") == 1, "of the same moment what comes last")
            await #expect(throws: PostgresError.self, "figures stand") {
                try await scene.pool.execute("UPDATE figures SET amount = 1")
            }
        }
    }

    @Test("a late figure of an earlier month comes beside those of later ones; months that are too old are not told")
    func late() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            try await scene.take([.init(personalId: "901090000017")])
            try await scene.take([.init(personalId: "901090000017", month: "2026-07", amount: "9000000")])
            #expect(
                try await scene.told(member)
                    == ["2026-10 12000000 Công ty Mẫu 01", "2026-07 9000000 Công ty Mẫu 01"])
            let later = FigureScene(
                imports: ImportScene(scene: try await scene.scene.later(days: 100), tree: scene.imports.tree))
            try await later.take(
                [.init(personalId: "901090000017", month: "2027-01", amount: "10000000")], asOf: "2027-02-05T00:00:00Z")
            #expect(
                try await later.told(member)
                    == ["2027-01 10000000 Công ty Mẫu 01", "2026-10 12000000 Công ty Mẫu 01"])
        }
    }

    @Test("rows that do not fit are listed with line, field and rule, and the others are entered")
    func faults() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            var lines = (0..<97).map { FigureScene.Line(personalId: "901090000017", employerName: "Mẫu \($0)") }
            lines += [
                .init(personalId: "901090009999"), .init(), .init(personalId: "901090000017", month: "2026-12"),
                .init(personalId: "901090000017", month: "2026-04"), .init(personalId: "901090000017", amount: "12.5"),
            ]
            let told = try await scene.take(lines)
            #expect(told.records == 102 && told.faultyRecords == 5 && told.entered == 1)
            #expect(
                try await scene.faults() == [
                    "99 personalId unknown-person", "100 personalId no-person", "101 month month-outside",
                    "102 month month-outside", "103 amount whole-number",
                ])
            let answer = try await scene.scene.service.call(
                .get, "/v1/imports/\(told.importId)/faults", token: scene.scene.operating)
            #expect(answer.text.contains("Không có đảng viên mang số này.") && answer.text.contains("No member has"))
            #expect(!answer.text.contains("901090009999"), "a personal ID stands in no report")
            let kept = try await scene.imports.count(
                "SELECT count(*) AS n FROM import_faults WHERE source_id IS NOT NULL")
            #expect(kept == 0, "nor beside a fault")
            #expect(try await scene.told(member).count == 1)
        }
    }

    @Test("two amounts of one employer for one month are entered neither", arguments: [40, 1])
    func twice(others: Int) async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            let other = try await scene.member("Trần Thị Mẫu 02", personalId: "901090000024")
            var lines = [FigureScene.Line(personalId: "901090000017"), .init(personalId: "901090000017", amount: "1")]
            lines += (0..<others).map { .init(personalId: "901090000024", employerName: "Mẫu \($0)") }
            let answer = try await scene.send(FigureScene.file(lines))
            #expect(answer.status == .accepted)
            try await ImportWorker(scene.kit).run()
            try await FigureTelling(scene.kit).run()
            #expect(try await scene.faults() == ["2 amount figure-twice", "3 amount figure-twice"])
            #expect(try await scene.told(member) == [])
            // Two wrong lines of three are too many: nothing of the file is used.
            #expect(try await scene.told(other).count == (others > 1 ? 1 : 0))
            let state = try await scene.pool.queryOne("SELECT state, refused_rule FROM imports")
            #expect(try state.get("state", as: String.self) == (others > 1 ? "compared" : "refused"))
            #expect(try state.get("refused_rule", as: String?.self) == (others > 1 ? nil : "too-many-faults"))
        }
    }

    @Test("people whom nobody knows here make no file a wrong one")
    func strangers() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            let lines = (0..<20).map { FigureScene.Line(personalId: "9010900001\($0 + 10)") }
            let told = try await scene.take(lines + [.init(personalId: "901090000017")])
            #expect(told.faultyRecords == 20 && told.entered == 1)
            #expect(try await scene.told(member).count == 1)
        }
    }

    @Test("who was once named by both numbers is found by the insurance number; numbers of two people are a fault")
    func insuranceNumbers() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            _ = try await scene.member("Trần Thị Mẫu 02", personalId: "901090000024")
            try await scene.take([.init(personalId: "901090000017", insuranceNumber: "0123456789", month: "2026-09")])
            let told = try await scene.take([.init(insuranceNumber: "0123456789")])
            #expect(told.entered == 1)
            #expect(try await scene.told(member).count == 2)
            try await scene.take([.init(personalId: "901090000024", insuranceNumber: "0123456789")])
            #expect(try await scene.faults() == ["2 insuranceNumber two-persons"])
            try await scene.take([.init(insuranceNumber: "9999999999")])
            #expect(try await scene.faults() == ["2 personalId unknown-person"])
        }
    }

    @Test("a file that cannot be read is refused whole, with line and field")
    func refused() async throws {
        try await FigureScene.run { scene in
            let heading = try await scene.send("personalId,month\r\n901090000017,2026-10\r\n")
            #expect(heading.status == .unprocessableContent && heading.faults == ["line[1].kind": "import.heading"])
            let cut = try await scene.send(String(FigureScene.file([.init(personalId: "901090000017")]).dropLast(4)))
            #expect(cut.faults == ["line[2]": "import.cut-off"])
            let wrong = try await scene.send(
                FigureScene.file([
                    .init(personalId: "901090000017", amount: "-1"), .init(personalId: "12", month: "2026-13"),
                ]))
            #expect(
                wrong.faults == [
                    "line[2].amount": "import.whole-number", "line[3].personalId": "import.digits",
                    "line[3].month": "import.month",
                ])
            let column = try await scene.pool.queryOne("SELECT column_no FROM import_faults WHERE field = 'amount'")
            #expect(try column.get("column_no", as: Int.self) == 7)
            try await ImportWorker(scene.kit).run()
            #expect(try await scene.imports.count("SELECT count(*) AS n FROM figures") == 0)
            #expect(
                try await scene.imports.count("SELECT count(*) AS n FROM imports WHERE state <> 'refused'") == 0)
            let full = try await scene.imports.send(FigureScene.file([]), subject: "figures", mode: "full")
            #expect(full.faults == ["mode": "parameter.form"])
        }
    }

    @Test("a month is pulled page by page, goes on where it was, and only that month is taken")
    func pull() async throws {
        try await FigureScene.run { scene in
            let first = try await scene.member(personalId: "901090000017")
            let second = try await scene.member("Trần Thị Mẫu 02", personalId: "901090000024")
            func line(_ number: String, month: String = "2026-10") -> String {
                #"{"personalId":"\#(number)","month":"\#(month)","kind":"insurance-salary","employerCode":"DV01","amount":7000000}"#
            }
            let source = FigurePages([
                [line("901090000017"), line("901090000017", month: "2026-09")], [line("901090000024")],
            ])
            let layouts = try ImportLayouts.all()
            let layout = try #require(layouts[.figures]?["figures-1.0"])
            let request = ImportRequest(
                subject: .figures, mode: .delta, layout: layout, form: .jsonLines, asOf: scene.scene.now,
                month: try DuesMonth("2026-10"))
            _ = try await scene.pool.transaction {
                try await ImportPull.begin(scene.kit, request, author: "operator:test", in: $0)
            }
            let members = try ImportPull(
                scene.kit, source: source, of: [.members, .organizations], layouts: layouts)
            #expect(try await !members.step(), "another source's pull is not its own")
            let pull = try ImportPull(scene.kit, source: source, of: [.figures], layouts: layouts)
            #expect(try await pull.step())
            source.isAway.withLock { $0 = true }
            await #expect(throws: HTTPImportSource.Unanswered.self) { try await pull.step() }
            source.isAway.withLock { $0 = false }
            try await ImportPull(scene.kit, source: source, of: [.figures], layouts: layouts).run()
            #expect(source.asked.withLock { $0 } == ["2026-10 first", "2026-10 1", "2026-10 1"])
            try await ImportWorker(scene.kit).run()
            try await FigureTelling(scene.kit).run()
            #expect(try await scene.faults() == ["2 month month-outside"])
            #expect(try await scene.told(first) == ["2026-10 7000000 DV01"])
            #expect(try await scene.told(second) == ["2026-10 7000000 DV01"])
            let ahead = try await scene.imports.count(
                "SELECT count(*) AS n FROM figures WHERE told_at > \(scene.scene.now)")
            #expect(ahead == 0, "or nothing could correct it until then")
        }
    }

    @Test("a pull of figures names a month, another none; without a source there is nothing to pull")
    func pullRequest() async throws {
        try await FigureScene.run { scene in
            for (json, faults) in [
                (#"{"subject":"figures"}"#, ["month": "import.month"]),
                (#"{"subject":"members","month":"2026-10"}"#, ["month": "import.month"]),
                (#"{"subject":"figures","mode":"full","month":"2026-10"}"#, ["mode": "import.mode"]),
                (#"{"subject":"figures","month":"2026-10"}"#, [:]),
            ] {
                let answer = try await scene.scene.post("/v1/imports/pulls", json)
                #expect(answer.faults == faults)
                #expect(answer.status == (faults.isEmpty ? .notFound : .unprocessableContent))
            }
        }
    }

    @Test("more members than one batch are told all, each once")
    func batches() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            try await scene.pool.execute(
                """
                INSERT INTO figures_untold (member_id) SELECT \(member) FROM generate_series(1, 1500)
                """)
            try await scene.take([.init(personalId: "901090000017")])
            #expect(try await scene.versions(member) == [1, 2])
            #expect(try await scene.imports.count("SELECT count(*) AS n FROM figures_untold") == 0)
        }
    }
}

/// A source with pages, which can be away.
private final class FigurePages: ImportSource {
    private let pages: [[String]]
    let asked = Mutex<[String]>([])
    let isAway = Mutex(false)

    init(_ pages: [[String]]) { self.pages = pages }

    func page(_ question: ImportQuestion) async throws -> ImportPage {
        asked.withLock { $0.append("\(question.month?.text ?? "-") \(question.cursor ?? "first")") }
        if isAway.withLock({ $0 }) { throw HTTPImportSource.Unanswered(description: "away") }
        let number = question.cursor.flatMap { Int($0) } ?? 0
        return ImportPage(
            records: ByteBuffer(string: pages[number].map { $0 + "\n" }.joined()),
            asOf: TestTimes.start.addingTimeInterval(86_400 * 9), next: number + 1 < pages.count ? "\(number + 1)" : nil
        )
    }
}
