import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Subprocess
import SystemPackage
import TestStack
import Testing

@testable import Dues

private let conformancePython = ProcessInfo.processInfo.environment["HOSO_TEST_PYTHON"]

@Suite("Exports")
struct ExportTests {
    /// Texts that must come out as they are, or made harmless: what somebody wrote, and what stands in CSV.
    static let texts: [(written: String, inCSV: String)] = [
        ("=HYPERLINK(\"http://x\";\"y\")", "'=HYPERLINK(\"http://x\";\"y\")"), ("+84", "'+84"), ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"), ("\tx", "'\tx"), ("\rx", "'\rx"), ("\nx", "'\nx"),
        ("Nguyễn Văn Mẫu", "Nguyễn Văn Mẫu"),
        ("a\"b;c,d", "a\"b;c,d"), ("hai\r\ndòng", "hai\r\ndòng"), ("\\N", "\\N"), ("\\.", "\\."), ("<&>", "<&>"),
        ("a=b", "a=b"), ("c:\\new\\table", "c:\\new\\table"),
    ]

    /// A cell with an exception for each text, in its order.
    private func plant(_ scene: DuesScene) async throws {
        for (index, text) in Self.texts.enumerated() {
            let raised = scene.kit.time.now.addingTimeInterval(Double(index))
            try await scene.pool.execute(
                """
                INSERT INTO exceptions (exception_id, kind, owner_id, amount, raised_at, assignee, month)
                VALUES (uuid_v7(\(raised)), 'overpaid', \(scene.cell), \(Int64(index + 1)), \(raised), \(text.written),
                    '2026-11')
                """)
        }
    }

    private func export(_ scene: DuesScene, _ what: String, _ query: String = "") async throws -> TestAnswer {
        let answer = try await scene.get("/v1/organizations/\(scene.base)/exports/\(what)?from=2026-11\(query)")
        #expect(answer.status == .ok, "\(answer.text)")
        return answer
    }

    @Test("CSV: the mark that Excel wants or none, CR LF, the separator, headings in either language")
    func form() async throws {
        try await DuesScene.run { scene in
            try await plant(scene)
            let answer = try await export(scene, "exceptions")
            #expect(answer.headers[.contentType]?.hasPrefix("text/csv") == true)
            #expect(
                answer.headers[.contentDisposition] == "attachment; filename=\"exceptions-2026-11-2026-11.csv\"")
            #expect(Array(answer.body.prefix(3)) == [0xEF, 0xBB, 0xBF])
            let text = String(decoding: answer.body.dropFirst(3), as: UTF8.self)
            #expect(text.hasPrefix("Mã ngoại lệ,Loại,Phát sinh lúc,"))
            #expect(text.hasSuffix(",,\r\n") == false && text.hasSuffix("\r\n"))
            #expect(text.contains(",overpaid,2026-11-20 10:00:00,,A35.12.08.01,Tổ chức mẫu A35.12.08.01,1,"))
            let plain = try await export(scene, "exceptions", "&bom=false&separator=semicolon&headings=en")
            #expect(plain.text.hasPrefix("exceptionId;kind;raisedAt;settledAt;organizationCode;"))
            #expect(plain.text.contains(";overpaid;2026-11-20 10:00:00;;A35.12.08.01;"))
        }
    }

    @Test(
        "a month without rows, before all others or after, is a file with its headings alone",
        arguments: ExportName.allCases.filter { $0 != .report })
    func empty(what: ExportName) async throws {
        try await DuesScene.run { scene in
            try await plant(scene)
            let member = try await scene.member()
            try await scene.assess()
            #expect(try await scene.pay(try await scene.order(member)) == "00")
            for month in ["2026-10", "2026-12"] {
                let answer = try await scene.get(
                    "/v1/organizations/\(scene.base)/exports/\(what.rawValue)?from=\(month)&bom=false&headings=en")
                #expect(answer.status == .ok)
                #expect(answer.text.hasSuffix("\r\n") && answer.text.split(separator: "\r\n").count == 1, "\(month)")
            }
            let full = try await export(scene, what.rawValue, "&bom=false")
            #expect(full.text.split(separator: "\r\n").count > 1)
        }
    }

    @Test("no more run at once than are allowed; a place is free again when its answer is done with")
    func slots() throws {
        let slots = ExportSlots(limit: 2)
        var held = [try slots.take(), try slots.take()]
        for _ in 0..<2 {
            let busy = #expect(throws: Problem.self) { try slots.take() }
            #expect(busy?.id == "exports-busy")
        }
        held.removeLast()
        held.append(try slots.take())
        #expect(throws: Problem.self) { try slots.take() }
        #expect(held.count == 2)
    }

    @Test("each file has what its list has: one row for each posting, line, assessment, part; sums are the report's")
    func rows() async throws {
        try await DuesScene.run { scene in
            for (number, cell) in [scene.cell, scene.otherCell, scene.cell].enumerated() {
                let member = try await scene.member(cell: cell)
                try await scene.assess()
                let order = try await scene.order(member, ["2026-11", "2026-12"])
                #expect(try await scene.pay(order, transaction: "\(number + 1)") == "00")
            }
            func table(_ what: String) async throws -> [[String]] {
                try await export(scene, what, "&bom=false&headings=en").text.split(separator: "\r\n").map {
                    $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
                }
            }
            func sum(_ table: [[String]], _ name: String) throws -> Int64 {
                let column = try #require(table[0].firstIndex(of: name))
                return table.dropFirst().compactMap { Int64($0[column]) }.reduce(0, +)
            }
            let report = try await scene.report(scene.base)
            let payments = try await table("payments")
            #expect(payments.count == 1 + 6)
            #expect(try sum(payments, "amount") == report.whole.collected)
            let assessments = try await table("assessments")
            #expect(assessments.count - 1 == Int(report.whole.assessed))
            #expect(try sum(assessments, "amount") == report.whole.due)
            #expect(try sum(assessments, "paid") == report.whole.paid)
            let postings = try await table("postings")
            #expect(try await scene.count("SELECT count(*) FROM ledger_postings") == postings.count - 1)
            let total = try await scene.count("SELECT sum(amount)::bigint FROM ledger_postings")
            #expect(try sum(postings, "amount") == Int64(total))
            let parts = try await table("report")
            #expect(parts.count == 1 + 3 && parts[1][0] == "A35.12.08")
            #expect(try sum(parts, "due") == report.whole.due && sum(parts, "collected") == report.whole.collected)
            #expect(try sum(parts, "arrears") == report.whole.arrears)
            // Another cell's rows stay out.
            let cell = try await scene.get(
                "/v1/organizations/\(scene.otherCell)/exports/payments?from=2026-11&bom=false")
            #expect(cell.text.split(separator: "\r\n").count == 1 + 2)
        }
    }

    @Test("each export leaves two traces: who began what, and how many rows went out; a mere look none")
    func traces() async throws {
        try await DuesScene.run { scene in
            try await plant(scene)
            _ = try await export(scene, "exceptions")
            let head = try await scene.service.call(
                .head, "/v1/organizations/\(scene.base)/exports/exceptions?from=2026-11",
                token: try await scene.service.operatorToken())
            #expect(head.status == .ok)
            let rows = try await scene.pool.query(
                "SELECT action, actor, subject, details FROM audit WHERE action LIKE 'export.%' ORDER BY at, id")
            #expect(try rows.map { try $0.get("action", as: String.self) } == ["export.begun", "export.ended"])
            #expect(try rows.allSatisfy { try $0.get("actor", as: String.self) == "operator:test" })
            #expect(try rows.allSatisfy { try $0.get("subject", as: String.self) == "\(scene.base)" })
            let details = try ContractsJSON.decoder.decode(
                [String: String].self, from: Data(try rows[1].get("details", as: String.self).utf8))
            #expect(
                details == [
                    "what": "exceptions", "from": "2026-11", "through": "2026-11", "format": "csv",
                    "rows": "\(Self.texts.count)", "whole": "true",
                ])
        }
    }

    // MARK: Judged by others

    private func read<Value: Decodable>(_ kind: String, _ bytes: Data, as type: Value.Type) async throws -> Value {
        let file = FileManager.default.temporaryDirectory.appending(path: "hoso-\(UUID().uuidString).\(kind)")
        try bytes.write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Conformance/read_export.py")
        let arguments = [try #require(conformancePython), script.path, kind, file.path]
        let ended = try await Subprocess.run(
            .path("/usr/bin/env"), arguments: Arguments(arguments), output: .string(limit: 1 << 22))
        return try JSONDecoder().decode(type, from: Data(ended.standardOutput.utf8))
    }

    @Test(
        "Python's csv reads back every text, and none that a spreadsheet would run",
        .enabled(if: conformancePython != nil, "HOSO_TEST_PYTHON is not set"),
        arguments: ["", "&separator=semicolon", "&bom=false"])
    func readBack(query: String) async throws {
        try await DuesScene.run { scene in
            try await plant(scene)
            let answer = try await export(scene, "exceptions", "&headings=en" + query)
            let rows = try await read("csv", answer.body, as: [[String]].self)
            let assignee = try #require(rows[0].firstIndex(of: "assignee"))
            let amount = try #require(rows[0].firstIndex(of: "amount"))
            let texts = Dictionary(uniqueKeysWithValues: rows.dropFirst().map { ($0[amount], $0[assignee]) })
            #expect(texts.count == Self.texts.count)
            for (index, text) in Self.texts.enumerated() { #expect(texts["\(index + 1)"] == text.inCSV) }
            #expect(rows.allSatisfy { $0.count == rows[0].count })
        }
    }

    /// A cell as openpyxl reads it.
    private enum Cell: Decodable, Equatable {
        case text(String), number(Double), formula, empty

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .empty
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .formula
            }
        }
    }

    @Test(
        "openpyxl reads back a workbook: texts as they are, numbers as numbers, moments as moments, no formula",
        .enabled(if: conformancePython != nil, "HOSO_TEST_PYTHON is not set"))
    func workbook() async throws {
        try await DuesScene.run { scene in
            try await plant(scene)
            let answer = try await export(scene, "exceptions", "&format=xlsx&headings=en")
            #expect(
                answer.headers[.contentType] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
            let sheets = try await read("xlsx", answer.body, as: [[[Cell]]].self)
            #expect(sheets.count == 1 && sheets[0].count == Self.texts.count + 1)
            let names = sheets[0][0]
            let assignee = try #require(names.firstIndex(of: .text("assignee")))
            let amount = try #require(names.firstIndex(of: .text("amount")))
            let raised = try #require(names.firstIndex(of: .text("raisedAt")))
            for row in sheets[0].dropFirst() {
                guard case .number(let number) = row[amount] else {
                    Issue.record("no number: \(row[amount])")
                    continue
                }
                let index = Int(number) - 1
                #expect(row[assignee] == .text(Self.texts[index].written))
                #expect(row[raised] == .text("2026-11-20T10:00:\(index < 10 ? "0" : "")\(index)"))
                #expect(!row.contains(.formula) && row.count == names.count)
            }
            let empty = try await scene.get(
                "/v1/organizations/\(scene.base)/exports/payments?from=2026-02&format=xlsx")
            #expect(try await read("xlsx", empty.body, as: [[[Cell]]].self).map(\.count) == [1])
        }
    }

    @Test(
        "rows beyond a sheet go to the next one, each with the headings",
        .enabled(if: conformancePython != nil, "HOSO_TEST_PYTHON is not set"))
    func sheets() async throws {
        var book = Workbook(headings: ["Số", "Ngày"], kinds: [.number, .day], rowsInSheet: 2)
        var bytes: [UInt8] = []
        try book.begin(into: &bytes)
        for number in 1...5 { try book.add(Array("\(number)\t2026-02-0\(number)\n".utf8), into: &bytes) }
        try book.end(into: &bytes)
        let sheets = try await read("xlsx", Data(bytes), as: [[[Cell]]].self)
        #expect(sheets.map(\.count) == [3, 3, 2])
        #expect(sheets.allSatisfy { $0[0] == [.text("Số"), .text("Ngày")] })
        #expect(sheets[2][1] == [.number(5), .text("2026-02-05T00:00:00")])
        #expect(Workbook.rowsInSheet == 1_048_576 - 1)
    }

    @Test("control characters and noncharacters, which XML does not have, are replaced")
    func xml() {
        var xml: [UInt8] = []
        XMLText.append(Array("a\\b\u{1}\u{FFFF}\u{FFFE}<\\t\\\\\\r&ễ".utf8)[...], to: &xml)
        #expect(String(decoding: xml, as: UTF8.self) == "a\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}&lt;\t\\&#13;&amp;ễ")
    }
}
