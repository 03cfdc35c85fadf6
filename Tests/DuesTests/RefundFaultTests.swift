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

@Suite("Faults of gateways about refunds, by their names")
struct RefundFaultTests {
    @Test(
        "many processes with one refund: it is sent once, and what the gateway says of it counts once",
        arguments: GatewayUnderTest.allCases)
    func atOnce(gateway: GatewayUnderTest) async throws {
        FaultRecord.note("G1", "each gateway: one refund, twenty processes at once")
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid(gateway)
            _ = try await refunds.approved(payment)
            paper.answer { try gateway.refund($0, .done("99"), amount: order.total) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 { group.addTask { try await refunds.scene.parts.refundWork.drain() } }
                try await group.waitForAll()
            }
            #expect(paper.calls.count == 1)
            #expect(try await refunds.scene.events(RefundSucceeded.self).count == 1)
            #expect(try await refunds.open(member) == Int(order.total))
            try await refunds.expectBooks()
        }
    }

    /// What is wrong with an answer about a refund.
    enum Wrong: String, CaseIterable, Sendable {
        case forged, truncated, empty, ofAnotherAmount

        var fault: String { self == .ofAnotherAmount ? "G6" : "G3" }
    }

    @Test(
        "a forged, truncated or empty answer, or one of another amount, ends no refund",
        arguments: GatewayUnderTest.allCases.flatMap { gateway in
            // MoMo's answers have no signature: it is asked over a connection of our own.
            Wrong.allCases.filter { gateway != .momo || $0 != .forged }.map { (gateway, $0) }
        })
    func wrong(gateway: GatewayUnderTest, wrong: Wrong) async throws {
        FaultRecord.note(wrong.fault, "each gateway: forged, truncated, empty answers about refunds, other amounts")
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(gateway)
            let id = try await refunds.approved(payment)
            let before = try await refunds.scene.balances()
            paper.answer { call in
                let good = try gateway.refund(
                    call, .done("99"), amount: wrong == .ofAnotherAmount ? order.total - 1 : order.total,
                    secret: wrong == .forged ? "FORGED" : nil)
                return wrong == .empty ? "" : wrong == .truncated ? String(good.dropLast(20)) : good
            }
            try await refunds.scene.parts.refundWork.drain()
            #expect(try await refunds.show(id).state == "unknown")
            #expect(try await refunds.scene.balances() == before)
            #expect(try await refunds.scene.events(RefundSucceeded.self).isEmpty)
        }
    }

    @Test(
        "while the secret is being changed, answers about refunds count with the old and the new one",
        arguments: [GatewayUnderTest.vnpay, .portal], [("old", "succeeded"), ("NEW", "succeeded"), ("X", "unknown")])
    func keyChange(gateway: GatewayUnderTest, said: (secret: String, state: String)) async throws {
        FaultRecord.note("G4", "each gateway that signs: the old and the new secret in answers about refunds")
        let old = gateway == .vnpay ? DuesScene.secret : "SECRET"
        let keys = ["dues.\(gateway.rawValue).secret": "NEW", "dues.\(gateway.rawValue).previousSecret": old]
        let (settings, paper) = (GatewayUnderTest.refundSettings.merging(keys) { $1 }, GatewaysOnPaper())
        try await DuesScene.runWithGateways(settings, client: paper) { scene in
            let refunds = try await RefundScene(scene)
            let member = try await scene.member()
            try await scene.assess()
            let order = try await scene.order(member, gateway: gateway.rawValue)
            let callback = gateway.callback(order.reference, amount: order.total, secret: "NEW")
            _ = try await scene.send(callback, by: gateway)
            let payment: String = try await scene.pool.queryOne("SELECT payment_id::text FROM payments").get(at: 0)
            let id = try await refunds.approved(payment)
            paper.answer { call in
                try gateway.refund(
                    call, .done("99"), amount: order.total, secret: said.secret == "old" ? old : said.secret)
            }
            try await scene.parts.refundWork.drain()
            #expect(try await refunds.show(id).state == said.state)
        }
    }

    @Test("an answer that is replayed for another refund of the payment says nothing of it")
    func replayed() async throws {
        FaultRecord.note("G2", "the answer to one refund again for the next one of the payment")
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid(.vnpay, ["2026-11", "2026-12"])
            func month(_ month: String) -> String { #"{"memberId":"\#(member)","month":"\#(month)"}"# }
            let half = order.total / 2
            _ = try await refunds.gone(payment, kind: "lines", lines: month("2026-12"), amount: half, paper)
            let second = try await refunds.approved(payment, kind: "lines", lines: month("2026-11"))
            try await refunds.scene.parts.refundWork.drain()
            #expect(try await refunds.show(second).state == "unknown")
            #expect(try await refunds.held() == [order.total - half])
        }
    }

    @Test(
        "what takes a payment back before it came to us ends with a person; the payment then counts",
        arguments: [GatewayUnderTest.vnpay, .portal])
    func beforeCapture(gateway: GatewayUnderTest) async throws {
        FaultRecord.note("G5", "each gateway with files: a charge-back in a file before the payment was told")
        try await RefundScene.run { refunds in
            let member = try await refunds.scene.member()
            try await refunds.scene.assess()
            let order = try await refunds.scene.order(member, gateway: gateway.rawValue)
            let back = SettledFile.Line(
                reference: order.reference, transaction: "1", gross: order.total, isBack: true)
            let file: SettledFile = gateway == .vnpay ? .vnpay : .portal
            #expect(try await file.bring([back], day: "2026-11-20", refunds.scene) == ["reversed": 1])
            #expect(try await refunds.scene.balances()["unexplained"] == -order.total)
            let payment = try await refunds.pay(order, gateway, transaction: "1")
            let paid = SettledFile.Line(reference: order.reference, transaction: "1", gross: order.total)
            #expect(try await file.bring([paid], refunds.scene) == ["matched": 1])
            #expect(try await refunds.open(member) == 0)
            _ = try await refunds.approved(payment, kind: "reversal")
            #expect(try await refunds.open(member) == Int(order.total))
            #expect(try await refunds.held().isEmpty)
            #expect(try await refunds.exceptions().isEmpty)
            #expect(try await refunds.scene.balances()["bank"] == nil)
            try await refunds.expectChecks()
        }
    }
}
