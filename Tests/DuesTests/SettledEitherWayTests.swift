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

@Suite("What lines, refunds and exceptions of one payment move beside each other")
struct SettledEitherWayTests {
    private func line(
        _ order: DuesScene.OrderShape, _ transaction: String, _ gross: Int64? = nil, isBack: Bool = false
    ) -> SettledFile.Line {
        SettledFile.Line(
            reference: order.reference, transaction: transaction, gross: gross ?? order.total, isBack: isBack)
    }

    private func bring(
        _ lines: [SettledFile.Line], day: String = "2026-11-21", _ refunds: RefundScene
    ) async throws -> [String: Int] {
        try await SettledFile.vnpay.bring(lines, day: day, refunds.scene)
    }

    /// Days go by, until what did not come is noticed.
    private func watch(_ refunds: RefundScene) async throws {
        refunds.scene.clock?.advance(by: 4 * 86_400)
        try await refunds.scene.parts.settlementWatch.run()
    }

    private func only(_ kind: String, _ refunds: RefundScene) async throws -> UUIDv7 {
        let found = try await refunds.exceptions(kind)
        #expect(found.count == 1, "\(kind)")
        return try #require(found.first)
    }

    private func amount(_ exception: UUIDv7, _ refunds: RefundScene) async throws -> Int {
        try await refunds.scene.count("SELECT amount FROM exceptions WHERE exception_id = \(exception)")
    }

    /// Nothing waits in clearing or among unexplained money, nobody has to do anything, and the month's check is clean.
    private func expectEnd(_ refunds: RefundScene) async throws {
        #expect(try await refunds.held().isEmpty)
        #expect(try await refunds.scene.balances()["unexplained"] == nil)
        let open: [String] = try await refunds.scene.pool.query("SELECT kind FROM exceptions WHERE settled_at IS NULL")
            .map { try $0.get("kind") }
        #expect(open.isEmpty)
        try await refunds.expectChecks()
    }

    @Test("more than the payment is settled while a refund of it is under way: only what is above it is owed back")
    func surplusBesideRefund() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(transaction: "1")
            let id = try await refunds.approved(payment)
            _ = try await bring([line(order, "1", order.total + 20_000)], refunds)
            let differs = try await only("amount-differs", refunds)
            #expect(try await refunds.act("confirm", on: differs).status == .ok)
            #expect(try await amount(only("overpaid", refunds), refunds) == 20_000)
            #expect(try await refunds.scene.balances()["refunds"] == order.total + 20_000)
            paper.answer { try GatewayUnderTest.vnpay.refund($0, .done("99"), amount: order.total) }
            try await refunds.scene.parts.refundWork.drain()
            #expect(try await refunds.show(id).state == "succeeded")
            _ = try await refunds.gone(payment, kind: "overpayment", amount: 20_000, number: "98", paper)
            let back = [line(order, "99", isBack: true), line(order, "98", 20_000, isBack: true)]
            #expect(try await bring(back, day: "2026-11-22", refunds) == ["matched": 2])
            #expect(try await refunds.scene.balances()["bank"] == nil)
            try await expectEnd(refunds)
        }
    }

    @Test("less than the payment is not confirmed, though a refund took so much of it that it would do")
    func lessBesideRefund() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid(.vnpay, ["2026-11", "2026-12"], transaction: "1")
            let december = #"{"memberId":"\#(member)","month":"2026-12"}"#
            let gone = order.total / 2
            _ = try await refunds.gone(payment, kind: "lines", lines: december, amount: gone, paper)
            _ = try await bring([line(order, "1", gone + 4_000)], refunds)
            let differs = try await only("amount-differs", refunds)
            #expect(try await refunds.act("confirm", on: differs).faults == ["action": "exception.confirm"])
            // The whole payment is what its line was to settle; the refund has a line of its own.
            #expect(try await refunds.writeOff(differs).status == .ok)
            #expect(try await refunds.held() == [-gone])
            #expect(
                try await bring([line(order, "99", gone, isBack: true)], day: "2026-11-22", refunds) == ["matched": 1])
            let balances = try await refunds.scene.balances()
            #expect(balances["bank"] == 4_000 && balances["retained"] == 4_000 - gone)
            try await expectEnd(refunds)
        }
    }

    @Test("a reversal of an order that was paid twice is noted of one payment, and takes from it what the line took")
    func paidTwice() async throws {
        FaultRecord.note("S2", "a charge-back of an order that was paid twice, without saying of which payment")
        try await RefundScene.run { refunds in
            let (member, order, first) = try await refunds.paid(transaction: "1")
            let second = try await refunds.pay(order, transaction: "2")
            _ = try await bring([line(order, "1"), line(order, "2")], day: "2026-11-20", refunds)
            #expect(try await bring([line(order, "77", isBack: true)], refunds) == ["reversed": 1])
            #expect(try await refunds.scene.balances()["unexplained"] == -order.total)
            let exception = try await only("reversed", refunds)
            _ = try await refunds.approved(second, kind: "reversal")
            #expect(try await refunds.trail(exception) == ["refunded refund"])
            #expect(try await refunds.open(member) == 0)
            #expect(try await refunds.scene.balances()["bank"] == order.total)
            try await expectEnd(refunds)
            // It has been told: another line of that amount is of the other payment.
            #expect(try await bring([line(order, "78", isBack: true)], day: "2026-11-22", refunds) == ["reversed": 1])
            _ = try await refunds.approved(first, kind: "reversal")
            #expect(try await refunds.open(member) == Int(order.total))
            try await expectEnd(refunds)
        }
    }

    @Test(
        "a line that takes back more than is left is taken in: what a reversal covers is its payment's, the rest nobody's"
    )
    func aboveLeft() async throws {
        FaultRecord.note("S2", "a line that takes back more than was paid")
        try await RefundScene.run { refunds in
            let (_, order, payment) = try await refunds.paid(transaction: "1")
            _ = try await bring([line(order, "1")], day: "2026-11-20", refunds)
            let more = order.total + 700
            #expect(try await bring([line(order, "77", more, isBack: true)], refunds) == ["reversed": 1])
            #expect(try await refunds.scene.balances()["unexplained"] == -more)
            let exception = try await only("reversed", refunds)
            _ = try await refunds.approved(payment, kind: "reversal")
            #expect(try await refunds.held().isEmpty)
            #expect(try await refunds.scene.balances()["unexplained"] == -700)
            try await refunds.expectChecks()
            #expect(try await refunds.writeOff(exception).status == .ok)
            let balances = try await refunds.scene.balances()
            #expect(balances["bank"] == -700 && balances["retained"] == -700)
            try await expectEnd(refunds)
        }
    }

    @Test("two equal parts taken back on two days are two; the same line in another file is none")
    func equalParts() async throws {
        FaultRecord.note("S2", "two equal charge-backs of one payment, and one of them repeated")
        try await RefundScene.run { refunds in
            let (member, order, payment) = try await refunds.paid(transaction: "1")
            _ = try await bring([line(order, "1")], day: "2026-11-20", refunds)
            let part = line(order, "1", 5_000, isBack: true)
            #expect(try await bring([part], refunds) == ["reversed": 1])
            #expect(try await bring([part], day: "2026-11-22", refunds) == ["reversed": 1])
            let other = SettledFile.Line(reference: "DP26110000", transaction: "7", gross: 700)
            #expect(
                try await bring([part, other], day: "2026-11-22", refunds) == ["duplicate": 1, "unknown-reference": 1])
            #expect(try await refunds.held() == [10_000])
            #expect(try await refunds.writeOff(only("unknown-reference", refunds)).status == .ok)
            _ = try await refunds.approved(payment, kind: "reversal")
            #expect(try await refunds.open(member) == 10_000)
            try await expectEnd(refunds)
        }
    }

    @Test("a duplicate line settles nothing: a write-off stands, and the payment is missed")
    func duplicate() async throws {
        try await RefundScene.run { refunds in
            let (_, order, _) = try await refunds.paid(transaction: "1")
            let stranger = SettledFile.Line(reference: "DP26110000", transaction: "1", gross: order.total)
            #expect(
                try await bring([stranger, line(order, "1")], refunds) == ["unknown-reference": 1, "duplicate": 1])
            for exception in try await refunds.exceptions("duplicate") {
                #expect(try await refunds.act("confirm", on: exception).status == .ok)
            }
            try await watch(refunds)
            let missing = try await only("missing-settlement", refunds)
            #expect(try await refunds.writeOff(missing).status == .ok)
            #expect(try await bring([line(order, "1")], day: "2026-11-24", refunds) == ["duplicate": 1])
            #expect(try await refunds.held().isEmpty)
            #expect(try await refunds.trail(missing).last == "approve-write-off \(refunds.second)")
            try await refunds.expectChecks()
        }
    }

    @Test("a line is of the order that it names, also where its number is that of another order's refund by chance")
    func shortNumber() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(transaction: "1")
            let (_, other, _) = try await refunds.paid(transaction: "2")
            _ = try await bring([line(order, "1"), line(other, "2")], day: "2026-11-20", refunds)
            _ = try await refunds.gone(payment, amount: order.total, number: "99", paper)
            #expect(
                try await SettledFile.bank.bring([line(other, "99", isBack: true)], refunds.scene) == ["reversed": 1])
            let found: OrderID = try await refunds.scene.pool.queryOne(
                "SELECT order_id FROM exceptions WHERE kind = 'reversed'"
            ).get(at: 0)
            #expect(found == other.orderId)
            // Where it names none, the gateway's number leads to the order, with the amount of the refund only.
            let nameless = SettledFile.Line(
                reference: "GW0000099", transaction: "99", gross: order.total, isBack: true)
            let less = SettledFile.Line(reference: "GW0000099", transaction: "99", gross: 500, isBack: true)
            #expect(
                try await bring([nameless, less], day: "2026-11-22", refunds) == ["matched": 1, "reversed": 1])
            let strangers = try await refunds.scene.count(
                "SELECT count(*) FROM settlement_lines WHERE reversal AND order_id IS NULL")
            #expect(strangers == 1)
            try await refunds.expectChecks()
        }
    }

    @Test("a person denied a refund that has gone: the reversal that is noted ends it, and its line is matched")
    func deniedAndGone() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid(transaction: "1")
            _ = try await bring([line(order, "1")], day: "2026-11-20", refunds)
            try await contradict(payment, order, hasGone: false, paper, refunds)
            let contradiction = try await only("refund-contradiction", refunds)
            #expect(
                try await refunds.writeOff(contradiction).faults == ["action": "exception.nothing-to-write-off"])
            _ = try await refunds.approved(payment, kind: "reversal")
            #expect(try await refunds.trail(contradiction) == ["refunded refund"])
            #expect(try await refunds.open(member) == Int(order.total))
            #expect(try await bring([line(order, "99", isBack: true)], refunds) == ["matched": 1])
            try await expectEnd(refunds)
        }
    }

    @Test("a person confirmed a refund that has not gone: two owe it again, and it can be sent anew")
    func confirmedAndRefused() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid(transaction: "1")
            _ = try await bring([line(order, "1")], day: "2026-11-20", refunds)
            try await contradict(payment, order, hasGone: true, paper, refunds)
            try await watch(refunds)
            #expect(try await refunds.exceptions("refund-unsettled").count == 1)
            let contradiction = try await only("refund-contradiction", refunds)
            #expect(try await refunds.writeOff(contradiction).status == .ok)
            #expect(try await refunds.exceptions("refund-unsettled").isEmpty)
            #expect(try await refunds.held().isEmpty)
            #expect(try await refunds.scene.balances()["refunds"] == order.total)
            try await refunds.expectChecks()
            let owed = try await only("overpaid", refunds)
            _ = try await refunds.gone(payment, kind: "overpayment", amount: order.total, number: "98", paper)
            #expect(try await refunds.trail(owed) == ["refunded refund"])
            #expect(try await bring([line(order, "1", isBack: true)], day: "2026-11-25", refunds) == ["matched": 1])
            #expect(try await refunds.scene.balances()["bank"] == nil)
            #expect(try await refunds.open(member) == Int(order.total), "the month was given back")
            try await expectEnd(refunds)
        }
    }

    @Test("what a person said of a refund stands when it is confirmed, and nothing moves")
    func confirmedContradiction() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(transaction: "1")
            _ = try await bring([line(order, "1")], day: "2026-11-20", refunds)
            try await contradict(payment, order, hasGone: true, paper, refunds)
            let contradiction = try await only("refund-contradiction", refunds)
            #expect(try await refunds.act("confirm", on: contradiction).status == .ok)
            #expect(try await refunds.held() == [-order.total])
            #expect(try await bring([line(order, "1", isBack: true)], refunds) == ["matched": 1])
            try await expectEnd(refunds)
        }
    }

    /// A person says how a refund ended of which the gateway did not answer, and then the gateway says the contrary.
    private func contradict(
        _ payment: String, _ order: DuesScene.OrderShape, hasGone: Bool, _ paper: GatewaysOnPaper,
        _ refunds: RefundScene
    ) async throws {
        let id = try await refunds.approved(payment)
        try await refunds.scene.parts.refundWork.drain()
        paper.answer { call in
            let ended = try await refunds.post(
                "/v1/refunds/\(id)/outcome", #"{"moneyHasGone":\#(hasGone),"reason":"Sao kê"}"#, by: refunds.second)
            #expect(ended.status == .ok, "\(ended.text)")
            return try GatewayUnderTest.vnpay.refund(
                call, hasGone ? .refused : .done("99"), amount: order.total)
        }
        refunds.scene.clock?.advance(by: 30)
        try await refunds.scene.parts.refundWork.drain()
    }

    @Test("a refund of which no file says that it has gone is noticed after its days, and ends with its line")
    func refundWithoutLine() async throws {
        FaultRecord.note("S2", "a refund without a line")
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(transaction: "1")
            _ = try await bring([line(order, "1")], day: "2026-11-20", refunds)
            _ = try await refunds.gone(payment, amount: order.total, paper)
            try await refunds.scene.parts.settlementWatch.run()
            #expect(try await refunds.exceptions().isEmpty, "its days are not over")
            try await watch(refunds)
            let unsettled = try await only("refund-unsettled", refunds)
            #expect(try await amount(unsettled, refunds) == Int(order.total))
            #expect(try await refunds.act("confirm", on: unsettled).faults == ["action": "exception.confirm"])
            #expect(try await bring([line(order, "99", isBack: true)], day: "2026-11-25", refunds) == ["matched": 1])
            #expect(try await refunds.trail(unsettled) == ["came settlement"])
            try await expectEnd(refunds)
        }
    }

    @Test("a refund of which no file will say so is kept; a line after all undoes that, once")
    func refundWrittenOff() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(transaction: "1")
            _ = try await bring([line(order, "1")], day: "2026-11-20", refunds)
            _ = try await refunds.gone(payment, amount: order.total, paper)
            try await watch(refunds)
            let unsettled = try await only("refund-unsettled", refunds)
            #expect(try await refunds.writeOff(unsettled).status == .ok)
            #expect(try await refunds.scene.balances()["retained"] == order.total)
            try await expectEnd(refunds)
            try await watch(refunds)
            try await expectEnd(refunds)
            #expect(try await bring([line(order, "99", isBack: true)], day: "2026-11-29", refunds) == ["matched": 1])
            let balances = try await refunds.scene.balances()
            #expect(balances["retained"] == nil && balances["bank"] == nil)
            #expect(try await refunds.trail(unsettled).last == "came settlement")
            try await expectEnd(refunds)
        }
    }

    @Test(
        "a payment that nobody settled and was written off, less a refund: the refund's own line makes it missing again"
    )
    func lineAfterNetting() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (member, order, payment) = try await refunds.paid(.vnpay, ["2026-11", "2026-12"], transaction: "1")
            _ = try await bring([], day: "2026-11-20", refunds)
            let december = #"{"memberId":"\#(member)","month":"2026-12"}"#
            let gone = order.total / 2
            _ = try await refunds.gone(payment, kind: "lines", lines: december, amount: gone, paper)
            try await watch(refunds)
            #expect(try await refunds.writeOff(only("missing-settlement", refunds)).status == .ok)
            try await expectEnd(refunds)
            #expect(
                try await bring([line(order, "99", gone, isBack: true)], day: "2026-11-25", refunds) == ["matched": 1])
            try await watch(refunds)
            #expect(try await refunds.writeOff(only("missing-settlement", refunds)).status == .ok)
            let balances = try await refunds.scene.balances()
            #expect(balances["bank"] == -gone && balances["retained"] == -order.total)
            try await expectEnd(refunds)
        }
    }

    @Test("a charge-back is not confirmed away while a refund that was asked for before it waits")
    func chargeBackBesideRefund() async throws {
        try await RefundScene.run { refunds in
            let (_, order, payment) = try await refunds.paid(transaction: "1")
            _ = try await bring([line(order, "1")], day: "2026-11-20", refunds)
            #expect(try await refunds.ask(payment, #"{"kind":"payment","reason":"x"}"#).status == .created)
            #expect(try await bring([line(order, "1", 5_000, isBack: true)], refunds) == ["reversed": 1])
            let exception = try await only("reversed", refunds)
            #expect(try await refunds.act("confirm", on: exception).faults == ["action": "exception.confirm"])
        }
    }

    @Test("a month's check goes on from the last close: what moves later counts, what was before is not read again")
    func sinceTheClose() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let (_, order, payment) = try await refunds.paid(transaction: "1")
            let (_, late, _) = try await refunds.paid(transaction: "2")
            _ = try await bring([line(order, "1")], day: "2026-11-20", refunds)
            _ = try await refunds.gone(payment, amount: order.total, paper)
            try await watch(refunds)
            let missing = try await only("missing-settlement", refunds)
            #expect(try await refunds.writeOff(missing).status == .ok)
            try await refunds.scene.parts.receipts.drain()
            refunds.scene.clock?.advance(by: 8 * 86_400)
            let closed = try await refunds.scene.post("/v1/month-closes", #"{"month": "2026-11"}"#)
            #expect(closed.status == .created, "\(closed.text)")
            let lines = [line(order, "99", isBack: true), line(late, "2")]
            #expect(try await bring(lines, day: "2026-11-29", refunds) == ["matched": 2])
            try await refunds.scene.tamper("payments", "UPDATE payments SET amount = amount + 1")
            let now = refunds.scene.kit.time.now
            let checks = try await MonthChecks(
                month: DuesMonth(containing: now), closed: try DuesMonth("2026-11"), now: now
            ).run(in: refunds.scene.pool)
            let clearing = try #require(checks.first { $0.name == .clearing })
            #expect(clearing.holds && clearing.expected == 0, "\(clearing)")
        }
    }
}
