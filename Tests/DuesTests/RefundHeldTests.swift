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

@Suite("Refunds and what gateways take back")
struct RefundHeldTests {
    private static let reversal = #"{"kind":"reversal","reason":"Cổng thu hồi"}"#

    /// A payment that a file has settled.
    private func settled(
        _ refunds: RefundScene, _ gateway: GatewayUnderTest = .vnpay
    ) async throws -> (member: MemberID, order: DuesScene.OrderShape, payment: String) {
        let (member, order, payment) = try await refunds.paid(gateway, transaction: "1")
        let line = SettledFile.Line(reference: order.reference, transaction: "1", gross: order.total)
        let file: SettledFile = gateway == .portal ? .portal : .vnpay
        #expect(try await file.bring([line], day: "2026-11-20", refunds.scene) == ["matched": 1])
        return (member, order, payment)
    }

    private func back(_ order: DuesScene.OrderShape, _ transaction: String = "1", _ gross: Int64? = nil)
        -> SettledFile.Line
    {
        SettledFile.Line(
            reference: order.reference, transaction: transaction, gross: gross ?? order.total, isBack: true)
    }

    @Test("a refund asked for before a file tells of a reversal is not approved; the reversal is noted instead")
    func beforeApproval() async throws {
        FaultRecord.note("S2", "a refund asked for, then the payment taken back")
        try await RefundScene.run { refunds in
            let (member, order, payment) = try await settled(refunds)
            let asked: RefundShape = try await refunds.ask(payment, #"{"kind":"payment","reason":"x"}"#).json()
            #expect(try await SettledFile.vnpay.bring([back(order)], refunds.scene) == ["reversed": 1])
            let approval = try await refunds.post("/v1/refunds/\(asked.refundId)/approval", by: refunds.second)
            #expect(approval.status == .conflict, "\(approval.text)")
            #expect(approval.faults == ["kind": "refund.taken-back"])
            #expect(try await refunds.show(asked.refundId).state == "requested")
            #expect(try await refunds.open(member) == 0)
            let rejection = try await refunds.post(
                "/v1/refunds/\(asked.refundId)/rejection", #"{"reason":"Đã bị thu hồi"}"#, by: refunds.second)
            #expect(rejection.status == .ok)
            _ = try await refunds.approved(payment, kind: "reversal")
            #expect(try await refunds.held().isEmpty)
            #expect(try await refunds.exceptions().isEmpty)
            try await refunds.expectChecks()
        }
    }

    @Test("a refund that was approved before a file tells of a reversal is not sent: it ends, and its months stay paid")
    func beforeSending() async throws {
        FaultRecord.note("S2", "a refund approved, then the payment taken back")
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await settled(refunds)
            let id = try await refunds.approved(payment)
            #expect(try await SettledFile.vnpay.bring([back(order)], refunds.scene) == ["reversed": 1])
            try await refunds.scene.parts.refundWork.drain()
            #expect(paper.calls.isEmpty)
            #expect(try await refunds.show(id).state == "withdrawn")
            let reason: String = try await refunds.scene.pool.queryOne(
                "SELECT ended_reason FROM refunds WHERE ended_by IS NULL"
            ).get(at: 0)
            #expect(reason.contains("thu hồi"))
            #expect(try await refunds.open(member) == 0)
            #expect(try await refunds.exceptions("reversed").count == 1)
            _ = try await refunds.approved(payment, kind: "reversal")
            #expect(try await refunds.open(member) == Int(order.total))
            #expect(try await refunds.held().isEmpty)
            try await refunds.expectChecks()
        }
    }

    @Test("what was sent is not sent again once a file tells of money taken back: a person says whether it is it")
    func beforeSendingAgain() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await settled(refunds, .portal)
            let id = try await refunds.approved(payment)
            let work = refunds.scene.parts.refundWork
            try await work.drain()
            paper.answer { try GatewayUnderTest.portal.refund($0, .neverHeard, amount: order.total) }
            refunds.scene.clock?.advance(by: 7_200)
            #expect(try await work.step())
            #expect(try await refunds.show(id).state == "approved")
            #expect(try await SettledFile.portal.bring([back(order)], refunds.scene) == ["reversed": 1])
            let noted = try await refunds.ask(payment, Self.reversal)
            #expect(noted.faults == ["kind": "refund.reversal-noted"], "\(noted.text)")
            try await work.drain()
            #expect(paper.calls.filter { $0.url.hasSuffix("/refund") }.count == 1)
            #expect(try await refunds.show(id).state == "unknown")
            let outcome = try await refunds.post(
                "/v1/refunds/\(id)/outcome", #"{"moneyHasGone":true,"reason":"Sao kê"}"#, by: refunds.second)
            #expect(outcome.status == .ok, "\(outcome.text)")
            #expect(try await refunds.exceptions().isEmpty)
            #expect(try await refunds.held().isEmpty)
            try await refunds.expectChecks()
        }
    }

    @Test(
        "a line with our number of a refund that nobody answered about is that refund, whatever is said afterwards",
        arguments: [true, false])
    func sentIsTold(hasGone: Bool) async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await settled(refunds, .portal)
            let id = try await refunds.approved(payment)
            try await refunds.scene.parts.refundWork.drain()
            #expect(try await refunds.show(id).state == "unknown")
            let line = back(order, id.description.filter { $0 != "-" })
            #expect(try await SettledFile.portal.bring([line], refunds.scene) == ["matched": 1])
            #expect(try await refunds.exceptions().isEmpty)
            try await refunds.expectChecks()
            paper.answer {
                try GatewayUnderTest.portal.refund($0, hasGone ? .done("99") : .refused, amount: order.total)
            }
            refunds.scene.clock?.advance(by: 7_200)
            try await refunds.scene.parts.refundWork.drain()
            #expect(try await refunds.show(id).state == (hasGone ? "succeeded" : "failed"))
            #expect(try await refunds.exceptions("refund-contradiction").count == (hasGone ? 0 : 1))
            if hasGone { #expect(try await refunds.held().isEmpty) }
        }
    }

    @Test("of a reversal that files tell no more is noted than they tell, by one of those who note it at once")
    func noted() async throws {
        try await RefundScene.run { refunds in
            let (member, order, payment) = try await settled(refunds)
            #expect(try await SettledFile.vnpay.bring([back(order, "1", 5_000)], refunds.scene) == ["reversed": 1])
            let above = try await refunds.ask(payment, #"{"kind":"reversal","reason":"x","amount":5001}"#)
            #expect(above.faults == ["amount": "refund.above-told"])
            #expect(above.text.contains("được báo") && above.text.contains("were told"))
            let answers = try await withThrowingTaskGroup(of: TestAnswer.self) { group in
                for officer in [refunds.first, refunds.second, refunds.first, refunds.second] {
                    group.addTask { try await refunds.ask(payment, Self.reversal, by: officer) }
                }
                return try await group.reduce(into: [TestAnswer]()) { $0.append($1) }
            }
            let created = try answers.filter { $0.status == .created }.map { try $0.json(RefundShape.self) }
            #expect(created.map(\.amount) == [5_000])
            #expect(answers.filter { $0.faults == ["kind": "refund.reversal-noted"] }.count == 3)
            let id = try #require(created.first).refundId
            // Whoever of the two asked does not decide.
            var approvals: [HTTPResponse.Status] = []
            for officer in [refunds.first, refunds.second] {
                approvals.append(try await refunds.post("/v1/refunds/\(id)/approval", by: officer).status)
            }
            #expect(approvals.filter { $0 == .ok }.count == 1)
            #expect(try await refunds.open(member) == 5_000)
            #expect(try await refunds.held().isEmpty)
            try await refunds.expectChecks()
        }
    }

    @Test("a reversal that nobody tells of any more is not approved")
    func toldNoMore() async throws {
        try await RefundScene.run { refunds in
            let (member, order, payment) = try await settled(refunds)
            let declined = GatewayUnderTest.vnpay.callback(
                order.reference, amount: order.total, transaction: "1", .declined)
            _ = try await refunds.scene.send(declined, by: .vnpay)
            let asked: RefundShape = try await refunds.ask(payment, Self.reversal).json()
            let contradiction = try #require(try await refunds.exceptions("contradiction").first)
            #expect(try await refunds.act("confirm", on: contradiction).status == .ok)
            let approval = try await refunds.post("/v1/refunds/\(asked.refundId)/approval", by: refunds.second)
            #expect(approval.status == .conflict && approval.faults == ["kind": "refund.no-reversal-told"])
            #expect(try await refunds.open(member) == 0)
        }
    }

    @Test("a bank's line about a refund does not make the payment the bank's")
    func bankTells() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid(.vnpay, ["2026-11", "2026-12"], transaction: "1")
            let line = #"{"memberId":"\#(member)","month":"2026-12"}"#
            _ = try await refunds.gone(payment, kind: "lines", lines: line, amount: 15_930, paper)
            let told = try await SettledFile.bank.bring([back(order, "99", 15_930)], refunds.scene)
            #expect(told == ["matched": 1])
            let rest = try await refunds.ask(payment, #"{"kind":"payment","reason":"x"}"#)
            #expect(rest.status == .created, "\(rest.text)")
        }
    }

    @Test("two equal refunds under the payment's own transaction: each line tells of one, and told again of none")
    func twoEqual() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid(.vnpay, ["2026-11", "2026-12"], transaction: "1")
            let paid = SettledFile.Line(reference: order.reference, transaction: "1", gross: order.total)
            _ = try await SettledFile.vnpay.bring([paid], day: "2026-11-20", refunds.scene)
            for (month, number) in [("2026-12", "98"), ("2026-11", "99")] {
                let line = #"{"memberId":"\#(member)","month":"\#(month)"}"#
                _ = try await refunds.gone(
                    payment, kind: "lines", lines: line, amount: 15_930, number: number, paper)
            }
            let line = back(order, "1", 15_930)
            #expect(try await SettledFile.vnpay.bring([line, line], refunds.scene) == ["matched": 2])
            let named = try await refunds.scene.count(
                "SELECT count(DISTINCT refund_id) FROM settlement_lines WHERE reversal")
            #expect(named == 2)
            #expect(try await refunds.held().isEmpty)
            try await refunds.expectChecks()
            let again = try await SettledFile.vnpay.bring([line, line], day: "2026-11-22", refunds.scene)
            #expect(again == ["duplicate": 2])
            #expect(try await refunds.held().isEmpty)
        }
    }

    @Test("what clearing holds of a payment is read from the month of its confirmation on")
    func laterMonths() async throws {
        try await RefundScene.run { refunds in
            let (_, order, payment) = try await refunds.paid(transaction: "1")
            let pool = refunds.scene.pool
            try await pool.execute(
                "SELECT ensure_month_partition('ledger_postings'::regclass, 'posted_at', '2026-03-01'::date)")
            let read = "SELECT \(PaymentClearing.holds(of: "\(PaymentID(payment))"))" as SQL
            let held: Int64 = try await pool.queryOne(read).get(at: 0)
            #expect(held == order.total)
            let plan: [String] = try await pool.query(
                "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) \(read)"
            ).map { try $0.get(at: 0) }
            let scans = plan.filter { $0.contains("Scan") }
            #expect(scans.contains { $0.contains("ledger_postings_202611") && !$0.contains("never executed") })
            let early = scans.filter { $0.contains("202603") }
            #expect(early.allSatisfy { $0.contains("never executed") }, "\(plan)")
        }
    }

    @Test("an import that meets another transaction crosswise is done again as a whole")
    func crosswise() async throws {
        FaultRecord.note("S2", "an import and another transaction that wait for each other")
        try await RefundScene.run { refunds in
            let (member, order, _) = try await refunds.paid(transaction: "1")
            let pool = refunds.scene.pool
            let line = SettledFile.Line(reference: order.reference, transaction: "1", gross: order.total)
            let states = try await withThrowingTaskGroup(of: [String: Int].self) { group in
                // Whoever has the month and wants the order; the import has the order and wants the month.
                _ = try? await pool.transaction { other in
                    let backend = try await refunds.scene.backend(of: other)
                    try await other.execute("SELECT FROM assessments WHERE member_id = \(member) FOR UPDATE")
                    group.addTask { try await SettledFile.vnpay.bring([line], day: "2026-11-20", refunds.scene) }
                    try await eventually("the import waits") { try await refunds.scene.waiting(for: backend) == 1 }
                    try await other.execute("SELECT FROM payment_orders FOR UPDATE")
                }
                return try await group.reduce(into: [String: Int]()) { $0 = $1 }
            }
            #expect(states == ["matched": 1])
            try await refunds.expectChecks()
        }
    }
}
