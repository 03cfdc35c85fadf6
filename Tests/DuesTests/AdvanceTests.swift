import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Dues

@Suite("Money paid ahead")
struct AdvanceTests {
    /// What is left in an account, by its owner.
    private func balance(
        _ account: AccountKind, of owner: OrganizationID, _ scene: DuesScene
    ) async throws -> Int {
        try await scene.count(
            """
            SELECT coalesce(sum(CASE WHEN debit = \(account.rawValue) AND debit_owner = \(owner) THEN amount ELSE 0 END
                - CASE WHEN credit = \(account.rawValue) AND credit_owner = \(owner) THEN amount ELSE 0 END), 0)::bigint
            FROM ledger_postings
            """)
    }

    @Test("an assessment that meets a payment not yet committed waits for it and uses it")
    func paymentFirst() async throws {
        try await DuesScene.run { scene in
            let order = try await scene.order(try await scene.member())
            _ = try await scene.service.call(
                .post, "/v1/assessment-runs", token: try await scene.service.operatorToken(),
                key: "key-of-the-test-run", json: #"{"month": "2026-11"}"#)
            let callback = GatewayCallback(
                gateway: "vnpay", reference: order.reference, amount: Dong(order.total), outcome: .paid,
                transaction: "1", paidAt: nil, code: "00/00")
            let run = try await scene.pool.transaction { transaction in
                let reference = try PaymentReference(typed: order.reference)
                var locked = try await LockedOrders.lock([reference], in: transaction)
                let context = scene.kit.eventContext()
                var booking = OrderBooking(
                    now: context.now, ids: scene.kit.ids, outbox: scene.kit.outbox, context: context)
                var found = locked[reference]
                let decision = CallbackDecision.decide(callback, on: &found, &locked.open)
                var paid = try #require(found)
                _ = try booking.book(decision, callback, on: &paid, source: .callback)
                _ = try await transaction.pipeline(booking.statements)
                let ended = Ended()
                let run = Task {
                    defer { ended.now() }
                    try await scene.parts.runner.drain()
                }
                let backend = try await scene.backend(of: transaction)
                try await eventually("the run waits, or has gone past") {
                    try await scene.waiting(for: backend) > 0 || ended.isSo
                }
                return run
            }
            try await run.value
            #expect(try await scene.count("SELECT count(*) FROM advances WHERE used = amount") == 1)
            #expect(try await scene.count("SELECT count(*) FROM assessments WHERE paid = amount") == 1)
            #expect(try await scene.balances() == ["assessed-dues": 15_930, "gateway-clearing": 15_930])
            try await scene.expectBooksToAgree()
        }
    }

    @Test("a payment that meets an assessment not yet committed waits for it and pays it")
    func assessmentFirst() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            // So that there is a standing whose lock holds the next run up.
            try await scene.assess("2026-10")
            let order = try await scene.order(member)
            let done = try await scene.pool.transaction { transaction in
                try await transaction.execute("SELECT FROM standings FOR UPDATE")
                let backend = try await scene.backend(of: transaction)
                let run = Task { try await scene.assess("2026-11") }
                try await eventually("the run waits for the standing") {
                    try await scene.waiting(for: backend) == 1
                }
                let ended = Ended()
                let payment = Task {
                    defer { ended.now() }
                    return try await scene.pay(order)
                }
                try await eventually("the payment waits, or has gone past") {
                    try await scene.count(
                        """
                        SELECT count(*) FROM pg_stat_activity a, pg_stat_activity b
                        WHERE \(backend) = ANY (pg_blocking_pids(b.pid)) AND b.pid = ANY (pg_blocking_pids(a.pid))
                        """) > 0 || ended.isSo
                }
                return (run, payment)
            }
            _ = try await done.0.value
            #expect(try await done.1.value == "00")
            #expect(try await scene.count("SELECT count(*) FROM advances") == 0)
            #expect(
                try await scene.count("SELECT count(*) FROM assessments WHERE month = '2026-11' AND paid = amount") == 1
            )
            try await scene.expectBooksToAgree()
        }
    }

    @Test("a run uses what an earlier one left over, although no amount changed")
    func leftOver() async throws {
        try await DuesScene.run(["dues.assessment.chunk": "2"]) { scene in
            let member = try await scene.member()
            for _ in 0..<4 { try await scene.member() }
            let order = try await scene.order(member)
            try await scene.assess()
            #expect(try await scene.pay(order) == "00")
            // As if payment and assessment had missed each other.
            try await scene.pool.execute("UPDATE assessments SET paid = 0 WHERE member_id = \(member)")
            try await scene.pool.execute(
                """
                INSERT INTO advances (payment_id, member_id, month, cell_id, amount)
                SELECT payment_id, \(member), '2026-11', \(scene.cell), amount FROM payments
                """)
            #expect(try await scene.assess().changed == 0)
            #expect(try await scene.count("SELECT count(*) FROM advances WHERE used = amount") == 1)
            #expect(
                try await scene.count("SELECT count(*) FROM assessments WHERE member_id = \(member) AND paid = amount")
                    == 1)
        }
    }

    @Test("a month paid ahead twice: the second payment is owed back, and a person is told of it")
    func twice() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            let (first, second) = (
                try await scene.order(member, ["2026-12"]), try await scene.order(member, ["2026-12"])
            )
            #expect(try await scene.pay(first, transaction: "1") == "00")
            #expect(try await scene.pay(second, transaction: "2") == "00")
            #expect(try await scene.balances()["advances"] == 31_860)
            try await scene.assess("2026-12")
            try await scene.expectBooksToAgree()
            #expect(
                try await scene.balances() == [
                    "gateway-clearing": 31_860, "assessed-dues": 15_930, "refunds": 15_930,
                ])
            let row = try await scene.pool.queryOne("SELECT * FROM exceptions")
            #expect(try row.get("kind", as: String.self) == "advance-surplus")
            #expect(try row.get("amount", as: Int64.self) == 15_930)
            #expect(try row.get("member_id", as: MemberID.self) == member)
            #expect(try row.get("month", as: String.self) == "2026-12")
            #expect(try row.get("order_id", as: OrderID.self) == second.orderId)
            #expect(try row.get("owner_id", as: OrganizationID.self) == scene.base)
            // Once is enough.
            try await scene.assess("2026-12")
            #expect(try await scene.count("SELECT count(*) FROM exceptions") == 1)
            #expect(try await scene.balances()["refunds"] == 15_930)
        }
    }

    @Test("an advance larger than what is then assessed: the rest is owed back, and a person is told of it")
    func tooLarge() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            #expect(try await scene.pay(try await scene.order(member, ["2026-12"])) == "00")
            try await scene.member(.student, id: member)
            try await scene.assess("2026-12")
            try await scene.expectBooksToAgree()
            #expect(
                try await scene.balances() == [
                    "gateway-clearing": 15_930, "assessed-dues": 5_000, "refunds": 10_930,
                ])
            #expect(
                try await scene.count(
                    "SELECT count(*) FROM exceptions WHERE kind = 'advance-surplus' AND amount = 10930") == 1)
        }
    }

    @Test("while the assessment is provisional the advance waits for the figure")
    func provisional() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            #expect(try await scene.pay(try await scene.order(member, ["2026-12"])) == "00")
            try await scene.member(nil, id: member)
            try await scene.assess("2026-12")
            #expect(try await scene.count("SELECT count(*) FROM assessments WHERE provisional") == 1)
            #expect(try await scene.balances()["advances"] == 15_930)
            #expect(try await scene.count("SELECT count(*) FROM exceptions") == 0)
            try await scene.member(.student, id: member)
            try await scene.assess("2026-12")
            #expect(
                try await scene.balances() == [
                    "gateway-clearing": 15_930, "assessed-dues": 5_000, "refunds": 10_930,
                ])
        }
    }

    @Test("an advance of a member who no longer owes dues is owed back")
    func nothingOwed() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            #expect(try await scene.pay(try await scene.order(member, ["2026-12"])) == "00")
            try await scene.member(state: .deceased, id: member)
            try await scene.assess("2026-12")
            #expect(try await scene.balances() == ["gateway-clearing": 15_930, "refunds": 15_930])
            #expect(
                try await scene.count(
                    "SELECT count(*) FROM exceptions WHERE kind = 'advance-surplus' AND amount = 15930") == 1)
        }
    }

    @Test("an assessment lowered below what was paid: the difference is owed back, and a person is told of it")
    func lowered() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.assess()
            #expect(try await scene.pay(try await scene.order(member)) == "00")
            try await scene.member(.student, id: member)
            try await scene.assess()
            #expect(try await scene.balances()["refunds"] == 10_930)
            #expect(
                try await scene.count(
                    """
                    SELECT count(*) FROM exceptions WHERE kind = 'assessment-lowered' AND amount = 10930
                        AND member_id = \(member) AND month = '2026-11' AND owner_id = \(scene.cell)
                    """) == 1)
        }
    }

    @Test("an advance pays the cell that assessed the month, not the one in which the member was when he paid")
    func moved() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member(.student)
            let order = try await scene.order(member, ["2026-12"])
            #expect(try await scene.pay(order) == "00")
            try await scene.member(.student, cell: scene.otherCell, id: member)
            try await scene.assess("2026-12")
            try await scene.expectBooksToAgree()
            for cell in [scene.cell, scene.otherCell] {
                #expect(try await balance(.memberReceivable, of: cell, scene) == 0)
                #expect(try await balance(.advances, of: cell, scene) == 0)
            }
        }
    }
}
