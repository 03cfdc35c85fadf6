import Contracts
import DuesDomain
import Testing

@Suite("Callbacks")
struct CallbackTests {
    private func paidOrder() throws -> (PaymentOrder?, OpenDues, OrderLine) {
        let line = try Figures.line(Figures.member(), "2026-05", 15_930)
        return (try Figures.order([line]), OpenDues([line.key: Dong(15_930)]), line)
    }

    @Test("the first callback books the payment, a second one changes nothing")
    func twice() throws {
        var (order, open, line) = try paidOrder()
        let callback = Figures.callback(.paid, amount: 15_930)
        let first = CallbackDecision.decide(callback, on: &order, &open)
        #expect(first.answer == .confirmed)
        #expect(first.transition?.to == .paid)
        #expect(first.payment?.allocations.map(\.allocated) == [Dong(15_930)])
        #expect(first.payment?.overpaid == .zero)
        let after = order
        let second = CallbackDecision.decide(callback, on: &order, &open)
        #expect(second.answer == .alreadyConfirmed)
        #expect(second.payment == nil && second.transition == nil)
        #expect(order == after)
        #expect(line.amount == Dong(15_930))
    }

    @Test("an unknown order, another gateway's order and an altered amount touch nothing")
    func refused() throws {
        var (order, open, _) = try paidOrder()
        let before = order
        var none: PaymentOrder?
        #expect(
            CallbackDecision.decide(Figures.callback(.paid, amount: 15_930), on: &none, &open).answer == .orderNotFound)
        #expect(
            CallbackDecision.decide(Figures.callback(.paid, amount: 15_930, gateway: "momo"), on: &order, &open).answer
                == .orderNotFound)
        for amount in [0, 15_929, 15_931, 1_593_000] as [Int64] {
            let decision = CallbackDecision.decide(Figures.callback(.paid, amount: amount), on: &order, &open)
            #expect(decision.answer == .wrongAmount)
            #expect(decision.payment == nil)
        }
        #expect(order == before)
    }

    @Test("a failed payment is recorded and acknowledged; success after it is taken")
    func failure() throws {
        var (order, open, _) = try paidOrder()
        let declined = CallbackDecision.decide(Figures.callback(.declined, amount: 15_930), on: &order, &open)
        #expect(declined.answer == .confirmed)
        #expect(declined.transition?.to == .failed)
        #expect(declined.transition?.effect == .recordFailure)
        let again = CallbackDecision.decide(Figures.callback(.declined, amount: 15_930), on: &order, &open)
        #expect(again.answer == .alreadyConfirmed)
        let paid = CallbackDecision.decide(
            Figures.callback(.paid, amount: 15_930, transaction: "2"), on: &order, &open)
        #expect(paid.transition?.to == .paid)
        #expect(paid.payment?.amount == Dong(15_930))
    }

    @Test("late success after expiry is taken")
    func late() throws {
        var (order, open, line) = try paidOrder()
        order?.state = .expired
        let decision = CallbackDecision.decide(Figures.callback(.paid, amount: 15_930), on: &order, &open)
        #expect(decision.answer == .confirmed)
        #expect(decision.transition?.from == .expired)
        #expect(decision.payment?.allocations.first?.line == line)
    }

    @Test("paid twice: the second payment is kept as an overpayment")
    func overpayment() throws {
        var (order, open, _) = try paidOrder()
        _ = CallbackDecision.decide(Figures.callback(.paid, amount: 15_930), on: &order, &open)
        let second = CallbackDecision.decide(
            Figures.callback(.paid, amount: 15_930, transaction: "2"), on: &order, &open)
        #expect(second.answer == .confirmed)
        #expect(second.payment?.overpaid == Dong(15_930))
        #expect(second.payment?.allocations.isEmpty == true)
    }

    @Test("failure after success leaves the payment and goes to a person")
    func contradiction() throws {
        var (order, open, _) = try paidOrder()
        _ = CallbackDecision.decide(Figures.callback(.paid, amount: 15_930), on: &order, &open)
        let declined = CallbackDecision.decide(Figures.callback(.declined, amount: 15_930), on: &order, &open)
        #expect(declined.transition?.to == .paid)
        #expect(declined.transition?.effect == .raiseException)
        let suspected = CallbackDecision.decide(Figures.callback(.suspected, amount: 15_930), on: &order, &open)
        #expect(suspected.transition?.effect == .raiseException)
    }

    @Test("two orders for the same month: the second one's money is overpaid, not counted twice")
    func sameMonth() throws {
        let line = try Figures.line(Figures.member(), "2026-05", 15_930)
        var first: PaymentOrder? = try Figures.order([line])
        var second: PaymentOrder? = try Figures.order([line])
        var open = OpenDues([line.key: Dong(15_930)])
        _ = CallbackDecision.decide(Figures.callback(.paid, amount: 15_930), on: &first, &open)
        let decision = CallbackDecision.decide(
            Figures.callback(.paid, amount: 15_930, transaction: "2"), on: &second, &open)
        #expect(decision.payment?.allocations.map(\.allocated) == [.zero])
        #expect(decision.payment?.overpaid == Dong(15_930))
    }

    @Test("a month not assessed yet is paid ahead")
    func ahead() throws {
        let line = try Figures.line(Figures.member(), "2026-06", 15_930, assessed: false)
        var order: PaymentOrder? = try Figures.order([line])
        var open = OpenDues()
        let decision = CallbackDecision.decide(Figures.callback(.paid, amount: 15_930), on: &order, &open)
        #expect(decision.payment?.allocations.map(\.advance) == [Dong(15_930)])
        #expect(decision.payment?.overpaid == .zero)
    }
}
