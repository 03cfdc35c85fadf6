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

@Suite("Refunds and gateways")
struct RefundWorkTests {
    @Test(
        "an approved refund is owed, sent once under its number, and leaves through the clearing",
        arguments: GatewayUnderTest.allCases)
    func succeeds(gateway: GatewayUnderTest) async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid(gateway)
            let id = try await refunds.approved(payment)
            var balances = try await refunds.scene.balances()
            #expect(balances["refunds"] == order.total && balances["gateway-clearing"] == order.total)
            #expect(try await refunds.open(member) == Int(order.total))
            try await refunds.expectBooks()
            paper.answer { try gateway.refund($0, .done("99"), amount: order.total) }
            try await refunds.scene.parts.refundWork.drain()
            #expect(paper.calls.map(\.url).count == 1 && paper.calls.first?.url.hasSuffix("/refund") == true)
            let shown = try await refunds.show(id)
            #expect(shown.state == "succeeded" && shown.gatewayTransaction == "99")
            balances = try await refunds.scene.balances()
            #expect(balances["refunds"] == nil && balances["gateway-clearing"] == nil)
            try await refunds.expectBooks()
            try await refunds.scene.parts.refundWork.drain()
            #expect(paper.calls.count == 1)
            let told = try await refunds.scene.events(RefundSucceeded.self)
            #expect(told.map(\.refundId) == [id] && told.first?.payerMemberId == member)
            #expect(try await refunds.scene.events(RefundApproved.self).first?.lines.map(\.memberId) == [member])
            #expect(try await refunds.scene.count("SELECT count(*) FROM refund_answers WHERE asked = 1") == 1)
            let versions = try await refunds.scene.count(
                "SELECT count(*) - count(DISTINCT version) FROM outbox WHERE key = \(order.orderId.value)")
            #expect(versions == 0)
        }
    }

    @Test(
        "a refund that the gateway refuses reverses what was owed: the month is paid again",
        arguments: GatewayUnderTest.allCases)
    func refused(gateway: GatewayUnderTest) async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid(gateway)
            let before = try await refunds.scene.balances()
            let id = try await refunds.approved(payment)
            paper.answer { try gateway.refund($0, .refused, amount: order.total) }
            try await refunds.scene.parts.refundWork.drain()
            #expect(try await refunds.show(id).state == "failed")
            #expect(try await refunds.scene.balances() == before)
            #expect(try await refunds.open(member) == 0)
            try await refunds.expectBooks()
            #expect(try await refunds.scene.events(RefundFailed.self).map(\.reason) == ["refused"])
            // It can be asked for again.
            _ = try await refunds.approved(payment)
            try await refunds.expectBooks()
        }
    }

    @Test(
        "without an answer the refund is unknown: it is asked about with growing pauses and never sent again",
        arguments: GatewayUnderTest.allCases)
    func unknown(gateway: GatewayUnderTest) async throws {
        FaultRecord.note("G8", "each gateway: no answer to a refund, then pending, then forged, then done")
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(gateway)
            let id = try await refunds.approved(payment)
            let work = refunds.scene.parts.refundWork
            try await work.drain()
            #expect(try await refunds.show(id).state == "unknown")
            let balances = try await refunds.scene.balances()
            #expect(balances["refunds"] == order.total, "it stays owed")
            paper.answer { try gateway.refund($0, .pending, amount: order.total) }
            for (pause, calls) in [(29.0, 1), (1, 2), (59, 2), (1, 3)] {
                refunds.scene.clock?.advance(by: pause)
                try await work.drain()
                #expect(paper.calls.count == calls)
            }
            if gateway != .momo {
                paper.answer { try gateway.refund($0, .done("99"), amount: order.total, secret: "FORGED") }
                refunds.scene.clock?.advance(by: 120)
                try await work.drain()
                #expect(try await refunds.show(id).state == "unknown")
            }
            paper.answer { try gateway.refund($0, .done("99"), amount: order.total) }
            refunds.scene.clock?.advance(by: 3_600)
            try await work.drain()
            #expect(try await refunds.show(id).state == "succeeded")
            #expect(paper.calls.filter { $0.url.hasSuffix("/refund") }.count == 1)
            try await refunds.expectBooks()
        }
    }

    @Test(
        "a process that dies between sending and noting is followed by one that asks, not by one that sends",
        arguments: GatewayUnderTest.allCases)
    func killed(gateway: GatewayUnderTest) async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(gateway)
            let id = try await refunds.approved(payment)
            let work = refunds.scene.parts.refundWork
            paper.answer { _ in
                // Another process looks while the first one waits.
                #expect(try await work.step() == false)
                throw CancellationError()
            }
            await #expect(throws: CancellationError.self) { try await work.step() }
            #expect(try await refunds.show(id).state == "sent")
            refunds.scene.clock?.advance(by: 89)
            #expect(try await work.step() == false)
            refunds.scene.clock?.advance(by: 1)
            paper.answer { try gateway.refund($0, .done("99"), amount: order.total) }
            #expect(try await work.step())
            #expect(paper.calls.map { $0.url.hasSuffix("/asked") } == [false, true])
            #expect(try await refunds.show(id).state == "succeeded")
            try await refunds.expectBooks()
        }
    }

    @Test(
        "what a gateway has never heard of is sent again, late and with the same bytes",
        arguments: [GatewayUnderTest.portal, .momo])
    func neverHeard(gateway: GatewayUnderTest) async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(gateway)
            let id = try await refunds.approved(payment)
            let work = refunds.scene.parts.refundWork
            try await work.drain()
            paper.answer { try gateway.refund($0, .neverHeard, amount: order.total) }
            refunds.scene.clock?.advance(by: 30)
            try await work.drain()
            #expect(try await refunds.show(id).state == "unknown", "it may still be under way")
            paper.answer { call in
                let answer = call.url.hasSuffix("/asked") ? RefundAnswer.neverHeard : .done("99")
                return try gateway.refund(call, answer, amount: order.total)
            }
            refunds.scene.clock?.advance(by: 7_200)
            try await work.drain()
            #expect(try await refunds.show(id).state == "succeeded")
            let sent = paper.calls.filter { $0.url.hasSuffix("/refund") }
            #expect(sent.count == 2 && sent.first?.body == sent.last?.body)
            try await refunds.expectBooks()
        }
    }

    @Test(
        "a fault of the gateway's own is not 'never heard': nothing is sent again, however late",
        arguments: GatewayUnderTest.allCases)
    func broken(gateway: GatewayUnderTest) async throws {
        FaultRecord.note("G8", "each gateway: a fault of its own to the question about a refund")
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(gateway)
            let id = try await refunds.approved(payment)
            let work = refunds.scene.parts.refundWork
            try await work.drain()
            paper.answer { try gateway.refund($0, .broken, amount: order.total) }
            refunds.scene.clock?.advance(by: 7_200)
            try await work.drain()
            #expect(try await refunds.show(id).state == "unknown")
            #expect(paper.calls.map { $0.url.hasSuffix("/refund") } == [true, false])
        }
    }

    @Test("a refusal of what is sent again is no end: the gateway may have had it, and is asked")
    func refusedAgain() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(.portal)
            let id = try await refunds.approved(payment)
            let work = refunds.scene.parts.refundWork
            try await work.drain()
            paper.answer { call in
                let answer = call.url.hasSuffix("/asked") ? RefundAnswer.neverHeard : .refused
                return try GatewayUnderTest.portal.refund(call, answer, amount: order.total)
            }
            refunds.scene.clock?.advance(by: 7_200)
            try await work.drain()
            #expect(paper.calls.filter { $0.url.hasSuffix("/refund") }.count == 2)
            #expect(try await refunds.show(id).state == "unknown")
            paper.answer { try GatewayUnderTest.portal.refund($0, .done("99"), amount: order.total) }
            refunds.scene.clock?.advance(by: 7_200)
            try await work.drain()
            #expect(try await refunds.show(id).state == "succeeded")
            try await refunds.expectBooks()
        }
    }

    @Test("what was refused when it was sent again, and is not known after all, ends as refused and is sent no more")
    func refusedForGood() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid(.portal)
            let id = try await refunds.approved(payment)
            let work = refunds.scene.parts.refundWork
            try await work.drain()
            paper.answer { call in
                let answer = call.url.hasSuffix("/asked") ? RefundAnswer.neverHeard : .refused
                return try GatewayUnderTest.portal.refund(call, answer, amount: order.total)
            }
            for _ in 0..<3 {
                refunds.scene.clock?.advance(by: 7_200)
                try await work.drain()
            }
            #expect(paper.calls.filter { $0.url.hasSuffix("/refund") }.count == 2)
            let shown = try await refunds.show(id)
            #expect(shown.state == "failed" && shown.gatewayCode == "51")
            #expect(try await refunds.open(member) == 0)
            try await refunds.expectBooks()
        }
    }

    @Test("what was sent once is not withdrawn, also while it waits to be sent again")
    func sentOnce() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(.portal)
            let id = try await refunds.approved(payment)
            let work = refunds.scene.parts.refundWork
            try await work.drain()
            paper.answer { try GatewayUnderTest.portal.refund($0, .neverHeard, amount: order.total) }
            refunds.scene.clock?.advance(by: 7_200)
            #expect(try await work.step())
            #expect(try await refunds.show(id).state == "approved")
            let withdrawn = try await refunds.post(
                "/v1/refunds/\(id)/withdrawal", #"{"reason":"Nhầm"}"#, by: refunds.second)
            #expect(withdrawn.status == .conflict && withdrawn.faults == ["state": "refund.sent"], "\(withdrawn.text)")
        }
    }

    @Test("a person leads out of unknown, another one than who asked; a gateway that says otherwise later is looked at")
    func person() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid()
            let id = try await refunds.approved(payment)
            let early = try await refunds.post(
                "/v1/refunds/\(id)/outcome", #"{"moneyHasGone":false,"reason":"Sao kê"}"#, by: refunds.second)
            #expect(early.status == .conflict && early.faults == ["state": "refund.deny"])
            let work = refunds.scene.parts.refundWork
            try await work.drain()
            let own = try await refunds.post(
                "/v1/refunds/\(id)/outcome", #"{"moneyHasGone":false,"reason":"Sao kê"}"#, by: refunds.first)
            #expect(own.status == .conflict && own.faults == ["requestedBy": "refund.same-person"])
            paper.answer { call in
                let denied = try await refunds.post(
                    "/v1/refunds/\(id)/outcome", #"{"moneyHasGone":false,"reason":"Sao kê"}"#, by: refunds.second)
                #expect(denied.status == .ok, "\(denied.text)")
                return try GatewayUnderTest.vnpay.refund(call, .done("99"), amount: order.total)
            }
            refunds.scene.clock?.advance(by: 30)
            try await work.drain()
            #expect(try await refunds.show(id).state == "failed")
            #expect(try await refunds.open(member) == 0)
            #expect(try await refunds.scene.events(RefundFailed.self).map(\.reason) == ["denied"])
            let raised = try await refunds.scene.count(
                "SELECT count(*) FROM exceptions WHERE kind = 'refund-contradiction'")
            #expect(raised == 1)
            try await refunds.expectBooks()
        }
    }

    @Test("where the month was paid again meanwhile, a refund that fails leaves an overpayment, which can go back")
    func paidMeanwhile() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid()
            let id = try await refunds.approved(payment)
            _ = try await refunds.pay(try await refunds.scene.order(member), transaction: "2")
            #expect(try await refunds.open(member) == 0)
            paper.answer { try GatewayUnderTest.vnpay.refund($0, .refused, amount: order.total) }
            try await refunds.scene.parts.refundWork.drain()
            #expect(try await refunds.show(id).state == "failed")
            #expect(try await refunds.open(member) == 0)
            #expect(try await refunds.scene.balances()["refunds"] == order.total)
            #expect(try await refunds.scene.count("SELECT count(*) FROM exceptions WHERE kind = 'overpaid'") == 1)
            let again = try await refunds.approved(payment, kind: "overpayment")
            paper.answer { try GatewayUnderTest.vnpay.refund($0, .done("99"), amount: order.total) }
            try await refunds.scene.parts.refundWork.drain()
            #expect(try await refunds.show(again).state == "succeeded")
            #expect(try await refunds.scene.balances()["refunds"] == nil)
            #expect(try await refunds.open(member) == 0)
            #expect(try await refunds.scene.count("SELECT count(*) FROM exceptions WHERE settled_at IS NULL") == 0)
            try await refunds.expectBooks()
        }
    }
}
