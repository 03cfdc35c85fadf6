import Contracts
import DuesDomain
import Testing

@Suite("Ledger")
struct LedgerTests {
    @Test("assessment, payment and settlement leave the receivable at nothing and the money at the bank")
    func wholeWay() throws {
        let line = try Figures.line(Figures.member(), "2026-05", 15_930)
        var order: PaymentOrder? = try Figures.order([line])
        let payee = try #require(order).payeeId
        var open = OpenDues([line.key: line.amount])
        let payment = try #require(
            CallbackDecision.decide(Figures.callback(.paid, amount: 15_930), on: &order, &open).payment)
        let settled = SettlementLine(
            number: 2, reference: "DP26050001", transaction: "14422574", gross: Dong(15_930), fee: Dong(330),
            net: Dong(15_600), settledOn: try Figures.day("2026-05-13"))
        let assessed = Posting.assessment(Dong(15_930), of: line.key, cell: line.cellId)
        #expect(Balances(assessed)[Account(.memberReceivable, of: line.cellId)] == Dong(15_930))
        let balances = Balances(
            assessed + Posting.payment(payment, payee: payee)
                + Posting.settlement(settled, state: .matched, payee: payee))
        #expect(balances.difference == .zero)
        #expect(balances[Account(.memberReceivable, of: line.cellId)] == .zero)
        #expect(balances[Account(.gatewayClearing, of: payee)] == .zero)
        #expect(balances[Account(.bank, of: payee)] == Dong(15_600))
        #expect(balances[Account(.channelFees, of: payee)] == Dong(330))
        #expect(balances[Account(.assessedDues, of: line.cellId)] == Dong(15_930))
    }

    @Test("an adjustment reverses what was posted and posts anew; the same amount posts nothing")
    func adjustment() throws {
        let key = DuesKey(memberId: Figures.member(), month: try Figures.month("2026-05"))
        let cell = Figures.organization()
        #expect(Posting.assessment(Dong(100), before: Dong(100), of: key, cell: cell).isEmpty)
        let first = Posting.assessment(Dong(100), of: key, cell: cell)
        let change = Posting.assessment(Dong(120), before: Dong(100), of: key, cell: cell)
        #expect(change.map(\.cause) == [.reversal, .assessment])
        #expect(Balances(first + change)[Account(.memberReceivable, of: cell)] == Dong(120))
        let toNothing = Posting.assessment(.zero, before: Dong(120), of: key, cell: cell)
        #expect(Balances(first + change + toNothing)[Account(.memberReceivable, of: cell)] == .zero)
    }

    @Test("an overpayment waits among the refunds, an advance for its assessment")
    func overpaidAndAhead() throws {
        let line = try Figures.line(Figures.member(), "2026-06", 15_930, assessed: false)
        let order = try Figures.order([line])
        var open = OpenDues()
        let ahead = Payment(order.total, of: order, again: false, &open)
        let again = Payment(order.total, of: order, again: true, &open)
        let balances = Balances(
            Posting.payment(ahead, payee: order.payeeId) + Posting.payment(again, payee: order.payeeId)
                + Posting.assessment(Dong(15_930), of: line.key, cell: line.cellId)
                + Posting.advanceUsed(Dong(15_930), of: line.key, from: line.cellId, cell: line.cellId))
        #expect(balances.difference == .zero)
        #expect(balances[Account(.refunds, of: order.payeeId)] == Dong(15_930))
        #expect(balances[Account(.advances, of: line.cellId)] == .zero)
        #expect(balances[Account(.memberReceivable, of: line.cellId)] == .zero)
        #expect(balances[Account(.gatewayClearing, of: order.payeeId)] == Dong(31_860))
    }

    @Test("an advance pays the cell that assessed its month; what the month does not need the payee owes back")
    func advanceOfMoved() throws {
        let line = try Figures.line(Figures.member(), "2026-06", 15_930, assessed: false)
        let order = try Figures.order([line])
        let cell = Figures.organization()
        var open = OpenDues()
        let ahead = Payment(order.total, of: order, again: false, &open)
        let balances = Balances(
            Posting.payment(ahead, payee: order.payeeId) + Posting.assessment(Dong(5_000), of: line.key, cell: cell)
                + Posting.advanceUsed(Dong(5_000), of: line.key, from: line.cellId, cell: cell)
                + Posting.advanceReturned(Dong(10_930), of: line.key, from: line.cellId, payee: order.payeeId))
        #expect(balances.difference == .zero)
        #expect(balances[Account(.advances, of: line.cellId)] == .zero)
        #expect(balances[Account(.memberReceivable, of: line.cellId)] == .zero)
        #expect(balances[Account(.memberReceivable, of: cell)] == .zero)
        #expect(balances[Account(.refunds, of: order.payeeId)] == Dong(10_930))
    }

    @Test("money that nobody can explain is kept as such")
    func unexplained() throws {
        let payee = Figures.organization()
        let line = SettlementLine(
            number: 2, reference: "X", transaction: "1", gross: Dong(10_000), fee: .zero, net: Dong(10_000),
            settledOn: try Figures.day("2026-05-13"))
        let balances = Balances(Posting.settlement(line, state: .unknownReference, payee: payee))
        #expect(balances[Account(.unexplained, of: payee)] == Dong(10_000))
        #expect(Posting.settlement(line, state: .duplicate, payee: payee).isEmpty)
    }

    @Test("a posting of nothing is none, and receipt numbers have six digits or more")
    func small() {
        let account = Account(.bank, of: Figures.organization())
        #expect(Posting(debit: account, credit: account, amount: .zero, cause: .payment) == nil)
        #expect(ReceiptNumber(year: 2026, ordinal: 7).description == "DP-2026-000007")
        #expect(ReceiptNumber(year: 2026, ordinal: 1_234_567).description == "DP-2026-1234567")
    }

    @Test("a batch of cash is counted, refused or withdrawn once")
    func cashBatches() {
        for state in CashBatchState.allCases {
            let ways = CashBatchTrigger.allCases.map { CashBatchGraph.state(after: $0, in: state) }
            #expect(ways == (state == .handed ? [.received, .refused, .withdrawn] : [nil, nil, nil]))
        }
        #expect(CashBatchGraph.diagram.contains("    handed --> received: counted\n"))
    }
}
