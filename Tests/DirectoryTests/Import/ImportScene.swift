import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Directory

/// A directory with a small tree, and files of the Party Member Database for it.
struct ImportScene: Sendable {
    let scene: DirectoryScene
    let tree: DirectoryScene.Tree

    var pool: PostgresPool { scene.service.pool }

    static let heading =
        "sourceId,personalId,fullName,sex,birthDate,cardNumber,recordNumber,joinedOn,recognisedOn,cellCode,residenceCellCode,state,duesCategory"

    /// A record of the file, as the directory has a member of `DirectoryScene.member` unless told otherwise.
    struct Line {
        var sourceId: String
        var personalId = ""
        var fullName: String
        var sex = ""
        var birthDate = ""
        var cardNumber = ""
        var joinedOn = "2015-05-19"
        var recognisedOn = "2016-05-19"
        var cellCode = "A35.11.01.01"
        var residenceCellCode = ""
        var state = "official"

        var text: String {
            [
                sourceId, personalId, fullName, sex, birthDate, cardNumber, "", joinedOn, recognisedOn, cellCode,
                residenceCellCode, state, "",
            ].joined(separator: ",")
        }
    }

    static func file(_ lines: [Line], heading: String = Self.heading) -> String {
        ([heading] + lines.map(\.text)).map { $0 + "\r\n" }.joined()
    }

    struct Told: Decodable {
        var importId: UUIDv7
        var state: String
        var records: Int
        var faultyRecords: Int
        var unreadableLines: Int
        var entered: Int
        var opened: Int?
        var closed: Int?
    }

    struct Found: Decodable, Equatable {
        var id: Int64
        var kind: String
        var key: String
        var field: String?
        var sourceValue: String?
        var ourValue: String?
        var memberId: MemberID?
        var organizationId: OrganizationID?
        var settler: String
        var actions: [String]
        var state: String
    }

    func send(
        _ file: String, subject: String = "members", mode: String = "full", asOf: String = "2026-11-19T17:00:00Z",
        type: String = "text/csv", token: String? = nil
    ) async throws -> TestAnswer {
        var headers = HTTPFields()
        headers[.contentType] = type
        return try await scene.service.call(
            .post, "/v1/imports?subject=\(subject)&mode=\(mode)&asOf=\(asOf)", token: token ?? scene.operating,
            headers: headers, body: Array(file.utf8))
    }

    /// Takes a file in and compares it.
    func take(
        _ file: String, subject: String = "members", mode: String = "full", asOf: String = "2026-11-19T17:00:00Z",
        type: String = "text/csv"
    ) async throws -> Told {
        let answer = try await send(file, subject: subject, mode: mode, asOf: asOf, type: type)
        try #require(answer.status == .accepted, "\(answer.text)")
        let id = try answer.json(Told.self).importId
        try await ImportWorker(scene.service.kit).run()
        let told = try await scene.service.call(.get, "/v1/imports/\(id)", token: scene.operating).json(Told.self)
        #expect(told.state == "compared")
        return told
    }

    func take(_ lines: [Line], mode: String = "full", asOf: String = "2026-11-19T17:00:00Z") async throws -> Told {
        try await take(Self.file(lines), mode: mode, asOf: asOf)
    }

    func differences(_ query: String = "", token: String? = nil) async throws -> [Found] {
        struct Page: Decodable { var items: [Found] }
        let answer = try await scene.service.call(
            .get, "/v1/differences?limit=200\(query)", token: token ?? scene.operating)
        try #require(answer.status == .ok, "\(answer.text)")
        return try answer.json(Page.self).items
    }

    /// Kind, key and field of all that are not settled.
    func summary(_ query: String = "") async throws -> [String] {
        try await differences(query).map { "\($0.kind) \($0.key) \($0.field ?? "-")" }.sorted()
    }

    func settle(
        _ difference: Found, _ action: String, more: String = "", token: String? = nil
    ) async throws -> TestAnswer {
        try await scene.post(
            "/v1/differences/\(difference.id)/settlement",
            #"{"action":"\#(action)","reason":"Đối chiếu hồ sơ gốc"\#(more)}"#, token: token)
    }

    /// A member whom the source knows under the number, equal on both sides.
    func known(_ sourceId: String, _ name: String, personalId: String? = nil) async throws -> MemberID {
        let more = personalId.map { #","personalId":"\#($0)""# } ?? ""
        let id = try await scene.member(name, in: tree.a.cell, more: more)
        try await pool.execute("UPDATE members SET source_id = \(sourceId) WHERE id = \(id)")
        // What was entered for the test is in the source already.
        try await pool.execute("DELETE FROM outgoing_changes WHERE subject_id = \(id)")
        return id
    }

    func member(_ id: MemberID) async throws -> MemberStore.Row {
        try #require(try await MemberStore.read(id, in: pool))
    }

    func count(_ query: SQL) async throws -> Int { try await pool.queryOne(query).get("n") }

    func token(_ role: RoleName, at organization: OrganizationID) async throws -> String {
        let member = try await scene.member("Cán bộ Mẫu", in: tree.b.cell)
        _ = try await scene.role(role, of: member, at: organization)
        try await pool.execute("UPDATE members SET source_id = \("officer-\(member)") WHERE id = \(member)")
        return try await scene.service.token(member: member)
    }
}

func withImports(_ body: @Sendable (ImportScene) async throws -> Void) async throws {
    try await withDirectory { scene in
        let imports = ImportScene(scene: scene, tree: try await scene.tree())
        // The source has the tree already.
        try await imports.pool.execute("DELETE FROM outgoing_changes")
        try await body(imports)
    }
}
