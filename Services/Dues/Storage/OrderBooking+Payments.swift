import Contracts
import DuesDomain
import Postgres

extension OrderBooking {
    private var allocations: [(payment: PaymentRow, allocation: Allocation)] {
        payments.flatMap { payment in payment.payment.allocations.map { (payment, $0) } }
    }

    var paymentInsertion: SQL? {
        guard !payments.isEmpty else { return nil }
        return """
            INSERT INTO payments (payment_id, order_id, channel, gateway_transaction, amount, overpaid, source, paid_at,
                confirmed_at)
            SELECT p.*, \(now)
            FROM unnest(\(payments.map(\.id)), \(payments.map(\.order.orderId)), \(payments.map(\.order.channel)),
                \(payments.map(\.transaction)), \(payments.map(\.payment.amount)),
                \(payments.map(\.payment.overpaid)), \(payments.map(\.source.rawValue)), \(payments.map(\.paidAt))) AS p
            """
    }

    var assessmentUpdate: SQL? {
        var paid: [DuesKey: Dong] = [:]
        for (_, allocation) in allocations where allocation.allocated > .zero {
            paid[allocation.line.key, default: .zero] += allocation.allocated
        }
        guard !paid.isEmpty else { return nil }
        let rows = paid.sorted { $0.key < $1.key }
        return """
            UPDATE assessments a SET paid = a.paid + p.amount
            FROM unnest(\(rows.map(\.key.memberId)), \(rows.map(\.key.month)), \(rows.map(\.value)))
                AS p (member_id, month, amount)
            WHERE a.member_id = p.member_id AND a.month = p.month
            """
    }

    var advanceInsertion: SQL? {
        let rows = allocations.filter { $0.allocation.advance > .zero }
        guard !rows.isEmpty else { return nil }
        return """
            INSERT INTO advances (payment_id, member_id, month, cell_id, amount)
            SELECT * FROM unnest(\(rows.map(\.payment.id)), \(rows.map(\.allocation.line.key.memberId)),
                \(rows.map(\.allocation.line.key.month)), \(rows.map(\.allocation.line.cellId)),
                \(rows.map(\.allocation.advance)))
            """
    }
}
