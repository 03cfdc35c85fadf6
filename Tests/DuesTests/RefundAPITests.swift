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

@Suite("Refunds over HTTP")
struct RefundAPITests {
    private static let whole = #"{"kind":"payment","reason":"Nộp nhầm"}"#
    private static let overpayment = #"{"kind":"overpayment","reason":"Nộp hai lần"}"#

    @Test("an order paid twice: the second payment goes back as an overpayment, the month stays paid")
    func paidTwice() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, first) = try await refunds.paid()
            let none = try await refunds.ask(first, Self.overpayment)
            #expect(none.status == .unprocessableContent && none.faults == ["kind": "refund.nothing-left"])
            let second = try await refunds.pay(order, transaction: "2")
            let id = try await refunds.approved(second, kind: "overpayment")
            #expect(try await refunds.open(member) == 0)
            paper.answer { try GatewayUnderTest.vnpay.refund($0, .done("99"), amount: order.total) }
            try await refunds.scene.parts.refundWork.drain()
            #expect(try await refunds.show(id).state == "succeeded")
            #expect(try await refunds.open(member) == 0)
            let balances = try await refunds.scene.balances()
            #expect(balances["refunds"] == nil && balances["gateway-clearing"] == order.total)
            #expect(try await refunds.scene.count("SELECT count(*) FROM exceptions WHERE settled_at IS NULL") == 0)
            try await refunds.expectBooks()
        }
    }

    @Test("one line of a list goes back alone: its month is owed again, the others stay paid")
    func line() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let scene = refunds.scene
            let (payer, other) = (try await scene.member(), try await scene.member())
            try await scene.role(.cellDuesOfficer, of: payer, at: scene.cell)
            try await scene.assess()
            let listed = try await scene.service.call(
                .post, "/v1/payment-orders", token: try await scene.service.token(member: payer),
                key: UUID().uuidString,
                json: """
                    {"gateway": "vnpay", "lines": [{"memberId": "\(payer)", "month": "2026-11"},
                    {"memberId": "\(other)", "month": "2026-11"}]}
                    """)
            let order: DuesScene.OrderShape = try listed.json()
            let payment = try await refunds.pay(order, transaction: "1")
            let id = try await refunds.approved(
                payment, kind: "lines", lines: #"{"memberId":"\#(other)","month":"2026-11"}"#)
            #expect(try await refunds.show(id).parts.map(\.memberId) == [other])
            #expect(try await refunds.open(other) == 15_930)
            #expect(try await refunds.open(payer) == 0)
            paper.answer {
                try GatewayUnderTest.vnpay.refund($0, .done("99"), amount: 15_930, type: "03")
            }
            try await scene.parts.refundWork.drain()
            #expect(try await refunds.show(id).state == "succeeded")
            try await refunds.expectBooks()
            let through = try await scene.count(
                "SELECT count(*) FROM standings WHERE member_id = \(other) AND paid_through IS NULL")
            #expect(through == 1)
            // The rest of the payment is the other line.
            let again = try await refunds.ask(
                payment,
                #"{"kind":"lines","lines":[{"memberId":"\#(other)","month":"2026-11"}],"reason":"Nộp nhầm"}"#)
            #expect(again.faults == ["lines[0]": "refund.nothing-left"])
            let rest: RefundShape = try await refunds.ask(payment, Self.whole).json()
            #expect(rest.amount == 15_930 && rest.parts.map(\.memberId) == [payer])
            // What is owed again can be paid again.
            _ = try await refunds.pay(try await scene.order(other), transaction: "7")
            #expect(try await refunds.open(other) == 0)
        }
    }

    @Test("two officers who ask at once do not get more than what was paid")
    func atOnce() async throws {
        try await RefundScene.run { refunds in
            let (_, order, payment) = try await refunds.paid()
            let answers = try await withThrowingTaskGroup(of: TestAnswer.self) { group in
                for officer in [refunds.first, refunds.second, refunds.first, refunds.second] {
                    group.addTask { try await refunds.ask(payment, Self.whole, by: officer) }
                }
                return try await group.reduce(into: [TestAnswer]()) { $0.append($1) }
            }
            #expect(answers.filter { $0.status == .created }.count == 1)
            #expect(answers.filter { $0.faults == ["kind": "refund.nothing-left"] }.count == 3)
            #expect(try await refunds.scene.count("SELECT sum(amount)::bigint FROM refunds") == Int(order.total))
            try await refunds.expectBooks()
        }
    }

    @Test("two officers who approve at once owe it once")
    func approvedAtOnce() async throws {
        try await RefundScene.run { refunds in
            let (_, order, payment) = try await refunds.paid()
            let third = try await refunds.scene.member()
            try await refunds.scene.role(.officeOfficer, of: third, at: refunds.scene.commune)
            let refund: RefundShape = try await refunds.ask(payment, Self.whole).json()
            let answers = try await withThrowingTaskGroup(of: TestAnswer.self) { group in
                for officer in [refunds.second, third] {
                    group.addTask { try await refunds.post("/v1/refunds/\(refund.refundId)/approval", by: officer) }
                }
                return try await group.reduce(into: [TestAnswer]()) { $0.append($1) }
            }
            #expect(answers.filter { $0.status == .ok }.count == 1)
            #expect(answers.contains { $0.problem == "refund-step" && $0.faults == ["state": "refund.approve"] })
            #expect(try await refunds.scene.balances()["refunds"] == order.total)
        }
    }

    @Test("who asked does not decide; others than the payee's office and those above it, and the payer, do nothing")
    func access() async throws {
        try await RefundScene.run { refunds in
            let scene = refunds.scene
            let (member, _, payment) = try await refunds.paid()
            for (place, role) in [(scene.cell, RoleName.officeOfficer), (scene.base, .cellSecretary)] {
                let officer = try await scene.member()
                try await scene.role(role, of: officer, at: place)
                #expect(try await refunds.ask(payment, Self.whole, by: officer).status == .forbidden)
            }
            try await scene.role(.officeOfficer, of: member, at: scene.base)
            #expect(try await refunds.ask(payment, Self.whole, by: member).problem == "decision-own")
            let refund: RefundShape = try await refunds.ask(payment, Self.whole).json()
            let path = "/v1/refunds/\(refund.refundId)"
            for (step, body) in [("approval", ""), ("rejection", #"{"reason":"Không"}"#)] {
                let own = try await refunds.post("\(path)/\(step)", body, by: refunds.first)
                #expect(own.status == .conflict && own.faults == ["requestedBy": "refund.same-person"])
            }
            #expect(try await refunds.post("\(path)/approval", by: member).problem == "decision-own")
            let gone = try await scene.member()
            try await scene.pool.execute(
                "UPDATE directory_members SET state = state || '{\"account\": \"locked\"}' WHERE id = \(gone)")
            try await scene.role(.officeOfficer, of: gone, at: scene.base)
            #expect(try await refunds.post("\(path)/approval", by: gone).problem == "account-closed")
            let above = try await scene.member()
            try await scene.role(.officeOfficer, of: above, at: scene.province)
            let rejected = try await refunds.post("\(path)/rejection", #"{"reason":"Không"}"#, by: above)
            #expect(try rejected.json(RefundShape.self).state == "rejected")
            let late = try await refunds.post("\(path)/approval", by: refunds.second)
            #expect(late.faults == ["state": "refund.approve"])
            #expect(try await scene.balances()["refunds"] == nil)
            let stranger = try await scene.service.token(member: try await scene.member())
            #expect(try await scene.service.call(.get, path, token: stranger).status == .forbidden)
            let trail = try await scene.count("SELECT count(*) FROM audit WHERE action LIKE 'refund.%'")
            #expect(trail == 2)
        }
    }

    @Test("an approved refund that was not sent can be withdrawn, and nothing is owed of it")
    func withdrawn() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, _, payment) = try await refunds.paid()
            let before = try await refunds.scene.balances()
            let id = try await refunds.approved(payment)
            let answer = try await refunds.post(
                "/v1/refunds/\(id)/withdrawal", #"{"reason":"Nhầm đơn"}"#, by: refunds.first)
            #expect(answer.status == .ok, "\(answer.text)")
            try await refunds.scene.parts.refundWork.drain()
            #expect(paper.calls.isEmpty)
            #expect(try await refunds.open(member) == 0)
            #expect(try await refunds.scene.balances() == before)
            #expect(try await refunds.scene.events(RefundFailed.self).map(\.reason) == ["withdrawn"])
        }
    }

    @Test("what is asked wrongly is told by field and rule, and changes nothing")
    func badInput() async throws {
        try await RefundScene.run { refunds in
            let (member, _, payment) = try await refunds.paid()
            let line = #"{"memberId":"\#(member)","month":"2026-11"}"#
            for (body, faults) in [
                (#"{"kind":"lines","reason":"x"}"#, ["lines": "refund.no-lines"]),
                (#"{"kind":"lines","lines":[\#(line),\#(line)],"reason":"x"}"#, ["lines[1]": "refund.line-twice"]),
                (
                    #"{"kind":"lines","lines":[{"memberId":"\#(refunds.first)","month":"2026-11"}],"reason":"x"}"#,
                    ["lines[0]": "refund.line-unknown"]
                ),
                (#"{"kind":"payment","lines":[\#(line)],"reason":"x"}"#, ["lines": "refund.lines-not-asked"]),
                (#"{"kind":"payment","reason":" "}"#, ["reason": "text.line"]),
            ] {
                let answer = try await refunds.ask(payment, body)
                #expect(answer.status == .unprocessableContent && answer.faults == faults, "\(answer.text)")
            }
            let unknownKind = try await refunds.ask(payment, #"{"kind":"all","reason":"x"}"#)
            #expect(unknownKind.faults.keys.contains("kind"), "\(unknownKind.text)")
            #expect(try await refunds.ask("\(member)", Self.whole).status == .notFound)
            #expect(try await refunds.scene.count("SELECT count(*) FROM refunds") == 0)
            let token = try await refunds.scene.service.token(member: refunds.first)
            for (query, field) in [("?state=lost", "state"), ("?limit=0", "limit"), ("?after=x", "after")] {
                let list = try await refunds.scene.service.call(.get, "/v1/refunds\(query)", token: token)
                #expect(list.faults == [field: "parameter.form"])
            }
        }
    }

    @Test("a gateway without an address for refunds, or below its minimum, takes none")
    func gatewayCannot() async throws {
        try await DuesScene.runWithGateways { scene in
            let refunds = try await RefundScene(scene)
            let (_, _, payment) = try await refunds.paid()
            #expect(try await refunds.ask(payment, Self.whole).faults == ["kind": "refund.gateway-cannot"])
        }
        try await RefundScene.run { refunds in
            let (_, _, payment) = try await refunds.paid(.momo)
            // The assessment was lowered a little below what was paid.
            try await refunds.scene.pool.execute("UPDATE payments SET overpaid = 999")
            #expect(try await refunds.ask(payment, Self.overpayment).faults == ["amount": "refund.below-minimum"])
        }
    }

    @Test("a payment that the gateway took back by itself: two persons note it, the month is owed, nothing is sent")
    func reversal() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid()
            let declined = GatewayUnderTest.vnpay.callback(order.reference, amount: order.total, .declined)
            _ = try await refunds.scene.send(declined, by: .vnpay)
            let waiting = "SELECT count(*) FROM exceptions WHERE kind = 'contradiction' AND settled_at IS NULL" as SQL
            #expect(try await refunds.scene.count(waiting) == 1)
            #expect(try await refunds.open(member) == 0, "a person decides")
            let id = try await refunds.approved(payment, kind: "reversal")
            #expect(try await refunds.show(id).state == "succeeded")
            try await refunds.scene.parts.refundWork.drain()
            #expect(paper.calls.isEmpty)
            #expect(try await refunds.open(member) == Int(order.total))
            #expect(try await refunds.scene.balances()["gateway-clearing"] == nil)
            #expect(try await refunds.scene.balances()["refunds"] == nil)
            #expect(try await refunds.scene.count(waiting) == 0)
            #expect(try await refunds.scene.events(RefundApproved.self).map(\.reversal) == [true])
            #expect(try await refunds.scene.events(RefundSucceeded.self).map(\.reversal) == [true])
            try await refunds.expectBooks()
        }
    }

    @Test("money paid ahead goes back while it waits; when the refund fails it waits again, or is owed back")
    func ahead() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let scene = refunds.scene
            let member = try await scene.member()
            let order = try await scene.order(member, ["2026-12"])
            let payment = try await refunds.pay(order, transaction: "1")
            let amount = order.total
            for isAssessed in [false, true] {
                let id = try await refunds.approved(payment)
                #expect(try await scene.balances()["advances"] == nil)
                #expect(try await scene.balances()["refunds"] == amount)
                if isAssessed {
                    try await scene.assess("2026-12")
                    #expect(try await refunds.open(member) == 15_930, "the advance is not there any more")
                }
                paper.answer { try GatewayUnderTest.vnpay.refund($0, .refused, amount: amount) }
                try await scene.parts.refundWork.drain()
                #expect(try await refunds.show(id).state == "failed")
                #expect(try await scene.balances()[isAssessed ? "refunds" : "advances"] == amount)
                try await refunds.expectBooks()
            }
            #expect(try await refunds.ask(payment, Self.overpayment).json(RefundShape.self).amount == amount)
        }
    }

    @Test("what a lowered assessment left over of a payment goes back as an overpayment")
    func lowered() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let scene = refunds.scene
            let (member, order, payment) = try await refunds.paid()
            try await scene.member(.student, id: member)
            try await scene.assess()
            #expect(try await scene.balances()["refunds"] == order.total - 5_000)
            let id = try await refunds.approved(payment, kind: "overpayment")
            let surplus = order.total - 5_000
            #expect(try await refunds.show(id).amount == surplus)
            #expect(try await refunds.open(member) == 0)
            try await refunds.expectBooks()
            paper.answer { try GatewayUnderTest.vnpay.refund($0, .done("99"), amount: surplus, type: "03") }
            try await scene.parts.refundWork.drain()
            #expect(try await refunds.show(id).state == "succeeded")
            #expect(try await scene.balances()["refunds"] == nil)
            #expect(try await refunds.ask(payment, Self.overpayment).faults == ["kind": "refund.nothing-left"])
            #expect(try await refunds.ask(payment, Self.whole).json(RefundShape.self).amount == 5_000)
            try await refunds.expectBooks()
        }
    }

    @Test("officers see the refunds of their own subtree, by state, page by page")
    func list() async throws {
        try await RefundScene.run { refunds in
            let (member, order, payment) = try await refunds.paid()
            let first: RefundShape = try await refunds.ask(payment, Self.whole).json()
            let again = try await refunds.pay(order, transaction: "2")
            _ = try await refunds.approved(again, kind: "overpayment")
            @Sendable func amounts(_ query: String, _ token: String) async throws -> [String] {
                let answer = try await refunds.scene.service.call(.get, "/v1/refunds\(query)", token: token)
                return try answer.json(Page.self).items.map(\.state)
            }
            let token = try await refunds.scene.service.token(member: refunds.second)
            #expect(try await amounts("", token) == ["requested", "approved"])
            #expect(try await amounts("?state=approved", token) == ["approved"])
            #expect(try await amounts("?limit=1", token) == ["requested"])
            #expect(try await amounts("?after=\(first.refundId)", token) == ["approved"])
            let below = try await refunds.scene.member()
            try await refunds.scene.role(.officeOfficer, of: below, at: refunds.scene.cell)
            #expect(try await amounts("", try await refunds.scene.service.token(member: below)).isEmpty)
            let plain = try await refunds.scene.service.token(member: member)
            #expect(try await refunds.scene.service.call(.get, "/v1/refunds", token: plain).status == .forbidden)
        }
    }

    private struct Page: Decodable {
        let items: [RefundShape]
    }
}
