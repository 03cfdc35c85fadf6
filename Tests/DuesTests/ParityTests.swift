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

@Suite("Orders, payments, ledger and events are compared")
struct ParityTests {
    struct Plant: Sendable, CustomTestStringConvertible {
        let kind: Parity.Kind
        let table: String
        let statement: @Sendable (DuesScene, PaymentID) -> SQL
        /// The expected and the found amount of the first difference.
        let amounts: (Int64, Int64)

        var testDescription: String { "\(kind.rawValue) in \(table)" }
    }

    static let plants: [Plant] = [
        Plant(
            kind: .orderWithoutPayment, table: "payment_orders",
            statement: { _, _ in "UPDATE payment_orders SET state = 'paid' WHERE state = 'open'" },
            amounts: (15_930, 0)),
        Plant(
            kind: .paymentWithoutOrder, table: "payment_orders",
            statement: { _, id in
                """
                WITH paid AS (SELECT order_id FROM payments WHERE payment_id = \(id)),
                    lines AS (DELETE FROM order_lines WHERE order_id IN (SELECT order_id FROM paid))
                DELETE FROM payment_orders WHERE order_id IN (SELECT order_id FROM paid)
                """
            }, amounts: (15_930, 0)),
        Plant(
            kind: .paymentOfUnpaidOrder, table: "payment_orders",
            statement: { _, id in
                """
                UPDATE payment_orders SET state = 'expired'
                WHERE order_id = (SELECT order_id FROM payments WHERE payment_id = \(id))
                """
            }, amounts: (15_930, 15_930)),
        Plant(
            kind: .paymentAmountDiffers, table: "payments",
            statement: { _, id in "UPDATE payments SET amount = amount + 7 WHERE payment_id = \(id)" },
            amounts: (15_937, 15_930)),
        Plant(
            kind: .paymentWithoutPosting, table: "ledger_postings",
            statement: { _, id in "DELETE FROM ledger_postings WHERE payment_id = \(id)" }, amounts: (15_930, 0)),
        Plant(
            kind: .postingWithoutPayment, table: "ledger_postings",
            statement: { scene, _ in scene.posting() }, amounts: (1_000, 0)),
        Plant(
            kind: .postingAmountDiffers, table: "ledger_postings",
            statement: { scene, id in scene.posting(payment: id) }, amounts: (15_930, 16_930)),
        Plant(
            kind: .postingAmountDiffers, table: "ledger_postings",
            statement: { _, id in "UPDATE ledger_postings SET amount = amount - 1 WHERE payment_id = \(id)" },
            amounts: (15_930, 15_929)),
        Plant(
            kind: .surplusPostingDiffers, table: "ledger_postings",
            statement: { _, id in "UPDATE ledger_postings SET credit = 'refunds' WHERE payment_id = \(id)" },
            amounts: (0, 15_930)),
        Plant(
            kind: .eventMissing, table: "outbox",
            statement: { _, id in
                """
                DELETE FROM outbox WHERE type = \(PaymentReceived.type)
                    AND key = (SELECT order_id FROM payments WHERE payment_id = \(id))
                """
            }, amounts: (15_930, 0)),
        Plant(
            kind: .eventBlocked, table: "relay_blocked",
            statement: { _, id in
                """
                INSERT INTO relay_blocked (shard, topic, key, seq)
                SELECT shard, topic, key, seq FROM outbox WHERE type = \(PaymentReceived.type)
                    AND key = (SELECT order_id FROM payments WHERE payment_id = \(id))
                """
            }, amounts: (15_930, 0)),
    ]

    private struct Found: Decodable {
        let items: [Parity.Difference]
    }

    private func compare(_ scene: DuesScene) async throws -> [Parity.Difference] {
        try await scene.post("/v1/parity-checks", #"{"month": "2026-11"}"#).json(Found.self).items
    }

    @Test("each kind of difference is named, with its order or payment and both amounts", arguments: plants)
    func planted(plant: Plant) async throws {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        let chosen = Int.random(in: 0..<5, using: &random)
        try await DuesScene.run { scene in
            for number in 0..<5 { try await scene.paidMember(transaction: "\(number + 1)") }
            _ = try await scene.order(try await scene.member())
            #expect(try await compare(scene).isEmpty)
            let row = try await scene.pool.queryOne(
                "SELECT payment_id FROM payments ORDER BY payment_id OFFSET \(chosen) LIMIT 1")
            let payment: PaymentID = try row.get("payment_id")
            try await scene.tamper(plant.table, plant.statement(scene, payment))
            let first = try #require(try await compare(scene).first)
            #expect(first.kind == plant.kind && first.differences == 1)
            #expect(first.expected.amount == plant.amounts.0 && first.found.amount == plant.amounts.1)
            switch plant.kind {
            case .orderWithoutPayment: #expect(first.orderId != nil && first.paymentId == nil)
            case .postingWithoutPayment: #expect(first.postingId != nil && first.paymentId == nil)
            default: #expect(first.paymentId == payment)
            }
        }
    }

    @Test("overpayments, second payments, advances and failures are no differences")
    func histories() async throws {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        let steps = (0..<40).map { _ in
            (Int.random(in: 0..<6, using: &random), Int.random(in: 0..<1_000, using: &random))
        }
        try await DuesScene.run { scene in
            var orders: [DuesScene.OrderShape] = []
            for (number, (step, pick)) in steps.enumerated() {
                switch (step, orders.isEmpty ? nil : orders[pick % orders.count]) {
                case (0, _), (_, nil):
                    let member = try await scene.member(cell: pick.isMultiple(of: 2) ? scene.cell : scene.otherCell)
                    orders.append(try await scene.order(member, ["2026-11", "2026-12"]))
                    orders.append(try await scene.order(member, ["2026-11"]))
                case (1, .some(let chosen)), (2, .some(let chosen)), (3, .some(let chosen)):
                    _ = try await scene.pay(chosen, transaction: "\(100 + number % 7)")
                case (4, .some(let chosen)):
                    _ = try await scene.callBack(
                        DuesScene.query(
                            chosen.reference, amount: chosen.total, transaction: "\(200 + number)",
                            response: "24", status: "02"))
                default: try await scene.assess()
                }
                let differences = try await compare(scene)
                #expect(differences.isEmpty, "\(number): \(differences)")
            }
            #expect(try await scene.count("SELECT count(*) FROM payment_orders") > 0)
        }
    }

    @Test("the watch goes through the time once, names what differs, and forgets it after the repair")
    func watch() async throws {
        HosoMetricsFactory.start()
        try await DuesScene.run { scene in
            try await scene.paidMember(transaction: "1")
            let watch = ParityWatch(kit: scene.kit)
            let ready = try await scene.service.call(.get, "/health/ready").text
            try await scene.tamper("ledger_postings", scene.posting())
            scene.clock?.advance(by: 7_200)
            try await watch.run()
            #expect(try await scene.count("SELECT count(*) FROM parity_findings") == 1)
            func counted() async throws -> String {
                let text = try await scene.service.call(.get, "/metrics").text
                let line = text.split(separator: "\n").first {
                    $0.contains(#"dues_parity_differences{kind="posting-without-payment""#)
                }
                return line.map { String($0.suffix(2)) } ?? ""
            }
            #expect(try await counted() == " 1")
            #expect(try await watch.step() == false)
            #expect(try await scene.service.call(.get, "/health/ready").text == ready)
            let listed = try await scene.get("/v1/parity-checks").json(Found.self).items
            #expect(listed.map(\.kind) == [.postingWithoutPayment])
            try await scene.tamper(
                "ledger_postings", "DELETE FROM ledger_postings WHERE payment_id IS NULL AND cause = 'payment'")
            #expect(try await compare(scene).isEmpty)
            try await watch.run()
            #expect(try await counted() == " 0")
        }
    }

    @Test("only operators compare; a month that is none is told")
    func access() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.service.token(member: try await scene.member())
            for path in ["/v1/parity-checks", "/v1/month-closes", "/v1/month-closes/2026-11/checks"] {
                #expect(try await scene.service.call(.get, path, token: member).status == .forbidden)
            }
            for path in ["/v1/parity-checks", "/v1/month-closes"] {
                let wrong = try await scene.post(path, #"{"month": "2026-13"}"#)
                #expect(wrong.status == .unprocessableContent)
                #expect(wrong.faults == ["month": "dues-month.form"])
                let refused = try await scene.service.call(
                    .post, path, token: member, key: UUID().uuidString, json: #"{"month": "2026-11"}"#)
                #expect(refused.status == .forbidden)
            }
            #expect(try await scene.get("/v1/month-closes/2026-13/checks").status == .notFound)
        }
    }
}
