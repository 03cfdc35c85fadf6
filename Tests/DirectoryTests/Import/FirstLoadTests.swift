import Contracts
import DirectoryDomain
import Foundation
import HTTPTypes
import MadeUpCountry
import Postgres
import ServiceTestKit
import Testing

@testable import Directory

@Suite("First load")
struct FirstLoadTests {
    /// The files of a made-up commune.
    private func files(revision: Int = 1) throws -> (organizations: String, members: String) {
        let directory = FileManager.default.temporaryDirectory.appending(path: "hoso-import-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        var writer = try RecordWriter(.csv, in: directory)
        try MadeUpCountry(seed: 7, scale: .commune, revision: revision).tell(&writer)
        _ = try writer.close()
        func text(_ name: String) throws -> String {
            String(decoding: try Data(contentsOf: directory.appending(path: "\(name).csv")), as: UTF8.self)
        }
        return (try text("organizations"), try text("members"))
    }

    @Test(
        "an empty directory is filled with ordinary rows and their events; what is wrong is listed; again changes nothing"
    )
    func commune() async throws {
        try await withDirectory { directory in
            let files = try files()
            let scene = ImportScene(scene: directory, tree: .none(directory))
            let places = try await scene.take(files.organizations, subject: "organizations", mode: "first-load")
            #expect(places.entered == places.records && places.opened == 0)
            let people = try await scene.take(files.members, mode: "first-load")
            let missing = try await scene.differences("&kind=missing&subject=members").count
            #expect(people.entered + missing == people.records && people.entered > people.records * 9 / 10)
            for (table, type) in [("organizations", OrganizationState.type), ("members", MemberState.type)] {
                let rows = try await scene.count("SELECT count(*) AS n FROM \(identifier: table)")
                #expect(try await scene.count("SELECT count(*) AS n FROM outbox WHERE type = \(type)") == rows)
            }
            #expect(
                try await scene.count("SELECT count(*) AS n FROM history WHERE kind = 'member'") == people.entered)
            #expect(
                try await scene.count("SELECT count(*) AS n FROM placements WHERE kind = 'member'") == people.entered)
            #expect(try await scene.count("SELECT count(*) AS n FROM outgoing_changes") == 0)
            for member in try await scene.pool.query("SELECT document FROM members ORDER BY id LIMIT 50") {
                let decoded: Member = try Documents.read(member)
                #expect(decoded.version == 1)
            }
            let again = try await scene.take(files.members)
            #expect(again.opened == 0 && again.closed == 0)
            #expect(try await scene.take(files.organizations, subject: "organizations").opened == 0)
        }
    }

    @Test("of two first loads that were sent before either began the first fills the directory, the other is refused")
    func twice() async throws {
        try await withDirectory { directory in
            let files = try files()
            let scene = ImportScene(scene: directory, tree: .none(directory))
            var ids: [UUIDv7] = []
            for _ in 0..<2 {
                let answer = try await scene.send(files.organizations, subject: "organizations", mode: "first-load")
                ids.append(try answer.json(ImportScene.Told.self).importId)
            }
            try await ImportWorker(directory.service.kit).run()
            let states: [String] = try await scene.pool.query("SELECT state FROM imports ORDER BY number")
                .map { try $0.get("state") }
            #expect(states == ["compared", "refused"])
            let rule = try await scene.pool.queryOne("SELECT refused_rule FROM imports WHERE id = \(ids[1])")
            #expect(try rule.get("refused_rule", as: String.self) == "directory-not-empty")
        }
    }

    @Test("a first load under way stands in tables that a crash of the server does not empty")
    func logged() async throws {
        try await withDirectory { directory in
            let files = try files()
            let scene = ImportScene(scene: directory, tree: .none(directory))
            _ = try await scene.send(files.organizations, subject: "organizations", mode: "first-load")
            #expect(try await ImportWorker(directory.service.kit).step())
            let unlogged = try await scene.count(
                """
                SELECT count(*) AS n FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
                WHERE s.nspname = current_schema() AND c.relkind = 'r' AND c.relpersistence = 'u'
                """)
            #expect(unlogged == 0)
            #expect(try await scene.count("SELECT count(*) AS n FROM imports WHERE state = 'loading'") == 1)
        }
    }

    @Test("a later revision differs in about one member of a hundred, and nothing is changed by it")
    func revision() async throws {
        try await withDirectory { directory in
            let first = try files()
            let scene = ImportScene(scene: directory, tree: .none(directory))
            _ = try await scene.take(first.organizations, subject: "organizations", mode: "first-load")
            let people = try await scene.take(first.members, mode: "first-load")
            let versions: SQL = "SELECT sum(version)::bigint AS n FROM members"
            let before = try await scene.count(versions)
            let opened = try #require(try await scene.take(try files(revision: 2).members).opened)
            #expect((1...people.records / 25).contains(opened))
            #expect(try await scene.count(versions) == before)
        }
    }

    @Test("a first load into a directory that has members is refused")
    func notEmpty() async throws {
        try await withImports { scene in
            _ = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            let answer = try await scene.send(
                ImportScene.file([.init(sourceId: "S2", fullName: "Mẫu")]), mode: "first-load")
            #expect(answer.status == .conflict && answer.problem == "directory-not-empty")
        }
    }
}

extension DirectoryScene.Tree {
    /// For a directory without one.
    static func none(_ scene: DirectoryScene) -> Self {
        func id() -> OrganizationID { scene.ids.next(at: scene.now) }
        let side = DirectoryScene.Side(commune: id(), base: id(), cell: id())
        return Self(province: id(), a: side, b: side)
    }
}
