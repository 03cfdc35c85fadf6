import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import TestSeed
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

    private enum Happening: CaseIterable {
        case settle, settleOther, refund, reversal, declined, watch, decide
    }

    @Test("whatever comes in whatever order: clearing never gives away what it has not, and ends at zero")
    func histories() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            var numbers = SeededGenerator(seed: SeededGenerator.seed)
            _ = try await SettledFile.vnpay.bring([], day: "2026-11-20", refunds.scene)
            for round in 1...6 {
                let (_, order, payment) = try await refunds.paid(transaction: "\(round)")
                var number = 0
                for _ in 0..<7 {
                    number += 1
                    let day = Day(containing: refunds.scene.kit.time.now).adding(days: number).text
                    let own = "\(round)00\(number)"
                    switch Happening.allCases.randomElement(using: &numbers) ?? .watch {
                    case .settle:
                        _ = try await SettledFile.vnpay.bring([line(order, "\(round)")], day: day, refunds.scene)
                    // A refund beside a line of another amount is left out: what remains of it has no exception yet.
                    case .settleOther:
                        let gone = "SELECT count(*) FROM refunds WHERE payment_id = \(PaymentID(payment))" as SQL
                        guard try await refunds.scene.count(gone) == 0 else { continue }
                        let gross = order.total + Int64.random(in: -3...3, using: &numbers) * 1_000
                        _ = try await SettledFile.vnpay.bring(
                            [line(order, "\(round)", gross)], day: day, refunds.scene)
                    case .refund:
                        let other = """
                            SELECT count(*) FROM settlement_lines
                            WHERE payment_id = \(PaymentID(payment)) AND state = 'amount-differs'
                            """ as SQL
                        guard try await refunds.scene.count(other) == 0 else { continue }
                        try await refund(payment, own, paper, refunds)
                    case .reversal:
                        let gone = "SELECT count(*) FROM refunds WHERE payment_id = \(PaymentID(payment))" as SQL
                        guard try await refunds.scene.count(gone) == 0 else { continue }
                        let gross = Int64.random(in: 1...3, using: &numbers) * 5_000
                        _ = try await SettledFile.vnpay.bring(
                            [line(order, own, gross, isBack: true)], day: day, refunds.scene)
                    case .declined:
                        let declined = GatewayUnderTest.vnpay.callback(
                            order.reference, amount: order.total, transaction: "\(round)", .declined)
                        _ = try await refunds.scene.send(declined, by: .vnpay)
                    case .watch: try await watch(refunds)
                    case .decide: try await decide(payment, refunds)
                    }
                    try await expectBounds(refunds)
                }
                try await finish(order, payment, "\(round)", refunds)
                let held = try await refunds.held()
                #expect(held.isEmpty, "round \(round), seed \(SeededGenerator.seed)")
                try await refunds.expectChecks("round \(round), seed \(SeededGenerator.seed)")
            }
        }
    }

    /// All that is left goes back through the gateway, where something is.
    private func refund(
        _ payment: String, _ number: String, _ paper: GatewaysOnPaper, _ refunds: RefundScene
    ) async throws {
        let asked = try await refunds.ask(payment, #"{"kind":"payment","reason":"x"}"#)
        guard asked.status == .created else { return }
        let refund: RefundShape = try asked.json()
        let approval = try await refunds.post("/v1/refunds/\(refund.refundId)/approval", by: refunds.second)
        #expect(approval.status == .ok, "\(approval.text)")
        let full = try await refunds.scene.count(
            "SELECT amount FROM payments WHERE payment_id = \(PaymentID(payment))")
        paper.answer { call in
            try GatewayUnderTest.vnpay.refund(
                call, .done(number), amount: refund.amount, type: Int64(full) == refund.amount ? "02" : "03")
        }
        try await refunds.scene.parts.refundWork.drain()
        #expect(try await refunds.show(refund.refundId).state == "succeeded")
    }

    /// Every open exception is dealt with in one of the ways that it takes.
    private func decide(_ payment: String, _ refunds: RefundScene) async throws {
        for exception in try await refunds.exceptions() {
            if try await refunds.act("confirm", on: exception).status == .ok { continue }
            if try await refunds.writeOff(exception).status == .ok { continue }
            _ = try await refunds.approvedReversal(payment)
        }
    }

    /// What is still to come comes: the file of the payment, the lines of its refunds, decisions.
    private func finish(
        _ order: DuesScene.OrderShape, _ payment: String, _ transaction: String, _ refunds: RefundScene
    ) async throws {
        var day = Day(containing: refunds.scene.kit.time.now).adding(days: 20)
        _ = try await SettledFile.vnpay.bring([line(order, transaction)], day: day.text, refunds.scene)
        try await decide(payment, refunds)
        let untold: [(String, Int64)] = try await refunds.scene.pool.query(
            """
            SELECT coalesce(gateway_transaction, refund_id::text) AS name, amount FROM refunds f
            WHERE payment_id = \(PaymentID(payment)) AND state = 'succeeded'
                AND NOT \(SettledReversals.isTold("f"))
            """
        ).map { (try $0.get("name"), try $0.get("amount")) }
        for (name, amount) in untold {
            day = day.adding(days: 1)
            _ = try await SettledFile.vnpay.bring(
                [line(order, name, amount, isBack: true)], day: day.text, refunds.scene)
        }
        try await decide(payment, refunds)
    }

    /// Below zero only by what the gateway has given back and no file has told of yet.
    private func expectBounds(_ refunds: RefundScene) async throws {
        let below = try await refunds.scene.count(
            """
            SELECT count(*) FROM payments p
            WHERE \(PaymentClearing.holds(of: "p.payment_id")) < least(0, \(SettledReversals.takenBack(of: "p.payment_id"))
                - coalesce((SELECT sum(amount) FROM refunds f
                    WHERE f.payment_id = p.payment_id AND f.state = 'succeeded'), 0))
            """)
        #expect(below == 0, "seed \(SeededGenerator.seed)")
        try await refunds.expectChecks("seed \(SeededGenerator.seed)")
    }
}

extension RefundScene {
    /// The reversal that a file or a callback told of, noted by two persons where something is left to note.
    fileprivate func approvedReversal(_ payment: String) async throws -> Bool {
        let asked = try await ask(payment, #"{"kind":"reversal","reason":"x"}"#)
        guard asked.status == .created else { return false }
        let refund: RefundShape = try asked.json()
        return try await post("/v1/refunds/\(refund.refundId)/approval", by: second).status == .ok
    }
}
