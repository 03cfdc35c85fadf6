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

@Suite("Callbacks of every gateway")
struct GatewayCallbackTests {
    @Test(
        "a hundred identical callbacks at once: one payment and a hundred right answers",
        arguments: GatewayUnderTest.allCases)
    func hundred(gateway: GatewayUnderTest) async throws {
        FaultRecord.note("G1", "a hundred identical callbacks of each gateway at once")
        try await DuesScene.runWithGateways { scene in
            let member = try await scene.member()
            try await scene.assess()
            let order = try await scene.order(member, gateway: gateway.rawValue)
            let callback = gateway.callback(order.reference, amount: order.total)
            let firsts = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        let answer = try await scene.send(callback, by: gateway)
                        let isFirst = scene.says(answer, .confirmed, by: gateway)
                        #expect(isFirst || scene.says(answer, .alreadyConfirmed, by: gateway))
                        return isFirst
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(firsts == (gateway == .vnpay ? 1 : 100))
            #expect(try await scene.answers() == ["confirmed": 1, "already-confirmed": 99])
            #expect(try await scene.count("SELECT count(*) FROM payments WHERE source = 'callback'") == 1)
            try await scene.expectBooksToAgree()
        }
    }

    @Test(
        "replayed, old and from the future: told once, and what is still to come was not paid then",
        arguments: GatewayUnderTest.allCases)
    func times(gateway: GatewayUnderTest) async throws {
        FaultRecord.note("G2", "callbacks of each gateway replayed, a year old, from the future")
        try await DuesScene.runWithGateways { scene in
            for (paidAt, expected) in [
                ("20251120095500", "2025-11-20T09:55:00+07:00"), ("20261120105500", "2026-11-20T10:55:00+07:00"),
                ("20361120095500", "2026-11-20T10:00:00+07:00"),
            ] {
                let order = try await scene.order(try await scene.member(), gateway: gateway.rawValue)
                let callback = gateway.callback(order.reference, amount: order.total, paidAt: paidAt)
                #expect(scene.says(try await scene.send(callback, by: gateway), .confirmed, by: gateway))
                #expect(scene.says(try await scene.send(callback, by: gateway), .alreadyConfirmed, by: gateway))
                #expect(try await scene.events(PaymentReceived.self).last?.paidAt == RFC3339.moment(of: expected))
            }
            scene.clock?.advance(by: 86_400 * 30)
            _ = try await scene.parts.expiry.step()
            #expect(try await scene.count("SELECT count(*) FROM payments") == 3)
        }
    }

    @Test(
        "forged, truncated, too long, of another partner: kept, answered so, and nothing is changed",
        arguments: GatewayUnderTest.allCases)
    func forged(gateway: GatewayUnderTest) async throws {
        FaultRecord.note("G3", "callbacks of each gateway forged, empty, truncated, too long, of another partner")
        try await DuesScene.runWithGateways { scene in
            let order = try await scene.order(try await scene.member(), gateway: gateway.rawValue)
            let good = gateway.callback(order.reference, amount: order.total)
            for bad in [
                "", String(good.dropLast(9)), good.replacing("14422574", with: "14422575"),
                gateway.callback(order.reference, amount: order.total, secret: "OTHER"),
                good + String(repeating: gateway == .vnpay ? "&" : " ", count: 5_000),
            ] {
                #expect(scene.says(try await scene.send(bad, by: gateway), .notAuthentic, by: gateway), "\(bad)")
            }
            let foreign = gateway.callback(order.reference, amount: order.total, merchant: "OTHER001")
            #expect(scene.says(try await scene.send(foreign, by: gateway), .notOurs, by: gateway))
            #expect(try await scene.count("SELECT count(*) FROM callbacks") == 6)
            #expect(try await scene.count("SELECT max(length(raw)) FROM callbacks") == 4_096)
            #expect(try await scene.count("SELECT count(*) FROM payments") == 0)
            #expect(try await scene.count("SELECT count(*) FROM payment_orders WHERE state = 'open'") == 1)
        }
    }

    @Test(
        "while the secret is being changed the old and the new one count",
        arguments: GatewayUnderTest.allCases)
    func keyChange(gateway: GatewayUnderTest) async throws {
        FaultRecord.note("G4", "each gateway's old and new secret while it is changed")
        let old = gateway == .vnpay ? DuesScene.secret : gateway == .portal ? "SECRET" : "SK"
        let settings = ["dues.\(gateway.rawValue).secret": "NEW", "dues.\(gateway.rawValue).previousSecret": old]
        try await DuesScene.runWithGateways(settings) { scene in
            for (secret, expected) in [(old, CallbackAnswer.confirmed), ("NEW", .confirmed), ("X", .notAuthentic)] {
                let order = try await scene.order(try await scene.member(), gateway: gateway.rawValue)
                let callback = gateway.callback(order.reference, amount: order.total, secret: secret)
                let answer = try await scene.send(callback, by: gateway)
                // The portal's answer is signed, with the new secret.
                if gateway != .portal { #expect(scene.says(answer, expected, by: gateway)) }
                #expect(try await scene.answers()[expected.rawValue] != nil)
            }
            #expect(try await scene.count("SELECT count(*) FROM payments") == 2)
        }
    }

    @Test(
        "success after failure and after expiry is taken; failure after success goes to a person",
        arguments: GatewayUnderTest.allCases)
    func changesOfMind(gateway: GatewayUnderTest) async throws {
        FaultRecord.note("G5", "each gateway: success after failure and expiry, failure after success")
        try await DuesScene.runWithGateways { scene in
            let member = try await scene.member()
            try await scene.assess()
            let order = try await scene.order(member, gateway: gateway.rawValue)
            func send(_ order: DuesScene.OrderShape, _ outcome: CallbackOutcome, _ number: String) async throws {
                let callback = gateway.callback(order.reference, amount: order.total, transaction: number, outcome)
                #expect(scene.says(try await scene.send(callback, by: gateway), .confirmed, by: gateway))
            }
            try await send(order, .declined, "1")
            #expect(try await scene.show(order, as: member).state == "failed")
            try await send(order, .paid, "2")
            #expect(try await scene.show(order, as: member).state == "paid")
            try await send(order, .declined, "3")
            #expect(try await scene.show(order, as: member).state == "paid")
            #expect(try await scene.count("SELECT count(*) FROM exceptions WHERE kind = 'contradiction'") == 1)
            let late = try await scene.order(try await scene.member(), gateway: gateway.rawValue)
            scene.clock?.advance(by: 3_600)
            _ = try await scene.parts.expiry.step()
            try await send(late, .paid, "4")
            #expect(try await scene.count("SELECT count(*) FROM payments") == 2)
            try await scene.expectBooksToAgree()
        }
    }

    @Test(
        "another amount, currency or reference: their answers, an exception, and nothing is booked",
        arguments: GatewayUnderTest.allCases)
    func differences(gateway: GatewayUnderTest) async throws {
        FaultRecord.note("G6", "each gateway: another amount, currency, reference; zero, negative, too large")
        try await DuesScene.runWithGateways { scene in
            let order = try await scene.order(try await scene.member(), gateway: gateway.rawValue)
            func answer(_ reference: String, _ amount: Int64, is expected: CallbackAnswer) async throws {
                let callback = gateway.callback(reference, amount: amount)
                let answer = try await scene.send(callback, by: gateway)
                #expect(scene.says(answer, expected, by: gateway), "\(reference) \(amount)")
            }
            try await answer(order.reference, order.total + 1, is: .wrongAmount)
            try await answer(order.reference, 0, is: .wrongAmount)
            try await answer(order.reference, -order.total, is: .unusable)
            try await answer(order.reference, 92_233_720_368_547_758, is: .unusable)
            try await answer("DP26110000", order.total, is: .orderNotFound)
            if gateway == .portal {
                let fields = PortalSigner.callback(order.reference, amount: "\(order.total)")
                let dollars = PortalSigner.json(fields.merging(["MaTienTe": "USD"]) { $1 })
                #expect(scene.says(try await scene.send(dollars, by: gateway), .wrongAmount, by: gateway))
            }
            #expect(try await scene.count("SELECT count(*) FROM payments") == 0)
            #expect(
                try await scene.count("SELECT count(*) FROM exceptions WHERE kind = 'callback-amount-differs'") == 1)
        }
    }

    @Test(
        "a callback that is sooner than our order is to be repeated, and then taken",
        arguments: GatewayUnderTest.allCases)
    func sooner(gateway: GatewayUnderTest) async throws {
        FaultRecord.note("G7", "a callback of each gateway before our own order is visible")
        try await DuesScene.runWithGateways { scene in
            let order = try await scene.order(try await scene.member(), gateway: gateway.rawValue)
            let hidden = "DP26111234"
            try await scene.pool.execute("UPDATE payment_orders SET reference = \(hidden)")
            let callback = gateway.callback(order.reference, amount: order.total)
            #expect(scene.says(try await scene.send(callback, by: gateway), .orderNotFound, by: gateway))
            #expect(!gateway.adapter.endsRetries(.orderNotFound))
            try await scene.pool.execute("UPDATE payment_orders SET reference = \(order.reference)")
            #expect(scene.says(try await scene.send(callback, by: gateway), .confirmed, by: gateway))
        }
    }

    @Test(
        "a callback from elsewhere is kept and refused, whoever signed it",
        arguments: GatewayUnderTest.allCases)
    func elsewhere(gateway: GatewayUnderTest) async throws {
        FaultRecord.note("G3", "a callback of each gateway from another network")
        let settings = ["dues.\(gateway.rawValue).sources": "203.0.113.0/24"]
        try await DuesScene.runWithGateways(settings) { scene in
            let order = try await scene.order(try await scene.member(), gateway: gateway.rawValue)
            let callback = gateway.callback(order.reference, amount: order.total)
            #expect(scene.says(try await scene.send(callback, by: gateway), .notAuthentic, by: gateway))
            #expect(try await scene.count("SELECT count(*) FROM callbacks WHERE reason = 'source'") == 1)
            #expect(try await scene.count("SELECT count(*) FROM payments") == 0)
        }
    }

    @Test("a gateway calls in its own way, and a gateway that is not configured is not there")
    func ways() async throws {
        try await DuesScene.runWithGateways { scene in
            let posted = try await scene.service.call(.post, "/v1/gateways/vnpay/ipn", json: "{}")
            #expect(posted.status == .methodNotAllowed)
            let asked = try await scene.service.call(.get, "/v1/gateways/momo/ipn")
            #expect(asked.status == .methodNotAllowed)
        }
        try await DuesScene.run { scene in
            let unknown = try await scene.service.call(.post, "/v1/gateways/portal/ipn", json: "{}")
            #expect(unknown.status == .notFound)
        }
    }
}
