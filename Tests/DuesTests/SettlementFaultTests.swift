import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Dues

@Suite("Faults of settlement files, by their names")
struct SettlementFaultTests {
    private func line(_ order: DuesScene.OrderShape, _ transaction: String, _ gross: Int64? = nil) -> SettledFile.Line {
        SettledFile.Line(reference: order.reference, transaction: transaction, gross: gross ?? order.total)
    }

    @Test("part of a file, then all of it in another order: what was settled is repeated and moves nothing")
    func partial() async throws {
        FaultRecord.note("S1", "a part of a file first, then the whole in another order")
        try await RefundScene.run { refunds in
            var lines: [SettledFile.Line] = []
            for number in 1...3 {
                lines.append(line(try await refunds.paid(transaction: "\(number)").order, "\(number)"))
            }
            let file = SettledFile.vnpay
            #expect(try await file.bring([lines[1]], refunds.scene) == ["matched": 1])
            #expect(try await file.bring(lines.reversed(), refunds.scene) == ["matched": 2, "duplicate": 1])
            #expect(try await refunds.scene.balances()["bank"] == lines.map(\.gross).reduce(0, +))
            #expect(try await refunds.held().isEmpty)
            #expect(try await refunds.exceptions().isEmpty)
            try await refunds.expectChecks()
        }
    }

    @Test(
        "one corrupt line, a total that does not fit, an amount with a comma: nothing of the file is applied",
        arguments: SettledFile.allCases, ["corrupt", "total", "comma"])
    func corrupt(file: SettledFile, fault: String) async throws {
        FaultRecord.note("S1", "each layout: a corrupt line, a wrong total, a decimal comma")
        try await RefundScene.run { refunds in
            let (_, order, _) = try await refunds.paid(transaction: "1")
            let good = file.text([line(order, "1"), line(order, "2")], day: "2026-11-21")
            let bad =
                switch fault {
                case "corrupt":
                    good.replacing(file == .bank ? "</Amt>" : "\(order.total)", with: "", maxReplacements: 1)
                case "total": good.replacing("\(2 * order.total)", with: "\(2 * order.total + 1)")
                default: good.replacing("\(order.total)", with: "\(order.total),00", maxReplacements: 1)
                }
            #expect(bad != good)
            let before = try await refunds.scene.balances()
            let answer = try await PortalFile.post(bad, refunds.scene, gateway: file.rawValue)
            #expect(answer.problem == "settlement-file-refused", "\(answer.text)")
            #expect(answer.faults.keys.allSatisfy { $0.hasPrefix("line ") })
            #expect(try await refunds.scene.count("SELECT count(*) FROM settlement_files") == 0)
            #expect(try await refunds.scene.balances() == before)
        }
    }

    @Test("a byte order mark and CR LF are none of what a file says", arguments: SettledFile.allCases)
    func marks(file: SettledFile) async throws {
        FaultRecord.note("S1", "each layout with a byte order mark and CR LF")
        try await RefundScene.run { refunds in
            let (_, order, _) = try await refunds.paid(transaction: "1")
            let text = "\u{FEFF}" + file.text([line(order, "1")], day: "2026-11-21").replacing("\n", with: "\r\n")
            let answer = try await PortalFile.post(text, refunds.scene, gateway: file.rawValue)
            #expect(answer.status == .created, "\(answer.text)")
            #expect(try await refunds.scene.balances()["bank"] == order.total)
        }
    }

    @Test("lines in two stretches and more: the same transaction again in a later one moves nothing")
    func stretches() async throws {
        FaultRecord.note("S1", "a file of several stretches, its first line again at its end")
        try await RefundScene.run { refunds in
            let (_, order, _) = try await refunds.paid(transaction: "1")
            let strangers = (1...2_100).map {
                SettledFile.Line(reference: "DP26110000", transaction: "N\($0)", gross: 10)
            }
            let states = try await SettledFile.vnpay.bring(
                [line(order, "1")] + strangers + [line(order, "1")], refunds.scene)
            #expect(states == ["matched": 1, "unknown-reference": 2_100, "duplicate": 1])
            #expect(try await refunds.scene.balances()["bank"] == order.total + 21_000)
            try await refunds.expectChecks()
        }
    }

    @Test("a payment split into two lines is not settled by either; two payments merged into one are not settled by it")
    func splitAndMerged() async throws {
        FaultRecord.note("S2", "a payment in two lines, two payments in one")
        try await RefundScene.run { refunds in
            let (_, split, _) = try await refunds.paid(transaction: "1")
            let half = split.total / 2
            let states = try await SettledFile.vnpay.bring(
                [line(split, "1", half), line(split, "1", split.total - half)], refunds.scene)
            #expect(states == ["amount-differs": 1, "duplicate": 1])
            let (_, merged, _) = try await refunds.paid(transaction: "2")
            let (_, other, _) = try await refunds.paid(transaction: "3")
            let sum = merged.total + other.total
            #expect(
                try await SettledFile.vnpay.bring([line(merged, "2", sum)], day: "2026-11-22", refunds.scene)
                    == ["amount-differs": 1])
            #expect(try await refunds.held() == [split.total, merged.total, other.total])
            #expect(try await refunds.scene.balances()["unexplained"] == half + sum)
            try await refunds.expectChecks()
        }
    }

    @Test("the same payment on the next day is a duplicate that somebody looks at, and moves nothing")
    func nextDay() async throws {
        FaultRecord.note("S2", "the same line on the next day, a line without a payment")
        try await RefundScene.run { refunds in
            let (_, order, _) = try await refunds.paid(transaction: "1")
            let stranger = SettledFile.Line(reference: "DP26110000", transaction: "9", gross: 700)
            let file = SettledFile.vnpay
            _ = try await file.bring([line(order, "1"), stranger], refunds.scene)
            let balances = try await refunds.scene.balances()
            #expect(
                try await file.bring([line(order, "1"), stranger], day: "2026-11-22", refunds.scene) == ["duplicate": 2]
            )
            #expect(try await refunds.scene.balances() == balances)
            #expect(try await refunds.exceptions("duplicate").count == 2)
            #expect(try await refunds.exceptions("unknown-reference").count == 1)
            try await refunds.expectChecks()
        }
    }
}
