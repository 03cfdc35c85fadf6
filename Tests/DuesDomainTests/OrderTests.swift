import Contracts
import DuesDomain
import Testing

@Suite("Payment orders")
struct OrderTests {
    @Test("the graph has one row for every state and trigger")
    func complete() {
        let pairs = OrderGraph.transitions.map { "\($0.from)-\($0.trigger)" }
        #expect(Set(pairs).count == pairs.count)
        #expect(pairs.count == OrderState.allCases.count * OrderTrigger.allCases.count)
    }

    @Test("no way leads out of paid, and money is taken from every other state")
    func paidIsFinal() {
        for transition in OrderGraph.transitions {
            if transition.from == .paid { #expect(transition.to == .paid) }
            if transition.trigger == .paid {
                #expect(transition.to == .paid)
                #expect(transition.effect == (transition.from == .paid ? .takeOverpayment : .takePayment))
            }
        }
    }

    @Test("an order that nobody knows of does not expire")
    func unknownStays() {
        #expect(OrderGraph.transition(from: .unknown, on: .timeOver).to == .unknown)
        #expect(OrderGraph.transition(from: .open, on: .timeOver).to == .expired)
        #expect(OrderGraph.transition(from: .open, on: .pending).to == .unknown)
    }

    @Test("the graph can be printed")
    func printed() {
        let diagram = OrderGraph.diagram
        #expect(diagram.hasPrefix("stateDiagram-v2\n    [*] --> open\n"))
        #expect(diagram.contains("    expired --> paid: paid / take-payment\n"))
        #expect(!diagram.contains("paid --> open"))
    }

    private let rules = OrderRules(minimum: Dong(5_000), maximumLines: 3, monthsAhead: 12)

    @Test("all faults of an order are told at once")
    func faults() throws {
        let present = try Figures.month("2026-05")
        let member = Figures.member()
        let key = DuesKey(memberId: member, month: present)
        #expect(rules.faults(in: [], present: present).map(\.rule) == ["order.no-lines"])
        let far = DuesKey(memberId: member, month: present.adding(months: 13))
        #expect(
            rules.faults(in: [key, key, far, far], present: present).map(\.rule)
                == ["order.too-many-lines", "order.line-twice", "order.too-far-ahead"])
        #expect(rules.faults(in: [key, DuesKey(memberId: member, month: present.next)], present: present).isEmpty)
    }

    @Test("an order below the channel's minimum is refused, combined it passes")
    func minimum() throws {
        let member = Figures.member()
        let small = try Figures.line(member, "2026-05", 3_000)
        #expect(rules.faults(in: [small]).map(\.rule) == ["order.below-minimum"])
        #expect(rules.faults(in: [small, try Figures.line(member, "2026-06", 3_000)]).isEmpty)
        #expect(rules.faults(in: [try Figures.line(member, "2026-05", 0)]).map(\.rule) == ["order.nothing-owed"])
    }
}
