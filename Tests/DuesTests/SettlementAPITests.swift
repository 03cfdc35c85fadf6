import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

@Suite("Settlement over HTTP")
struct SettlementAPITests {
    private struct Summary: Decodable {
        let lines: Int
        let gross: Int64
        let states: [String: Int]
    }

    private static func file(_ lines: [(String, String, Int64, Int64)]) -> String {
        let rows = lines.map { "\($0.0),\($0.1),\($0.2),\($0.3),\($0.2 - $0.3),2026-11-21,PAY\n" }
        return "TxnRef,TransactionNo,Amount,Fee,NetAmount,SettlementDate,Type\n" + rows.joined()
            + "TOTAL,\(lines.count),\(lines.map(\.2).reduce(0, +))\n"
    }

    private static func post(_ text: String, _ scene: DuesScene) async throws -> TestAnswer {
        try await scene.service.call(
            .post, "/v1/settlements?gateway=vnpay&organizationId=\(scene.base)",
            token: try await scene.service.operatorToken(), key: UUID().uuidString,
            headers: [.contentType: "text/csv"], body: Array(text.utf8))
    }

    @Test("each line ends in its state, the books agree, and the same file again changes nothing")
    func settled() async throws {
        try await DuesScene.run { scene in
            let (first, second) = (
                try await scene.order(try await scene.member()), try await scene.order(try await scene.member())
            )
            let third = try await scene.order(try await scene.member())
            #expect(try await scene.pay(first, transaction: "1") == "00")
            #expect(try await scene.pay(second, transaction: "2") == "00")
            let text = Self.file([
                (first.reference, "1", 15_930, 330), (second.reference, "2", 15_000, 0),
                (third.reference, "3", 15_930, 330), ("DP26110000", "4", 7_000, 0), (first.reference, "1", 15_930, 330),
            ])
            let answer = try await Self.post(text, scene)
            #expect(answer.status == .created, "\(answer.text)")
            let summary = try answer.json(Summary.self)
            #expect(
                summary.states == [
                    "matched": 1, "amount-differs": 1, "missing-callback": 1, "unknown-reference": 1, "duplicate": 1,
                ])
            try await scene.expectBooksToAgree()
            let balances = try await scene.balances()
            #expect(balances["bank"] == 53_200)
            #expect(balances["channel-fees"] == 660)
            #expect(balances["unexplained"] == 22_000)
            #expect(try await scene.count("SELECT count(*) FROM exceptions") == 4)
            #expect(try await scene.count("SELECT count(*) FROM payments WHERE source = 'settlement'") == 1)
            let again = try await Self.post(text, scene)
            #expect(again.status == .ok)
            #expect(again.body == answer.body)
            #expect(try await scene.balances() == balances)
            #expect(try await scene.count("SELECT count(*) FROM settlement_lines") == 5)
            // The callback that comes after the file.
            #expect(try await scene.pay(third, transaction: "3") == "02")
            #expect(
                try await scene.events(PaymentSettled.self).map(\.state)
                    == [.matched, .amountDiffers, .missingCallback, .duplicate])
        }
    }

    @Test("a file with a fault is refused as a whole, with the place")
    func refused() async throws {
        try await DuesScene.run { scene in
            let order = try await scene.order(try await scene.member())
            let text = Self.file([(order.reference, "1", 15_930, 330), (order.reference, "2", 15_930, 0)])
            let answer = try await Self.post(text.replacing("TOTAL,2", with: "TOTAL,3"), scene)
            #expect(answer.problem == "settlement-file-refused")
            #expect(answer.faults == ["line 4, column 2": "settlement.trailer-count"])
            #expect(try await scene.count("SELECT count(*) FROM settlement_files") == 0)
            #expect(try await scene.count("SELECT count(*) FROM ledger_postings") == 0)
        }
    }

    @Test("only the office or an operator takes files in")
    func access() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            let answer = try await scene.service.call(
                .post, "/v1/settlements?gateway=vnpay&organizationId=\(scene.base)",
                token: try await scene.service.token(member: member), key: "key-of-the-test-x", body: Array("x".utf8))
            #expect(answer.status == .forbidden)
        }
    }
}
