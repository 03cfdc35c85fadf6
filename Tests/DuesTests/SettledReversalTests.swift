import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Dues

@Suite("What settlement files take back")
struct SettledReversalTests {
    @Test(
        "the line of a refund is matched with it, by its number or by order and amount; bank, fees and clearing agree",
        arguments: [SettledFile.vnpay, .portal], ["number", "gateway", "payment"])
    func refund(file: SettledFile, named: String) async throws {
        FaultRecord.note("S2", "the line of a refund of ours")
        let paper = GatewaysOnPaper()
        let gateway: GatewayUnderTest = file == .vnpay ? .vnpay : .portal
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(gateway, transaction: "GD1")
            let paid = SettledFile.Line(reference: order.reference, transaction: "GD1", gross: order.total, fee: 330)
            #expect(try await file.bring([paid], day: "2026-11-20", refunds.scene) == ["matched": 1])
            let id = try await refunds.gone(payment, amount: order.total, number: "GD99", paper, by: gateway)
            #expect(try await refunds.held() == [-order.total], "the gateway has yet to keep it back")
            let number = id.description.filter { $0 != "-" }
            let back = SettledFile.Line(
                reference: named == "number" ? number : order.reference,
                transaction: ["number": "GD5", "gateway": "GD99", "payment": "GD1"][named] ?? "", gross: order.total,
                fee: 30, isBack: true)
            #expect(try await file.bring([back], refunds.scene) == ["matched": 1])
            let balances = try await refunds.scene.balances()
            #expect(balances["gateway-clearing"] == nil && balances["refunds"] == nil)
            #expect(balances["bank"] == -300 && balances["channel-fees"] == 300)
            #expect(try await refunds.exceptions().isEmpty)
            try await refunds.expectChecks()
            // Told again the day after, with something else: nothing moves.
            #expect(try await file.bring([back], day: "2026-11-22", refunds.scene) == ["duplicate": 1])
            #expect(try await refunds.scene.balances() == balances)
        }
    }

    @Test(
        "a reversal in a file waits for two persons, who note it once; all three layouts",
        arguments: SettledFile.allCases)
    func reversed(file: SettledFile) async throws {
        FaultRecord.note("S2", "a payment taken back in the file")
        let gateway: GatewayUnderTest = file == .portal ? .portal : .vnpay
        try await RefundScene.run { refunds in
            let member = try await refunds.scene.member()
            try await refunds.scene.assess()
            let order = try await refunds.scene.order(member, gateway: gateway.rawValue)
            let came = SettledFile.Line(reference: order.reference, transaction: "GD1", gross: order.total)
            // A transfer by QR code is told by the bank alone.
            if file != .bank { _ = try await refunds.pay(order, gateway, transaction: "GD1") }
            let state = file == .bank ? "missing-callback" : "matched"
            #expect(try await file.bring([came], day: "2026-11-20", refunds.scene) == [state: 1])
            let payment: String = try await refunds.scene.pool.queryOne("SELECT payment_id::text FROM payments")
                .get(at: 0)
            let back = SettledFile.Line(
                reference: order.reference, transaction: "GD1", gross: order.total, isBack: true)
            #expect(try await file.bring([back], refunds.scene) == ["reversed": 1])
            #expect(try await refunds.scene.balances()["bank"] == nil)
            #expect(try await refunds.scene.balances()["gateway-clearing"] == order.total)
            #expect(try await refunds.open(member) == 0, "a person decides")
            try await refunds.expectChecks()
            let exception = try #require(try await refunds.exceptions("reversed").first)
            #expect(try await refunds.act("confirm", on: exception).faults == ["action": "exception.confirm"])
            #expect(try await refunds.writeOff(exception).faults == ["action": "exception.reversal"])
            let onTop = try await refunds.ask(payment, #"{"kind":"payment","reason":"x"}"#)
            #expect(onTop.faults == ["kind": "refund.taken-back"])
            let id = try await refunds.approved(payment, kind: "reversal")
            #expect(try await refunds.show(id).state == "succeeded")
            #expect(try await refunds.trail(exception) == ["refunded refund"])
            #expect(try await refunds.open(member) == Int(order.total))
            #expect(try await refunds.held().isEmpty)
            try await refunds.expectChecks()
            let again = try await file.bring([back], day: "2026-11-22", refunds.scene)
            #expect(again == ["duplicate": 1])
            #expect(try await refunds.held().isEmpty)
        }
    }

    @Test("a reversal moves the books once, whichever of callback, person and file comes first; a part of it too")
    func anyOrder() async throws {
        try await RefundScene.run { refunds in
            let (member, order, payment) = try await refunds.paid(.vnpay, ["2026-11"], transaction: "1")
            let file = SettledFile.vnpay
            let paid = SettledFile.Line(reference: order.reference, transaction: "1", gross: order.total)
            _ = try await file.bring([paid], day: "2026-11-20", refunds.scene)
            let nobody = try await refunds.ask(payment, #"{"kind":"reversal","reason":"x"}"#)
            #expect(nobody.faults == ["kind": "refund.no-reversal-told"])
            #expect(nobody.text.contains("thu hồi") && nobody.text.contains("took this payment back"))
            let declined = GatewayUnderTest.vnpay.callback(
                order.reference, amount: order.total, transaction: "1", .declined)
            _ = try await refunds.scene.send(declined, by: .vnpay)
            let above = try await refunds.ask(
                payment, #"{"kind":"reversal","reason":"x","amount":\#(order.total + 1)}"#)
            #expect(above.faults == ["amount": "refund.amount"])
            let wrong = try await refunds.ask(payment, #"{"kind":"payment","reason":"x","amount":5}"#)
            #expect(wrong.faults == ["amount": "refund.amount-not-asked"])
            let asked = try await refunds.ask(payment, #"{"kind":"reversal","reason":"x","amount":5000}"#)
            let refund: RefundShape = try asked.json()
            #expect(try await refunds.post("/v1/refunds/\(refund.refundId)/approval", by: refunds.second).status == .ok)
            #expect(try await refunds.open(member) == 5_000)
            #expect(try await refunds.exceptions("contradiction").isEmpty)
            // The file tells of it last: it is known already.
            let back = SettledFile.Line(reference: order.reference, transaction: "1", gross: 5_000, isBack: true)
            #expect(try await file.bring([back], refunds.scene) == ["matched": 1])
            #expect(try await refunds.held().isEmpty)
            #expect(try await refunds.scene.balances()["bank"] == order.total - 5_000)
            try await refunds.expectChecks()
        }
    }

    @Test("what a file takes back of nobody's payment is written off by two")
    func unknown() async throws {
        try await RefundScene.run { refunds in
            let lines = [SettledFile.Line(reference: "DP26110000", transaction: "7", gross: 700, isBack: true)]
            #expect(try await SettledFile.vnpay.bring(lines, refunds.scene) == ["reversed": 1])
            #expect(try await refunds.scene.balances()["unexplained"] == -700)
            let exception = try #require(try await refunds.exceptions("reversed").first)
            #expect(try await refunds.act("confirm", on: exception).status == .conflict)
            #expect(try await refunds.writeOff(exception).status == .ok)
            let balances = try await refunds.scene.balances()
            #expect(balances["unexplained"] == nil && balances["retained"] == -700 && balances["bank"] == -700)
            try await refunds.expectChecks()
        }
    }

    @Test("a minus says that money was taken back as well, and the totals add up with it")
    func minus() async throws {
        try await RefundScene.run { refunds in
            let (_, order, _) = try await refunds.paid(transaction: "1")
            func text(_ lines: [String], _ total: Int64) -> String {
                "TxnRef,TransactionNo,Amount,Fee,NetAmount,SettlementDate,Type\n"
                    + lines.map { "\(order.reference),1,\($0),2026-11-21,PAY\n" }.joined()
                    + "TOTAL,\(lines.count),\(total)\n"
            }
            let lines = ["\(order.total),330,\(order.total - 330)", "-5000,30,-5030"]
            func post(_ text: String) async throws -> TestAnswer {
                try await PortalFile.post(text, refunds.scene, gateway: "vnpay")
            }
            #expect(
                try await post(text(["5000,-30,5030"], 5_000)).faults == ["line 2, column 4": "settlement.amount"])
            #expect(
                try await post(text(lines, order.total + 5_000)).faults == [
                    "line 4, column 3": "settlement.trailer-sum"
                ])
            let answer = try await post(text(lines, order.total - 5_000))
            #expect(try answer.json(PortalFile.Summary.self).states == ["matched": 1, "reversed": 1], "\(answer.text)")
            let balances = try await refunds.scene.balances()
            #expect(balances["bank"] == order.total - 330 - 5_030 && balances["channel-fees"] == 360)
            #expect(balances["gateway-clearing"] == 5_000)
            try await refunds.expectChecks()
        }
    }
}
