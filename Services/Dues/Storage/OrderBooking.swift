import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres

/// What a batch of callbacks or settled lines does to orders: collected, then written in one round trip.
struct OrderBooking {
    /// Where a confirmation came from.
    enum Source: String {
        case callback
        case settlement
        /// The answer to a question of ours.
        case status
        /// An officer of the cell counted it.
        case cash
        /// Settled money that a person gave to the order.
        case exception

        init(_ source: RawCallback.Source) {
            switch source {
            case .callback: self = .callback
            case .status: self = .status
            }
        }
    }

    struct PaymentRow {
        let id: PaymentID
        let order: PaymentOrder
        let payment: Payment
        let transaction: String
        let source: Source
        let paidAt: Date
    }

    let now: Date
    let ids: any IDSource
    let outbox: Outbox
    let context: EventContext

    private var orders: [OrderID: PaymentOrder] = [:]
    private var said: [OrderID: [Heard]] = [:]
    private(set) var payments: [PaymentRow] = []
    var ledger = LedgerRows()
    var exceptions = ExceptionRows()
    private var events: [OutboxEntry] = []
    private var asked: Set<OrderID> = []

    init(now: Date, ids: any IDSource, outbox: Outbox, context: EventContext) {
        self.now = now
        self.ids = ids
        self.outbox = outbox
        self.context = context
    }

    /// Takes in what was decided on a callback; `order` is as the decision left it.
    /// - Returns: the payment that it made, if any.
    mutating func book(
        _ decision: CallbackDecision, _ callback: GatewayCallback, on order: inout PaymentOrder, source: Source
    ) throws -> PaymentID? {
        guard let transition = decision.transition else {
            if decision.answer == .wrongAmount { raise(.amountDiffers, order, amount: callback.amount) }
            return nil
        }
        said[order.orderId, default: []].append(
            Heard(transaction: callback.transaction, outcome: callback.outcome))
        defer { orders[order.orderId] = order }
        switch transition.effect {
        case .takePayment, .takeOverpayment:
            guard let payment = decision.payment else { return nil }
            return try take(payment, callback, &order, source)
        case .recordFailure:
            try emit(order.failed(.declined, gatewayCode: callback.code, at: now), of: &order)
        case .raiseException:
            raise(order.state == .doubtful ? .doubtful : .contradiction, order, amount: order.total)
        case .askStatus:
            // Who asked goes on asking by himself.
            if source != .status { askStatus(of: order) }
        case .note: break
        }
        return nil
    }

    /// The gateway is asked what became of the order, until it is known.
    mutating func askStatus(of order: PaymentOrder) { asked.insert(order.orderId) }

    /// Adds an event of the order.
    mutating func emit(_ payload: some EventPayload, of order: inout PaymentOrder) throws {
        order.version += 1
        orders[order.orderId] = order
        events.append(
            try outbox.entry(of: payload, key: order.orderId.value, version: order.version, context: context))
    }

    private mutating func take(
        _ payment: Payment, _ callback: GatewayCallback, _ order: inout PaymentOrder, _ source: Source
    ) throws -> PaymentID {
        let id: PaymentID = ids.next(at: now)
        payments.append(
            PaymentRow(
                id: id, order: order, payment: payment, transaction: callback.transaction, source: source,
                paidAt: callback.paidAt(toldAt: now)))
        let money: AccountKind = source == .cash ? .cashOnHand : .gatewayClearing
        ledger.add(Posting.payment(payment, payee: order.payeeId, money: money), payment: id, now: now, ids: ids)
        try emit(order.received(payment, id: id, callback: callback, at: now), of: &order)
        if payment.overpaid > .zero { raise(.overpaid, order, payment: id, amount: payment.overpaid) }
        return id
    }

    private mutating func raise(
        _ kind: ExceptionKind, _ order: PaymentOrder, payment: PaymentID? = nil, amount: Dong?
    ) {
        exceptions.add(
            kind.rawValue, owner: order.payeeId, order: order.orderId, payment: payment, amount: amount,
            id: ids.next(at: now))
    }

    /// The statements that write everything, in the order in which rows are locked.
    var statements: [SQL] {
        [orderUpdate, assessmentUpdate, paymentInsertion, advanceInsertion].compactMap { $0 }
            + [ledger.insertion(at: now), exceptions.insertion(at: now), question].compactMap { $0 }
            + (events.isEmpty ? [] : [outbox.insertion(events)])
    }

    private var question: SQL? {
        asked.isEmpty ? nil : StatusQuestionRows.insertion(asked.sorted(), at: now)
    }

    private var orderUpdate: SQL? {
        guard !orders.isEmpty else { return nil }
        let changed = orders.values.sorted { $0.orderId < $1.orderId }
        // The names of transactions have no comma (`GatewayText.isTransaction`), so that commas can part them.
        let words = changed.map { (said[$0.orderId] ?? []).map(\.description).joined(separator: ",") }
        return """
            UPDATE payment_orders o SET state = c.state, version = c.version,
                heard = o.heard || string_to_array(c.said, ',')
            FROM unnest(\(changed.map(\.orderId)), \(changed.map(\.state.rawValue)), \(changed.map(\.version)),
                \(words)) AS c (order_id, state, version, said)
            WHERE o.order_id = c.order_id
            """
    }
}
