import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Organisations of the Party Member Database, compared")
struct OrganizationImportTests {
    /// The tree of the scene, as the source writes it.
    private func file(_ changes: [String: String] = [:], without: Set<String> = [], more: [String] = []) -> String {
        var lines = ["code,type,name,parentCode,residential,duesRegion,meetingDay"]
        func add(_ code: String, _ type: String, _ parent: String) {
            guard !without.contains(code) else { return }
            lines.append(changes[code] ?? "\(code),\(type),Tổ chức Mẫu \(code),\(parent),true,II,")
        }
        add("A35", "provincial", "")
        for side in ["A35.11", "A35.12"] {
            add(side, "commune", "A35")
            add("\(side).01", "base-organisation", side)
            add("\(side).01.01", "subordinate-cell", "\(side).01")
        }
        return (lines + more).map { $0 + "\n" }.joined()
    }

    @Test("a file that agrees with the tree opens nothing")
    func agreement() async throws {
        try await withImports { scene in
            let told = try await scene.take(file(), subject: "organizations")
            #expect(told.records == 7 && told.opened == 0)
            #expect(try await scene.differences().isEmpty)
        }
    }

    @Test(
        "missing, extra, another name, another place, a wrong type, an unknown parent: each is a row; nothing changes")
    func kinds() async throws {
        try await withImports { scene in
            let text = file(
                [
                    "A35.11": "A35.11,commune,Xã Mẫu Khác,A35,true,II,",
                    "A35.11.01.01": "A35.11.01.01,subordinate-cell,Tổ chức Mẫu A35.11.01.01,A35.12.01,true,II,",
                    "A35.12.01": "A35.12.01,section,Tổ chức Mẫu A35.12.01,A35.12,true,II,",
                ],
                without: ["A35.12.01.01"],
                more: ["A35.13,commune,Xã Mẫu 13,A35,true,II,", "A35.14.01,base-cell,Chi bộ Mẫu,A35.14,true,II,"])
            let versions: SQL = "SELECT sum(version)::bigint AS n FROM organizations"
            let before = try await scene.count(versions)
            _ = try await scene.take(text, subject: "organizations")
            #expect(
                try await scene.summary() == [
                    "different A35.11 name", "different A35.12.01 type", "extra A35.12.01.01 -", "missing A35.13 -",
                    "missing A35.14.01 -", "moved A35.11.01.01 parentCode", "unknown-organization A35.14.01 parentCode",
                    "wrong-type A35.12.01 type",
                ])
            let missing = try #require(try await scene.differences("&kind=missing").first)
            #expect(missing.organizationId == scene.tree.province && missing.settler == "administrator")
            #expect(try await scene.count(versions) == before)
            let again = try await scene.take(text, subject: "organizations")
            #expect(again.opened == 0 && again.closed == 0)
        }
    }

    @Test("a change of an organisation made here explains the difference until the source has taken it")
    func pending() async throws {
        try await withImports { scene in
            let answer = try await scene.scene.post(
                "/v1/organizations/\(scene.tree.a.cell)/changes", #"{"name":"Chi bộ Mẫu Mới","reason":"Đổi tên"}"#)
            #expect(answer.status == .ok, "\(answer.text)")
            _ = try await scene.take(file(), subject: "organizations")
            let difference = try #require(try await scene.differences().first)
            #expect(difference.state == "pending" && difference.field == "name")
            let renamed = file([
                "A35.11.01.01": "A35.11.01.01,subordinate-cell,Chi bộ Mẫu Mới,A35.11.01,true,II,"
            ])
            #expect(try await scene.take(renamed, subject: "organizations").closed == 1)
        }
    }

    @Test("ours is kept: the source is told of the field")
    func keepOurs() async throws {
        try await withImports { scene in
            let text = file(["A35.11": "A35.11,commune,Xã Mẫu Khác,A35,true,II,"])
            _ = try await scene.take(text, subject: "organizations")
            let difference = try #require(try await scene.differences().first)
            #expect(difference.actions == ["keep-ours", "set-aside"])
            #expect(try await scene.settle(difference, "keep-ours").status == .ok)
            #expect(try await scene.take(text, subject: "organizations").opened == 0)
            #expect(try await scene.differences().map(\.state) == ["pending"])
        }
    }
}
