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

@Suite("Callbacks of a gateway")
struct CallbackAPITests {
    @Test("a callback becomes payment, postings and event; the same one again changes nothing")
    func twice() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.assess()
            let order = try await scene.order(member)
            #expect(order.total == 15_930)
            #expect(order.payeeOrganizationId == scene.base)
            try await scene.expectBooksToAgree()
            #expect(try await scene.pay(order) == "00")
            try await scene.expectBooksToAgree()
            let after = try await scene.balances()
            #expect(after == ["assessed-dues": 15_930, "gateway-clearing": 15_930])
            #expect(try await scene.pay(order) == "02")
            #expect(try await scene.balances() == after)
            #expect(try await scene.count("SELECT count(*) FROM payments") == 1)
            #expect(try await scene.count("SELECT count(*) FROM callbacks") == 2)
            #expect(try await scene.count("SELECT count(*) FROM callbacks WHERE answer = 'confirmed'") == 1)
            let received = try await scene.events(PaymentReceived.self)
            #expect(received.count == 1)
            #expect(received.first?.amount == Dong(15_930))
            #expect(received.first?.paidAt == RFC3339.moment(of: "2026-11-20T10:05:00+07:00"))
            #expect(try await scene.show(order, as: member).state == "paid")
        }
    }

    @Test("a hundred identical callbacks at once: one payment and a hundred right answers")
    func hundred() async throws {
        FaultRecord.note("G1", "a hundred identical callbacks at once")
        // The first settings let every callback have a transaction of its own.
        for settings in [["dues.callbacks.transactions": "4", "dues.callbacks.batch": "1"], [:]] {
            try await DuesScene.run(settings) { scene in
                let member = try await scene.member()
                try await scene.assess()
                let order = try await scene.order(member)
                let query = DuesScene.query(order.reference, amount: order.total)
                let codes = try await withThrowingTaskGroup(of: String.self) { group in
                    for _ in 0..<100 { group.addTask { try await scene.callBack(query) } }
                    return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
                }
                #expect(codes == ["00": 1, "02": 99])
                #expect(try await scene.count("SELECT count(*) FROM payments") == 1)
                #expect(try await scene.count("SELECT count(*) FROM callbacks") == 100)
                try await scene.expectBooksToAgree()
            }
        }
    }

    @Test("bad callbacks between good ones in one transaction: each gets its own answer")
    func neighbours() async throws {
        try await DuesScene.run(["dues.callbacks.transactions": "1"]) { scene in
            var orders: [DuesScene.OrderShape] = []
            for _ in 0..<10 { orders.append(try await scene.order(try await scene.member())) }
            let answers = try await withThrowingTaskGroup(of: (String, String).self) { group in
                for (index, order) in orders.enumerated() {
                    group.addTask {
                        (try await scene.pay(order, transaction: "2000\(index)"), "00")
                    }
                    group.addTask {
                        let forged = DuesScene.query(order.reference, amount: order.total, secret: "OTHER")
                        return (try await scene.callBack(forged), "97")
                    }
                    group.addTask {
                        let altered = DuesScene.query(order.reference, amount: 1, transaction: "3000\(index)")
                        return (try await scene.callBack(altered), "04")
                    }
                    group.addTask {
                        (try await scene.callBack(DuesScene.query("DP9999999\(index)", amount: 1)), "01")
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for (answer, expected) in answers { #expect(answer == expected) }
            #expect(try await scene.count("SELECT count(*) FROM payments") == 10)
            try await scene.expectBooksToAgree()
        }
    }

    @Test("forged, altered amount, unknown order, not ours: their codes, and nothing is changed")
    func refused() async throws {
        FaultRecord.note("G3", "forged callbacks, another amount, an unknown order, another merchant")
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.assess()
            let order = try await scene.order(member)
            let before = try await scene.balances()
            let good = DuesScene.query(order.reference, amount: order.total)
            #expect(try await scene.callBack(good.replacing("1593000", with: "1593001")) == "97")
            #expect(try await scene.callBack("") == "97")
            #expect(
                try await scene.callBack(DuesScene.query(order.reference, amount: order.total, secret: "X")) == "97")
            #expect(try await scene.callBack(DuesScene.query(order.reference, amount: 15_931)) == "04")
            #expect(try await scene.callBack(DuesScene.query("DP26110000", amount: 15_930)) == "01")
            #expect(try await scene.callBack(DuesScene.query("x", amount: 15_930)) == "01")
            #expect(
                try await scene.callBack(DuesScene.query(order.reference, amount: 15_930, transaction: "0")) == "99")
            #expect(try await scene.callBack("a=" + String(repeating: "x", count: 5_000)) == "97")
            #expect(try await scene.count("SELECT count(*) FROM payments") == 0)
            #expect(try await scene.count("SELECT count(*) FROM callbacks") == 8)
            #expect(
                try await scene.count("SELECT count(*) FROM exceptions WHERE kind = 'callback-amount-differs'") == 1)
            #expect(try await scene.balances() == before)
            #expect(try await scene.show(order, as: member).state == "open")
            #expect(try await scene.service.call(.get, "/v1/gateways/nobody/ipn").status == .notFound)
        }
    }

    @Test("a failed payment is acknowledged and told; success after it and after expiry is taken")
    func failureThenSuccess() async throws {
        FaultRecord.note("G5", "success after failure and after expiry")
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.assess()
            let order = try await scene.order(member)
            let declined = DuesScene.query(
                order.reference, amount: order.total, transaction: "0", response: "24", status: "02")
            #expect(try await scene.callBack(declined) == "00")
            #expect(try await scene.callBack(declined) == "02")
            #expect(try await scene.show(order, as: member).state == "failed")
            #expect(try await scene.pay(order) == "00")
            #expect(try await scene.show(order, as: member).state == "paid")
            #expect(
                try await scene.events(TopicCatalogue.payments) == [
                    PaymentOrderCreated.type, PaymentFailed.type, PaymentReceived.type,
                ])
            let late = try await scene.order(try await scene.member())
            scene.clock?.advance(by: 3_600)
            _ = try await scene.parts.expiry.step()
            #expect(try await scene.events(PaymentFailed.self).last?.reason == "expired")
            #expect(try await scene.pay(late, transaction: "77") == "00")
            try await scene.expectBooksToAgree()
        }
    }

    @Test("paid twice: the second payment is kept to be refunded, and is not counted twice")
    func overpaid() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.assess()
            let (first, second) = (try await scene.order(member), try await scene.order(member))
            #expect(try await scene.pay(first, transaction: "1") == "00")
            #expect(try await scene.pay(first, transaction: "2") == "00")
            #expect(try await scene.pay(second, transaction: "3") == "00")
            try await scene.expectBooksToAgree()
            #expect(try await scene.balances()["refunds"] == 31_860)
            #expect(try await scene.count("SELECT count(*) FROM exceptions WHERE kind = 'overpaid'") == 2)
            #expect(try await scene.events(PaymentReceived.self).map(\.overpaid) == [nil, Dong(15_930), Dong(15_930)])
        }
    }

    @Test("a callback for another merchant is kept and acknowledged: repeating it would change nothing")
    func otherMerchant() async throws {
        try await DuesScene.run { scene in
            let order = try await scene.order(try await scene.member())
            let query = DuesScene.query(order.reference, amount: order.total, merchant: "OTHER001")
            #expect(try await scene.callBack(query) == "00")
            #expect(try await scene.callBack(query) == "00")
            #expect(try await scene.count("SELECT count(*) FROM payments") == 0)
            #expect(try await scene.count("SELECT count(*) FROM callbacks WHERE reason = 'merchant'") == 2)
            let forged = DuesScene.query(order.reference, amount: order.total, secret: "X", merchant: "OTHER001")
            #expect(try await scene.callBack(forged) == "97")
        }
    }

    @Test("lines and surplus of a payment add up to what was paid, in the event and on the receipt")
    func linesAddUp() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.assess()
            let (first, both) = (
                try await scene.order(member), try await scene.order(member, ["2026-11", "2026-12"])
            )
            #expect(try await scene.pay(first, transaction: "1") == "00")
            #expect(try await scene.pay(both, transaction: "2") == "00")
            #expect(try await scene.pay(both, transaction: "3") == "00")
            try await scene.parts.receipts.drain()
            let received = try await scene.events(PaymentReceived.self)
            #expect(received.map { $0.lines.map(\.amount).sum() + ($0.overpaid ?? .zero) } == received.map(\.amount))
            #expect(received.map { $0.lines.map(\.month.text) } == [["2026-11"], ["2026-12"], []])
            let receipts = try await scene.events(ReceiptIssued.self)
            #expect(receipts.map { $0.lines.map(\.month.text) } == [["2026-11"], ["2026-12"], []])
            #expect(receipts.map { $0.lines.map(\.amount).sum() } == [Dong(15_930), Dong(15_930), .zero])
            #expect(receipts.map(\.amount) == [Dong(15_930), Dong(31_860), Dong(31_860)])
            let told = try await scene.pool.query(
                "SELECT data FROM outbox WHERE type = \(ReceiptIssued.type) ORDER BY seq"
            ).map { try ContractsJSON.decode(JSONValue.self, from: $0.get("data"))["overpaid"] }
            #expect(told == [nil, 15_930, 31_860])
        }
    }

    @Test("a forged callback holds no place among the genuine ones that wait")
    func forgedDoesNotQueue() async throws {
        let settings = ["dues.callbacks.transactions": "1", "dues.callbacks.maximumWaiting": "1"]
        try await DuesScene.run(settings) { scene in
            let (first, second) = (
                try await scene.order(try await scene.member()), try await scene.order(try await scene.member())
            )
            let answers = try await scene.pool.transaction { transaction in
                try await transaction.execute("SELECT FROM payment_orders FOR UPDATE")
                let backend: Int = try await transaction.queryOne("SELECT pg_backend_pid() AS pid").get("pid")
                func waiting() async throws -> Int {
                    try await scene.count(
                        "SELECT count(*) FROM pg_stat_activity WHERE \(backend) = ANY (pg_blocking_pids(pid))")
                }
                let blocked = Task { try await scene.pay(first, transaction: "1") }
                try await eventually("the first callback waits for its order") { try await waiting() == 1 }
                let forged = DuesScene.query(second.reference, amount: second.total, secret: "X")
                #expect(try await scene.callBack(forged) == "97")
                // Answered while the genuine one still waits, and kept.
                #expect(try await waiting() == 1)
                #expect(try await scene.count("SELECT count(*) FROM callbacks WHERE reason = 'signature'") == 1)
                return (blocked, Task { try await scene.pay(second, transaction: "2") })
            }
            #expect(try await answers.0.value == "00")
            #expect(try await answers.1.value == "00")
        }
    }
}
