import Contracts
import Foundation
import HTTPTypes
import NIOCore
import Postgres
import Records
import ServiceKit
import ServiceTestKit
import Synchronization
import TestStack
import Testing

@testable import Directory

@Suite("Pulling from the source")
struct ImportPullTests {
    /// A source with pages of two records, which can be away.
    private final class Pages: ImportSource {
        private let records: [String]
        private let asked = Mutex<[String]>([])
        private let away = Mutex(0)
        private let asOf: Date

        init(_ records: [String], asOf: Date) {
            self.records = records
            self.asOf = asOf
        }

        var questions: [String] { asked.withLock { $0 } }

        /// The next so many questions are not answered.
        func goAway(for questions: Int) { away.withLock { $0 = questions } }

        func page(_ question: ImportQuestion) async throws -> ImportPage {
            let (since, cursor) = (question.since, question.cursor)
            asked.withLock { $0.append("\(since.map { RFC3339.text(of: $0) } ?? "all") \(cursor ?? "first")") }
            let isAway = away.withLock { away in
                away -= 1
                return away >= 0
            }
            if isAway { throw HTTPImportSource.Unanswered(description: "away") }
            let start = cursor.flatMap { Int($0) } ?? 0
            let end = min(start + 2, records.count)
            let text = records[start..<end].map { $0 + "\n" }.joined()
            return ImportPage(
                records: ByteBuffer(string: text), asOf: asOf, next: end < records.count ? "\(end)" : nil)
        }
    }

    private func line(_ number: Int, name: String? = nil) -> String {
        """
        {"sourceId":"S\(number)","fullName":"\(name ?? "Nguyễn Văn Mẫu 0\(number)")","joinedOn":"2015-05-19",\
        "recognisedOn":"2016-05-19","cellCode":"A35.11.01.01","state":"official"}
        """
    }

    private func begin(_ scene: ImportScene, mode: ImportMode = .full) async throws -> ImportRun {
        let layouts = try ImportLayouts.all()
        let layout = try #require(layouts[.members]?["members-4.0"])
        let request = ImportRequest(
            subject: .members, mode: mode, layout: layout, form: .jsonLines, asOf: scene.scene.now)
        return try await scene.pool.transaction { transaction in
            try await ImportPull.begin(scene.scene.service.kit, request, author: "operator:test", in: transaction)
        }
    }

    private func pull(_ scene: ImportScene, _ source: Pages) throws -> ImportPull {
        try ImportPull(scene.scene.service.kit, source: source, of: [.members], layouts: try ImportLayouts.all())
    }

    @Test("pages are pulled one after the other, each record once, also when the source is away in between")
    func resumption() async throws {
        try await withImports { scene in
            _ = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            let source = Pages(
                [line(1), line(2), line(3), line(4), line(5)], asOf: scene.scene.now.addingTimeInterval(-60))
            let run = try await begin(scene)
            let first = try pull(scene, source)
            #expect(try await first.step())
            source.goAway(for: 2)
            for _ in 0..<2 {
                await #expect(throws: HTTPImportSource.Unanswered.self) { try await first.step() }
            }
            // Another process goes on where the first one stopped.
            try await pull(scene, source).run()
            #expect(source.questions == ["all first", "all 2", "all 2", "all 2", "all 4"])
            let staged = try #require(try await ImportStore.read(run.id, in: scene.pool))
            #expect(staged.state == .staged && staged.records == 5)
            #expect(staged.asOf == scene.scene.now.addingTimeInterval(-60))
            try await ImportWorker(scene.scene.service.kit).run()
            #expect(try await scene.summary() == (2...5).map { "missing S\($0) -" })
        }
    }

    @Test("a wrong record is listed with its line in the whole pull")
    func faults() async throws {
        try await withImports { scene in
            let source = Pages([line(1), line(2), line(3), #"{"sourceId":"S4"}"#], asOf: scene.scene.now)
            let run = try await begin(scene)
            try await pull(scene, source).run()
            let faults = try await ImportStore.faults(of: run.id, afterLine: 0, limit: 10, in: scene.pool)
            #expect(faults.map(\.line) == [4, 4, 4, 4] && Set(faults.map(\.rule)) == ["required"])
            let staged = try #require(try await ImportStore.read(run.id, in: scene.pool))
            #expect(staged.faulty == 1 && staged.records == 4 && staged.fields.contains("cellCode"))
        }
    }

    @Test("a source that names the same page again is not asked for ever: its pull is refused")
    func sameCursor() async throws {
        struct Circle: ImportSource {
            let asOf: Date

            func page(_ question: ImportQuestion) async throws -> ImportPage {
                ImportPage(records: ByteBuffer(), asOf: asOf, next: "again")
            }
        }
        try await withImports { scene in
            let run = try await begin(scene)
            let pull = try ImportPull(
                scene.scene.service.kit, source: Circle(asOf: scene.scene.now), of: [.members],
                layouts: try ImportLayouts.all())
            for _ in 0..<2 { #expect(try await pull.step()) }
            #expect(try await !pull.step())
            let row = try await scene.pool.queryOne("SELECT state, refused_rule FROM imports WHERE id = \(run.id)")
            #expect(try row.get("state", as: String.self) == "refused")
            #expect(try row.get("refused_rule", as: String.self) == "import-cursor-repeated")
        }
    }

    @Test("a delta asks for what changed since the import before")
    func delta() async throws {
        try await withImports { scene in
            _ = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            _ = try await scene.take(
                [.init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu 01")], asOf: "2026-11-19T17:00:00Z")
            let source = Pages([line(1, name: "Nguyễn Văn Mẫu Một")], asOf: scene.scene.now)
            _ = try await begin(scene, mode: .delta)
            try await pull(scene, source).run()
            #expect(source.questions == ["2026-11-19T17:00:00.000Z first"])
            try await ImportWorker(scene.scene.service.kit).run()
            #expect(try await scene.summary() == ["different S1 fullName"])
        }
    }

    @Test("without a source there is nothing to pull from")
    func noSource() async throws {
        try await withImports { scene in
            let answer = try await scene.scene.post("/v1/imports/pulls", #"{"subject":"members"}"#)
            #expect(answer.status == .notFound)
        }
    }
}
