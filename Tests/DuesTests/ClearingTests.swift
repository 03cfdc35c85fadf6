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

@Suite("What clearing holds of a payment")
struct ClearingTests {
    private func line(
        _ order: DuesScene.OrderShape, _ transaction: String, _ gross: Int64? = nil, fee: Int64 = 0,
        isBack: Bool = false
    ) -> SettledFile.Line {
        SettledFile.Line(
            reference: order.reference, transaction: transaction, gross: gross ?? order.total, fee: fee, isBack: isBack)
    }

    /// Days go by, until what no file settled is noticed.
    private func watch(_ refunds: RefundScene) async throws {
        refunds.scene.clock?.advance(by: 4 * 86_400)
        try await refunds.scene.parts.settlementWatch.run()
    }

    @Test("what one write-off took is not there for another, nor for whoever approves after a refund was asked for")
    func writeOffs() async throws {
        try await RefundScene.run { refunds in
            let (_, order, payment) = try await refunds.paid(transaction: "1")
            #expect(try await SettledFile.vnpay.bring([], day: "2026-11-20", refunds.scene).isEmpty)
            try await watch(refunds)
            let missing = try #require(try await refunds.exceptions("missing-settlement").first)
            #expect(try await refunds.act("write-off", on: missing).status == .ok)
            // Meanwhile all of it is asked back.
            let asked = try await refunds.ask(payment, #"{"kind":"payment","reason":"x"}"#)
            let refund: RefundShape = try asked.json()
            let late = try await refunds.act("approve-write-off", on: missing, by: refunds.second)
            #expect(late.faults == ["action": "exception.nothing-to-write-off"])
            #expect(late.text.contains("xóa sổ") && late.text.contains("none any more"))
            let rejection = try await refunds.post(
                "/v1/refunds/\(refund.refundId)/rejection", #"{"reason":"x"}"#, by: refunds.second)
            #expect(rejection.status == .ok)
            #expect(try await refunds.act("approve-write-off", on: missing, by: refunds.second).status == .ok)
            #expect(try await refunds.held().isEmpty)
            #expect(try await refunds.scene.balances()["retained"] == -order.total)
            try await refunds.expectChecks()
            // A file after all: the write-off is undone, and the money is where it is.
            #expect(
                try await SettledFile.vnpay.bring([line(order, "1", fee: 330)], day: "2026-11-24", refunds.scene)
                    == ["matched": 1])
            let balances = try await refunds.scene.balances()
            #expect(balances["retained"] == nil && balances["bank"] == order.total - 330)
            #expect(try await refunds.held().isEmpty)
            #expect(
                try await refunds.trail(missing).suffix(2)
                    == ["approve-write-off \(refunds.second)", "came settlement"])
            try await refunds.expectChecks()
        }
    }

    @Test("a line of another amount after a write-off: the payment waits again, and is settled or written off once")
    func differsAfterWriteOff() async throws {
        try await RefundScene.run { refunds in
            let (_, order, _) = try await refunds.paid(transaction: "1")
            _ = try await SettledFile.vnpay.bring([], day: "2026-11-20", refunds.scene)
            try await watch(refunds)
            let missing = try #require(try await refunds.exceptions("missing-settlement").first)
            #expect(try await refunds.writeOff(missing).status == .ok)
            let states = try await SettledFile.vnpay.bring([line(order, "1", 10_000)], day: "2026-11-24", refunds.scene)
            #expect(states == ["amount-differs": 1])
            #expect(try await refunds.held() == [order.total])
            let differs = try #require(try await refunds.exceptions("amount-differs").first)
            #expect(try await refunds.writeOff(differs).status == .ok)
            #expect(try await refunds.held().isEmpty)
            #expect(try await refunds.scene.balances()["retained"] == 10_000 - order.total)
            try await refunds.expectChecks()
        }
    }

    @Test("a payment that was given back before its settlement is not missed, and what was raised ends; looked at once")
    func refundedBefore() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            _ = try await SettledFile.vnpay.bring([], day: "2026-11-20", refunds.scene)
            let (_, order, payment) = try await refunds.paid(transaction: "1")
            _ = try await refunds.gone(payment, amount: order.total, paper)
            let (_, other, second) = try await refunds.paid(transaction: "2")
            try await watch(refunds)
            #expect(try await refunds.exceptions("missing-settlement").count == 1)
            let missing = try #require(try await refunds.exceptions().first)
            _ = try await refunds.gone(second, amount: other.total, number: "98", paper)
            #expect(try await refunds.exceptions().isEmpty)
            #expect(try await refunds.trail(missing) == ["refunded refund"])
            try await refunds.expectChecks()
            // What was looked at is not looked at again.
            try await refunds.scene.pool.execute(
                refunds.scene.posting(
                    cause: "reversal", debit: "gateway-clearing", credit: "bank", payment: PaymentID(second)))
            try await refunds.scene.parts.settlementWatch.run()
            #expect(try await refunds.exceptions().isEmpty)
        }
    }

    @Test("one process looks at a time")
    func oneWatch() async throws {
        try await RefundScene.run { refunds in
            _ = try await refunds.paid(transaction: "1")
            _ = try await SettledFile.vnpay.bring([], day: "2026-11-20", refunds.scene)
            refunds.scene.clock?.advance(by: 4 * 86_400)
            try await refunds.scene.pool.execute(
                "INSERT INTO settlement_watch (gateway, looked_through) VALUES ('vnpay', '2026-11-01')")
            try await refunds.scene.pool.transaction { other in
                try await other.execute("SELECT FROM settlement_watch FOR UPDATE")
                try await refunds.scene.parts.settlementWatch.run()
            }
            #expect(try await refunds.exceptions().isEmpty)
            try await refunds.scene.parts.settlementWatch.run()
            #expect(try await refunds.exceptions("missing-settlement").count == 1)
        }
    }

    @Test("what was settled above a payment is owed back once confirmed, and goes back; then nothing is left")
    func surplus() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid(transaction: "1")
            let more = order.total + 20_000
            _ = try await SettledFile.vnpay.bring([line(order, "1", more)], day: "2026-11-20", refunds.scene)
            let differs = try #require(try await refunds.exceptions("amount-differs").first)
            #expect(try await refunds.act("confirm", on: differs).status == .ok)
            #expect(try await refunds.scene.balances()["refunds"] == 20_000)
            let owed = try #require(try await refunds.exceptions("overpaid").first)
            _ = try await refunds.gone(payment, kind: "overpayment", amount: 20_000, paper)
            #expect(try await refunds.trail(owed) == ["refunded refund"])
            #expect(try await refunds.open(member) == 0)
            let again = try await refunds.ask(payment, #"{"kind":"overpayment","reason":"x"}"#)
            #expect(again.faults == ["kind": "refund.nothing-left"])
            _ = try await SettledFile.vnpay.bring([line(order, "99", 20_000, isBack: true)], refunds.scene)
            let balances = try await refunds.scene.balances()
            #expect(balances["refunds"] == nil && balances["bank"] == order.total)
            #expect(try await refunds.held().isEmpty)
            try await refunds.expectChecks()
        }
    }

    @Test("what a lowered assessment left over ends with its refund; a second lowering counts anew")
    func lowered() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid(transaction: "1")
            try await refunds.scene.member(.student, id: member)
            try await refunds.scene.assess()
            let raised = try #require(try await refunds.exceptions("assessment-lowered").first)
            _ = try await refunds.gone(payment, kind: "overpayment", amount: order.total - 5_000, paper)
            #expect(try await refunds.exceptions("assessment-lowered").isEmpty)
            #expect(try await refunds.trail(raised) == ["refunded refund"])
            try await refunds.scene.pool.execute("UPDATE assessments SET amount = 3000, paid = 3000")
            try await refunds.scene.pool.execute(
                """
                INSERT INTO exceptions (exception_id, kind, owner_id, member_id, month, amount, raised_at)
                VALUES (uuid_v7(now()), 'assessment-lowered', \(refunds.scene.cell), \(member), '2026-11', 2000, now())
                """)
            let second = try await refunds.ask(payment, #"{"kind":"overpayment","reason":"x"}"#)
            #expect(try second.json(RefundShape.self).amount == 2_000)
        }
    }

    @Test("money that did not come through the gateway of its order is not asked back from it")
    func cameOtherwise() async throws {
        try await RefundScene.run { refunds in
            let scene = refunds.scene
            let (member, other) = (try await scene.member(), try await scene.member())
            try await scene.assess()
            let (order, second) = (try await scene.order(member), try await scene.order(other))
            _ = try await SettledFile.bank.bring(
                [
                    line(order, "FT1"),
                    SettledFile.Line(reference: "DP26110000", transaction: "FT2", gross: second.total),
                ], refunds.scene)
            let unknown = try #require(try await refunds.exceptions("unknown-reference").first)
            let given = try await refunds.act(
                "re-assign", on: unknown, more: #", "orderReference": "\#(second.reference)""#)
            #expect(given.status == .ok, "\(given.text)")
            #expect(try await refunds.held().isEmpty)
            let payments: [String] = try await scene.pool.query("SELECT payment_id::text AS id FROM payments")
                .map { try $0.get("id") }
            #expect(payments.count == 2)
            for payment in payments {
                let answer = try await refunds.ask(payment, #"{"kind":"payment","reason":"x"}"#)
                #expect(answer.faults == ["paymentId": "refund.came-otherwise"])
                #expect(answer.text.contains("không đến qua cổng") && answer.text.contains("did not come through"))
            }
            try await refunds.expectChecks()
        }
    }

    @Test("the month's check sees what a decision or a refund moved and nobody decided")
    func checked() async throws {
        try await RefundScene.run { refunds in
            _ = try await refunds.paid(transaction: "1")
            try await refunds.expectChecks()
            for cause in ["exception", "refund"] {
                try await refunds.scene.pool.execute(
                    refunds.scene.posting(cause: cause, debit: "retained", credit: "gateway-clearing", amount: 500))
            }
            let now = refunds.scene.kit.time.now
            let checks = try await MonthChecks(month: DuesMonth(containing: now), closed: nil, now: now)
                .run(in: refunds.scene.pool)
            let clearing = try #require(checks.first { $0.name == .clearing })
            #expect(!clearing.holds && clearing.expected - clearing.found == 1_000)
        }
    }
}
