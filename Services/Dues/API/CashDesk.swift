import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// Records what members paid in cash to an officer of their cell: an order that is paid from the beginning, with the
/// cell as payee; the receipt follows as for every payment.
struct CashDesk: Sendable {
    let orders: OrderDesk
    /// Called after a commit that makes payments.
    let paymentsMade: WakeUp

    private var kit: ServiceContext { orders.kit }

    struct NewPayment: Decodable, Sendable {
        let lines: [OrderDesk.NewOrder.Line]
        /// Who brought the money, one of those that the lines are about; the only one of them when absent.
        let payerMemberId: MemberID?
        /// When it was paid; now when absent.
        let paidOn: Day?
        /// What was counted: it must be what is owed, so that nothing is taken by mistake.
        let amount: Dong
    }

    func take(
        _ body: NewPayment, by caller: Caller, officer: MemberID, in transaction: PostgresTransaction
    ) async throws -> PaymentOrder {
        let now = kit.time.now
        let today = Day(containing: now)
        guard (today.adding(days: -Self.longestAgo)...today).contains(body.paidOn ?? today) else {
            throw OrderDesk.refused([Self.wrongDay])
        }
        let keys = body.lines.map { DuesKey(memberId: $0.memberId, month: $0.month) }
        let rules = OrderRules(
            minimum: .zero, maximumLines: orders.maximumLines, monthsAhead: orders.monthsAhead)
        try OrderDesk.require(rules.faults(in: keys, present: DuesMonth(containing: now)))
        let members = try await orders.members(keys, in: transaction)
        let lines = try await orders.lines(keys, members, in: transaction)
        try OrderDesk.require(rules.faults(in: lines))
        let cell = try Self.cell(of: lines)
        // What is owed to a cell that was merged is paid to its successor; nobody takes his own money.
        try await orders.access.requireTreasurer(
            of: try await orders.access.successor(of: cell, in: transaction), officer, in: transaction)
        guard !keys.contains(where: { $0.memberId == officer }) else { throw Problem.ownDues }
        let total = lines.map(\.amount).sum()
        guard body.amount == total else { throw OrderDesk.refused([Self.wrongAmount(total)]) }
        let payer = body.payerMemberId ?? (members.count == 1 ? keys.first?.memberId : nil)
        guard payer.map({ members[$0] != nil }) ?? true else { throw OrderDesk.refused([Self.otherPayer]) }
        let order = PaymentOrder(
            orderId: kit.ids.next(at: now), reference: .make(month: DuesMonth(containing: now)), state: .open,
            channel: PaymentOrder.cash, payerMemberId: payer, payeeId: cell, lines: lines, total: total,
            createdAt: now, expiresAt: now, version: 1)
        let paid = try await pay(order, on: body.paidOn == today ? nil : body.paidOn, in: transaction)
        try await kit.audit.record(
            "cash.received", subject: "\(order.orderId)", actor: caller.subject,
            details: ["cell": "\(cell)", "amount": "\(total.amount)"], in: transaction)
        return paid
    }

    /// Writes the order and its payment; what somebody else paid meanwhile is not taken a second time.
    private func pay(
        _ order: PaymentOrder, on day: Day?, in transaction: PostgresTransaction
    ) async throws -> PaymentOrder {
        let context = kit.eventContext()
        _ = try await transaction.pipeline(order.insertions)
        var locked = try await LockedOrders.lock([order.reference], in: transaction)
        let callback = GatewayCallback(
            gateway: PaymentOrder.cash, reference: order.reference.text, amount: order.total, outcome: .paid,
            transaction: order.reference.text, paidAt: day?.moment(minutes: 12 * 60), code: PaymentOrder.cash)
        var found = locked[order.reference]
        let decision = CallbackDecision.decide(callback, on: &found, &locked.open)
        guard var paid = found, let payment = decision.payment, payment.overpaid == .zero else {
            throw OrderDesk.refused([Self.changedMeanwhile])
        }
        try await kit.outbox.append(
            order.created, key: order.orderId.value, version: order.version, context: context, in: transaction)
        var booking = OrderBooking(now: context.now, ids: kit.ids, outbox: kit.outbox, context: context)
        _ = try booking.book(decision, callback, on: &paid, source: .cash)
        _ = try await transaction.pipeline(booking.statements)
        kit.outbox.wakeRelay(after: transaction)
        transaction.afterCommit { [paymentsMade] in paymentsMade.call() }
        return paid
    }

    private static func cell(of lines: [OrderLine]) throws -> OrganizationID {
        guard let cell = lines.first?.cellId, lines.allSatisfy({ $0.cellId == cell }) else {
            throw OrderDesk.refused([
                InvalidValue(
                    field: "lines", rule: "cash.several-cells",
                    vietnamese: "Các khoản thuộc nhiều chi bộ; mỗi chi bộ ghi riêng.",
                    english: "The lines are owed to several cells; each cell records its own.")
            ])
        }
        return cell
    }

    private static func wrongAmount(_ total: Dong) -> InvalidValue {
        InvalidValue(
            field: "amount", rule: "cash.amount", vietnamese: "Số tiền phải đúng bằng \(total), là số phải đóng.",
            english: "The amount must be \(total), which is what is owed.")
    }

    /// How long ago cash can have been paid that is recorded now, in days.
    private static let longestAgo = 31

    private static let wrongDay = InvalidValue(
        field: "paidOn", rule: "cash.day", vietnamese: "Ngày nộp phải trong \(longestAgo) ngày gần đây.",
        english: "The day of the payment must be one of the last \(longestAgo) days.")

    private static let otherPayer = InvalidValue(
        field: "payerMemberId", rule: "cash.payer", vietnamese: "Người nộp phải là một trong các đảng viên của khoản.",
        english: "The payer must be one of the members of the lines.")

    private static let changedMeanwhile = InvalidValue(
        field: "lines", rule: "cash.changed-meanwhile", vietnamese: "Số phải đóng vừa thay đổi; hãy xem lại.",
        english: "What is owed has changed just now; look again.")
}
