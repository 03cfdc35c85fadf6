import Contracts
import DirectoryDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Directory

/// A directory with a small tree, its members, and what Vietnam Social Security says of them.
struct FigureScene: Sendable {
    let imports: ImportScene

    var scene: DirectoryScene { imports.scene }
    var pool: PostgresPool { imports.pool }
    var cell: OrganizationID { imports.tree.a.cell }
    var kit: ServiceContext { scene.service.kit }

    static let heading = "personalId,insuranceNumber,month,kind,employerCode,employerName,amount"

    /// A record; the month before the tests' day and a salary unless told otherwise.
    struct Line {
        var personalId = ""
        var insuranceNumber = ""
        var month = "2026-10"
        var kind = "insurance-salary"
        var employerCode = "DV01"
        var employerName = "Công ty Mẫu 01"
        var amount = "12000000"

        var text: String {
            [personalId, insuranceNumber, month, kind, employerCode, employerName, amount].joined(separator: ",")
        }
    }

    /// Somebody whose figure is missing.
    struct Missing: Decodable {
        let memberId: MemberID
    }

    static func file(_ lines: [Line]) -> String { ([heading] + lines.map(\.text)).map { $0 + "\r\n" }.joined() }

    static func run(_ body: @Sendable (FigureScene) async throws -> Void) async throws {
        try await withImports { try await body(FigureScene(imports: $0)) }
    }

    func member(
        _ name: String = "Nguyễn Văn Mẫu 01", personalId: String? = nil, category: String = "insured",
        in cell: OrganizationID? = nil
    ) async throws -> MemberID {
        let number = personalId.map { #","personalId":"\#($0)""# } ?? ""
        return try await scene.member(name, in: cell ?? self.cell, more: #","duesCategory":"\#(category)"\#(number)"#)
    }

    func send(_ file: String, asOf: String = "2026-11-05T00:00:00Z") async throws -> TestAnswer {
        try await imports.send(file, subject: "figures", mode: "delta", asOf: asOf)
    }

    /// Takes a file in, enters its figures and has them told.
    @discardableResult
    func take(_ lines: [Line], asOf: String = "2026-11-05T00:00:00Z") async throws -> ImportScene.Told {
        let told = try await imports.take(Self.file(lines), subject: "figures", mode: "delta", asOf: asOf)
        try await FigureTelling(kit).run()
        return told
    }

    /// The line, field and rule of each fault of the newest import.
    func faults() async throws -> [String] {
        try await pool.query(
            """
            SELECT concat_ws(' ', line, field, rule) AS fault FROM import_faults
            WHERE import_id = (SELECT id FROM imports ORDER BY number DESC LIMIT 1) ORDER BY line, place
            """
        ).map { try $0.get("fault") }
    }

    /// What the other services were told last of a member's figures: the month, the amount, and whose it is.
    func told(_ member: MemberID) async throws -> [String] {
        let state = try #require(try await scene.events(MemberState.self, of: member.value).last?.state)
        return (state.duesFigures ?? []).map { figure in
            let amount = figure.amount.map { "\($0.amount)" } ?? "?"
            return "\(figure.month) \(amount) \(figure.employers.joined(separator: "+"))"
                + (figure.settled == true ? " settled" : "")
        }
    }

    func versions(_ member: MemberID) async throws -> [Int64] {
        try await scene.events(MemberState.self, of: member.value).map(\.version)
    }

    struct Contradiction: Decodable {
        struct Figure: Decodable {
            let employerCode: String
            let amount: Int64
        }
        struct Decision: Decodable {
            let choice: String
            let amount: Int64
            let reason: String
            let decidedBy: String
        }
        let id: Int64
        let memberId: MemberID
        let month: String
        let state: String
        let figures: [Figure]
        let sum: Int64
        let decisions: [Decision]
    }

    func contradictions(_ query: String = "", token: String? = nil) async throws -> [Contradiction] {
        struct Page: Decodable { let items: [Contradiction] }
        let answer = try await scene.service.call(
            .get, "/v1/figure-contradictions?limit=50\(query)", token: token ?? scene.operating)
        try #require(answer.status == .ok, "\(answer.text)")
        return try answer.json(Page.self).items
    }

    func settle(
        _ id: Int64, _ choice: String, amount: Int64, token: String? = nil
    ) async throws -> TestAnswer {
        try await scene.post(
            "/v1/figure-contradictions/\(id)/settlement",
            #"{\#(choice),"amount":\#(amount),"reason":"Theo hợp đồng lao động"}"#, token: token)
    }
}
