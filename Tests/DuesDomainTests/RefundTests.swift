import Contracts
import DuesDomain
import Testing

@Suite("Refunds")
struct RefundTests {
    /// What the rules say, written out beside the graph.
    private static let ways: [String: String] = [
        "requested approve": "approved", "requested reject": "rejected", "requested withdraw": "withdrawn",
        "approved send": "sent", "approved withdraw": "withdrawn", "approved note-reversal": "succeeded",
        "approved hold": "unknown",
        "sent succeed": "succeeded", "sent fail": "failed", "sent no-answer": "unknown",
        "unknown succeed": "succeeded", "unknown fail": "failed", "unknown no-answer": "unknown",
        "unknown not-received": "approved", "unknown confirm": "succeeded", "unknown deny": "failed",
    ]

    @Test("every pair of state and step leads where the rules say, or is refused by name")
    func pairs() throws {
        #expect(RefundGraph.transitions.count == Self.ways.count)
        for state in RefundState.allCases {
            for step in RefundStep.allCases {
                guard let to = Self.ways["\(state.rawValue) \(step.rawValue)"] else {
                    let fault = #expect(throws: InvalidValue.self) {
                        try RefundGraph.transition(from: state, on: step)
                    }
                    #expect(fault?.rule == "refund.\(step.rawValue)" && fault?.field == "state")
                    continue
                }
                #expect(try RefundGraph.transition(from: state, on: step).to.rawValue == to)
            }
        }
    }

    @Test("money is owed once, then leaves or is taken back, whichever way is taken")
    func money() {
        for way in RefundGraph.transitions {
            let (before, after) = (Self.owed[way.from], Self.owed[way.to])
            switch way.effect {
            case .owe: #expect(before == false && after == true)
            case .leave: #expect(before == true && way.to == .succeeded)
            case .takeBack: #expect(before == true && after == false)
            case .nothing: #expect(before == after)
            }
        }
    }

    private static let owed: [RefundState: Bool] = [
        .requested: false, .approved: true, .sent: true, .unknown: true, .failed: false, .rejected: false,
        .withdrawn: false,
    ]

    @Test("the graph can be printed")
    func printed() {
        let diagram = RefundGraph.diagram
        #expect(diagram.hasPrefix("stateDiagram-v2\n    [*] --> requested\n"))
        #expect(diagram.contains("    unknown --> failed: deny / take-back\n"))
        #expect(!diagram.contains("succeeded -->"))
    }

    private func refund(_ kind: RefundKind = .payment, _ state: RefundState = .requested, by asker: MemberID) -> Refund
    {
        Refund(
            refundId: Figures.ids.next(at: Figures.now), kind: kind, state: state,
            parts: [RefundPart(key: nil, isSurplus: false, amount: Dong(5_000))], requestedBy: asker)
    }

    @Test(
        "who asked decides neither at the beginning nor of an unknown end",
        arguments: [
            (RefundState.requested, RefundStep.approve), (.requested, .reject), (.unknown, .confirm), (.unknown, .deny),
        ])
    func samePerson(state: RefundState, step: RefundStep) throws {
        let (asker, other) = (Figures.member(), Figures.member())
        for person in [asker, nil] {
            var own = refund(.payment, state, by: asker)
            let fault = #expect(throws: InvalidValue.self) { try own.take(step, by: person) }
            #expect(fault?.rule == "refund.same-person")
            #expect(own.state == state)
        }
        var decided = refund(.payment, state, by: asker)
        _ = try decided.take(step, by: other)
        #expect(decided.state != state)
    }

    @Test("a reversal is not sent, and nothing else goes without being sent")
    func reversal() throws {
        let asker = Figures.member()
        var reversal = refund(.reversal, .approved, by: asker)
        #expect(throws: InvalidValue.self) { try reversal.take(.send) }
        #expect(try reversal.take(.noteReversal) == .leave)
        var other = refund(.payment, .approved, by: asker)
        let fault = #expect(throws: InvalidValue.self) { try other.take(.noteReversal) }
        #expect(fault?.rule == "refund.not-a-reversal")
    }

    private static let keys =
        (try? [
            DuesKey(memberId: Figures.member(), month: Figures.month("2026-05")),
            DuesKey(memberId: Figures.member(), month: Figures.month("2026-05")),
        ]) ?? []

    private func payment(rest: Int64 = 37_000, overpaid: Int64 = 5_000) -> RefundablePayment {
        RefundablePayment(
            rest: Dong(rest), overpaid: Dong(overpaid),
            lines: [
                .init(key: Self.keys[0], rest: Dong(20_000), surplus: Dong(3_000)),
                .init(key: Self.keys[1], rest: Dong(12_000), surplus: .zero),
            ])
    }

    @Test("the overpayment is what no line takes or needs; a line goes alone; the payment is all of it")
    func parts() throws {
        let payment = payment()
        #expect(try payment.parts(of: .overpayment).map(\.amount) == [Dong(5_000), Dong(3_000)])
        let single = try payment.parts(of: .lines, lines: [Self.keys[1]])
        #expect(single == [RefundPart(key: Self.keys[1], isSurplus: false, amount: Dong(12_000))])
        for kind in [RefundKind.payment, .reversal] {
            #expect(try payment.parts(of: kind).map(\.amount).sum() == Dong(37_000))
        }
    }

    @Test("what cannot be asked for is refused by field and rule")
    func faults() throws {
        func rule(_ kind: RefundKind, _ keys: [DuesKey] = [], of payment: RefundablePayment) -> String? {
            do {
                _ = try payment.parts(of: kind, lines: keys)
                return nil
            } catch {
                return "\(error.field) \(error.rule)"
            }
        }
        let (payment, key) = (payment(), Self.keys[0])
        let stranger = DuesKey(memberId: Figures.member(), month: key.month)
        let empty = RefundablePayment(
            rest: .zero, overpaid: .zero, lines: [.init(key: key, rest: .zero, surplus: .zero)])
        #expect(rule(.lines, of: payment) == "lines refund.no-lines")
        #expect(rule(.lines, [key, key], of: payment) == "lines[1] refund.line-twice")
        #expect(rule(.lines, [stranger], of: payment) == "lines[0] refund.line-unknown")
        #expect(rule(.payment, [key], of: payment) == "lines refund.lines-not-asked")
        #expect(rule(.lines, [key], of: empty) == "lines[0] refund.nothing-left")
        #expect(rule(.overpayment, of: empty) == "kind refund.nothing-left")
        #expect(rule(.payment, of: self.payment(rest: 36_999)) == "amount refund.above-paid")
        #expect(rule(.payment, of: self.payment(rest: 37_000)) == nil)
    }

    @Test("a part is taken from what pays nothing first, a surplus from nothing else")
    func sources() throws {
        let key = Self.keys[0]
        let line = RefundableLine(returned: Dong(1), lowered: Dong(2), waiting: Dong(4), paid: Dong(8))
        func sources(_ amount: Int64, surplus: Bool = false) throws -> RefundSources {
            try RefundSources(of: RefundPart(key: key, isSurplus: surplus, amount: Dong(amount)), from: line)
        }
        #expect(
            try sources(15) == RefundSources(returned: Dong(1), lowered: Dong(2), waiting: Dong(4), paid: Dong(8)))
        #expect(try sources(5) == RefundSources(returned: Dong(1), lowered: Dong(2), waiting: Dong(2)))
        #expect(try sources(3, surplus: true) == RefundSources(returned: Dong(1), lowered: Dong(2)))
        for (amount, surplus) in [(16, false), (4, true)] as [(Int64, Bool)] {
            let fault = #expect(throws: InvalidValue.self) { try sources(amount, surplus: surplus) }
            #expect(fault?.rule == "refund.changed-meanwhile")
        }
    }

    @Test("owing, leaving and taking back balance; taken back, nothing is left of it")
    func postings() throws {
        let (holder, cell, payee) = (Figures.organization(), Figures.organization(), Figures.organization())
        let sources = RefundSources(returned: Dong(1), lowered: Dong(2), waiting: Dong(4), paid: Dong(8))
        let owed = Posting.refundOwed(sources, of: Self.keys[0], holder: holder, cell: cell, payee: payee)
        let balances = Balances(owed)
        #expect(balances[Account(.refunds, of: payee)] == Dong(14), "what was returned stands there already")
        #expect(balances[Account(.refunds, of: cell)] == Dong(-2))
        #expect(balances[Account(.advances, of: holder)] == Dong(-4))
        #expect(balances[Account(.memberReceivable, of: cell)] == Dong(8))
        let left = Balances(owed + Posting.refundLeft(Dong(14), payee: payee))
        #expect(left.difference == .zero)
        #expect(left[Account(.refunds, of: payee)] == .zero)
        #expect(left[Account(.gatewayClearing, of: payee)] == Dong(-14))
        let back = Balances(owed + owed.map(\.reversed))
        for kind in AccountKind.allCases {
            for owner in [holder, cell, payee] { #expect(back[Account(kind, of: owner)] == .zero) }
        }
        // A payee that is the cell itself moves nothing between its own refunds.
        #expect(
            Posting.refundOwed(
                RefundSources(lowered: Dong(2)), of: Self.keys[0], holder: cell, cell: cell, payee: cell
            ).isEmpty)
    }
}
