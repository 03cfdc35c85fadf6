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
