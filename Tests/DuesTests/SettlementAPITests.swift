import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing
import Trust

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
        FaultRecord.note("S1", "the same file twice")
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
        FaultRecord.note("S1", "files with one fault each")
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

    @Test("only an operator takes files in: an officer who wrote his own is refused, and the attempt leaves a trace")
    func access() async throws {
        try await DuesScene.run { scene in
            let officer = try await scene.member()
            try await scene.role(.officeOfficer, of: officer, at: scene.base)
            let order = try await scene.order(officer)
            let text = Self.file([(order.reference, "1", 15_930, 330)])
            let answer = try await scene.service.call(
                .post, "/v1/settlements?gateway=vnpay&organizationId=\(scene.base)",
                token: try await scene.service.token(member: officer), key: "key-of-the-test-x",
                headers: [.contentType: "text/csv"], body: Array(text.utf8))
            #expect(answer.status == .forbidden)
            #expect(answer.problem == "settlement-operators-only")
            #expect(answer.text.contains("đối soát") && answer.text.contains("settlement file"))
            #expect(try await scene.show(order, as: officer).state == "open")
            #expect(try await scene.count("SELECT count(*) FROM settlement_files") == 0)
            #expect(
                try await scene.count(
                    "SELECT count(*) FROM audit WHERE action = 'settlement.refused' AND actor = \("\(officer)")") == 1)
            #expect(try await Self.post(text, scene).status == .created)
            let details: String = try await scene.pool.queryOne(
                "SELECT details FROM audit WHERE action = 'settlement.imported'"
            ).get("details")
            #expect(details.contains("vnpay") && details.contains("\(scene.base)"))
            let nobody = try await scene.service.call(
                .post, "/v1/settlements?gateway=vnpay", key: "key-of-the-test-y", body: Array(text.utf8))
            #expect(nobody.status == .unauthorized)
        }
    }

    @Test("a second file that overlaps the first posts nothing twice, also where the reference is unknown")
    func overlapping() async throws {
        FaultRecord.note("S2", "a second file that overlaps the first")
        try await DuesScene.run { scene in
            let order = try await scene.order(try await scene.member())
            #expect(try await scene.pay(order, transaction: "1") == "00")
            let lines: [(String, String, Int64, Int64)] = [
                (order.reference, "1", 15_930, 330), ("DP26110000", "4", 7_000, 0),
            ]
            #expect(try await Self.post(Self.file(lines), scene).status == .created)
            let balances = try await scene.balances()
            #expect(balances["unexplained"] == 7_000)
            let second = try await Self.post(Self.file(lines + [("DP26110001", "5", 3_000, 0)]), scene)
            #expect(try second.json(Summary.self).states == ["duplicate": 2, "unknown-reference": 1])
            #expect(try await scene.balances()["unexplained"] == 10_000)
            // What both files say word for word raises nothing and tells nobody.
            #expect(try await scene.count("SELECT count(*) FROM exceptions WHERE kind = 'duplicate'") == 0)
            #expect(try await scene.events(PaymentSettled.self).count == 1)
            let later = Self.file([(order.reference, "1", 15_930, 330)]).replacing("2026-11-21", with: "2026-11-22")
            #expect(try await Self.post(later, scene).json(Summary.self).states == ["duplicate": 1])
            #expect(try await scene.count("SELECT count(*) FROM exceptions WHERE kind = 'duplicate'") == 1)
            #expect(try await scene.balances()["bank"] == 7_000 + 3_000 + 15_600)
            try await scene.expectBooksToAgree()
        }
    }

    @Test("a file that is not the one whose digest was told is refused")
    func digest() async throws {
        FaultRecord.note("S1", "a digest that does not fit")
        let text = Self.file([("DP26110000", "4", 7_000, 0)])
        try await DuesScene.run { scene in
            func post(_ digest: String) async throws -> TestAnswer {
                try await scene.service.call(
                    .post, "/v1/settlements?gateway=vnpay&organizationId=\(scene.base)&sha256=\(digest)",
                    token: try await scene.service.operatorToken(), key: UUID().uuidString,
                    headers: [.contentType: "text/csv"], body: Array(text.utf8))
            }
            let answer = try await post(Digest.sha256(text + " ").hex)
            #expect(answer.problem == "settlement-file-refused")
            #expect(answer.faults == ["sha256": "settlement.digest"])
            #expect(try await scene.count("SELECT count(*) FROM settlement_files") == 0)
            #expect(try await post(Digest.sha256(text).hex.uppercased()).status == .created)
        }
    }

    @Test("the same key for another organisation is another request")
    func keyOfAnotherQuery() async throws {
        try await DuesScene.run { scene in
            let text = Self.file([("DP26110000", "4", 7_000, 0)])
            func post(_ organization: OrganizationID) async throws -> TestAnswer {
                try await scene.service.call(
                    .post, "/v1/settlements?gateway=vnpay&organizationId=\(organization)",
                    token: try await scene.service.operatorToken(), key: "key-of-the-test-z",
                    headers: [.contentType: "text/csv"], body: Array(text.utf8))
            }
            let (first, again) = (try await post(scene.base), try await post(scene.base))
            #expect(first.status == .created && again.body == first.body)
            #expect(try await post(scene.commune).problem == "idempotency-key-reused")
        }
    }

    @Test("a file larger than a common body is taken in, up to a limit of its own")
    func large() async throws {
        let wide = Self.file((1...30).map { ("DP26110000", "\($0)", 7_000, 0) })
            .replacing("Type\n", with: "Type,Note\n")
            .replacing("PAY\n", with: "PAY,\(String(repeating: "x", count: 50_000))\n")
        try await DuesScene.run { scene in
            let answer = try await Self.post(wide, scene)
            #expect(answer.status == .created)
        }
        try await DuesScene.run(["dues.settlement.maximumBytes": "1048576"]) { scene in
            let answer = try await Self.post(wide, scene)
            #expect(answer.status == .contentTooLarge)
            #expect(answer.problem == "body-too-large")
            #expect(try await scene.count("SELECT count(*) FROM settlement_files") == 0)
        }
    }
}
