import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// Takes refunds from state to state: row, ledger, months, standings and events in the caller's transaction.
struct RefundBooking: Sendable {
    let kit: ServiceContext
    let standings: Standings

    /// What is kept with a step.
    struct Note: Sendable {
        /// Who decides; absent for what a gateway says.
        var person: MemberID?
        var reason: String?
        /// The gateway's own number of the refund.
        var transaction: String?
        var code: String?
        /// When the gateway is told or asked next, while it has to be.
        var nextAt: Date?
        /// Whether the gateway is told or asked now.
        var isAsked = false
    }

    /// - Parameter row: locked (`RefundRow.lock`).
    func take(
        _ step: RefundStep, of row: RefundRow, _ note: Note, in transaction: PostgresTransaction
    ) async throws -> RefundRow {
        var refund = row.refund
        let effect = try refund.take(step, by: note.person)
        let context = kit.eventContext()
        // First the state: what is left of the payment is counted with it.
        try await transaction.execute(update(row, refund.state, step, note, context.now))
        switch effect {
        case .owe: try await owe(row, context, in: transaction)
        case .leave: try await leave(row, note, context, in: transaction)
        case .takeBack: try await takeBack(row, step, note, context, in: transaction)
        case .nothing: break
        }
        kit.outbox.wakeRelay(after: transaction)
        guard let taken = try await RefundRow.find(refund.refundId, in: transaction) else { throw Problem.notFound }
        return taken
    }

    private func update(
        _ row: RefundRow, _ state: RefundState, _ step: RefundStep, _ note: Note, _ now: Date
    ) -> SQL {
        let isApproval = step == .approve
        let isEnd = [.succeeded, .failed, .rejected, .withdrawn].contains(state)
        return """
            UPDATE refunds SET state = \(state.rawValue), next_at = \(isEnd ? nil : note.nextAt),
                approved_by = coalesce(approved_by, \(isApproval ? note.person : nil)),
                approved_at = coalesce(approved_at, \(isApproval ? now : nil)),
                ended_by = \(isEnd ? note.person : nil), ended_reason = \(isEnd ? note.reason : nil),
                ended_at = \(isEnd ? now : nil),
                sent_at = CASE WHEN \(step == .send) THEN \(now) ELSE sent_at END,
                asked = asked + \(note.isAsked ? 1 : 0),
                gateway_transaction = coalesce(\(note.transaction), gateway_transaction),
                gateway_code = coalesce(\(note.code), gateway_code)
            WHERE refund_id = \(row.refund.refundId)
            """
    }

    /// The months of the lines are owed again, and the money is owed to the payer.
    private func owe(
        _ row: RefundRow, _ context: EventContext, in transaction: PostgresTransaction
    ) async throws {
        let payment = try await payment(of: row, in: transaction)
        var ledger = LedgerRows()
        var statements: [SQL] = []
        var lines: [PaymentLine] = []
        for (position, part) in row.refund.parts.enumerated() {
            guard let key = part.key, let line = payment.lines[key] else { continue }
            let sources = try RefundSources(of: part, from: line.sources)
            ledger.add(
                Posting.refundOwed(
                    sources, of: key, holder: line.holderId, cell: line.cellId, payee: row.payeeId),
                payment: row.paymentId, now: context.now, ids: kit.ids)
            lines.append(
                PaymentLine(
                    memberId: key.memberId, month: key.month, amount: part.amount, assessmentId: line.assessmentId))
            statements += [
                """
                UPDATE refund_parts SET holder_id = \(line.holderId), cell_id = \(line.cellId),
                    from_returned = \(sources.returned), from_lowered = \(sources.lowered),
                    from_advance = \(sources.waiting), from_paid = \(sources.paid)
                WHERE refund_id = \(row.refund.refundId) AND position = \(position)
                """,
                Self.paidChange(key, -sources.paid), Self.returnedChange(row.paymentId, key, sources.waiting),
            ].compactMap { $0 }
        }
        _ = try await transaction.pipeline(statements + [ledger.insertion(at: context.now)].compactMap { $0 })
        try await emit(
            RefundApproved(
                orderId: row.orderId, refundId: row.refund.refundId, paymentId: row.paymentId, channel: row.channel,
                amount: row.amount, lines: lines, reversal: row.refund.kind == .reversal, approvedAt: context.now),
            row, context, in: transaction)
        try await standings.refresh(Set(lines.map(\.memberId)), context: context, in: transaction)
    }

    /// The money has gone; what asked for it in the work list is settled.
    private func leave(
        _ row: RefundRow, _ note: Note, _ context: EventContext, in transaction: PostgresTransaction
    ) async throws {
        let isReversal = row.refund.kind == .reversal
        var ledger = LedgerRows()
        ledger.add(
            Posting.refundLeft(row.amount, payee: row.payeeId), payment: row.paymentId, now: context.now, ids: kit.ids)
        _ = try await transaction.pipeline([ledger.insertion(at: context.now)].compactMap { $0 })
        if isReversal { try await FoundReversals(reversal: row).join(at: context.now, ids: kit.ids, in: transaction) }
        let rest = try await payment(of: row, in: transaction)
        let isAllBack =
            rest.refundable.overpaid == .zero && rest.lines.values.allSatisfy { $0.sources.returned == .zero }
        for condition in [ended(by: row, isAllBack: isAllBack), loweringsEnded(by: row)] {
            try await ExceptionTrail.end(
                condition, as: "refunded", by: "refund", target: row.refund.refundId.description, at: context.now,
                in: transaction)
        }
        try await emit(
            RefundSucceeded(
                orderId: row.orderId, refundId: row.refund.refundId, paymentId: row.paymentId, channel: row.channel,
                payerMemberId: row.payerMemberId, amount: row.amount, reversal: isReversal,
                gatewayTransaction: note.transaction, succeededAt: context.now),
            row, context, in: transaction)
    }

    /// Which exceptions `e` of its order a refund ends that has gone: those that asked for it, and of a payment of which
    /// clearing holds nothing any more that it was not settled.
    private func ended(by row: RefundRow, isAllBack: Bool) -> SQL {
        let isReversal = row.refund.kind == .reversal
        return """
            e.order_id = \(row.orderId) AND coalesce(e.payment_id, \(row.paymentId)) = \(row.paymentId) AND (
                \(isReversal) AND e.kind = \(ExceptionKind.contradiction.rawValue)
                OR \(isReversal) AND e.kind = \(ExceptionKind.refundContradiction.rawValue) AND \(Self.isDenied("e"))
                OR e.kind = \(SettlementState.reversed.rawValue) AND e.payment_id IS NOT NULL AND (\(isReversal) OR EXISTS (
                    SELECT FROM settlement_lines l WHERE l.payment_id = \(row.paymentId) AND l.reversal
                )) AND \(SettledReversals.takenBack(of: "\(row.paymentId)")) <= (
                    SELECT sum(f.amount) FROM refunds f
                    WHERE f.payment_id = \(row.paymentId) AND \(SettledReversals.hasGone("f")))
                OR e.kind = \(SettlementState.missingSettlement.rawValue)
                    AND \(PaymentClearing.holds(of: "\(row.paymentId)")) <= 0
                OR \(isAllBack) AND e.kind = ANY(\(Self.surplus)) AND NOT EXISTS (
                    SELECT FROM refunds f
                    WHERE f.payment_id = e.payment_id AND f.state = ANY(\(RefundState.underWay.map(\.rawValue)))))
            """
    }

    /// Which exceptions `e` of lowered assessments it ends, by member and month: what was left over went back.
    private func loweringsEnded(by row: RefundRow) -> SQL {
        """
        e.kind = \(ExceptionKind.assessmentLowered.rawValue) AND (e.member_id, e.month) IN (
            SELECT r.member_id, r.month FROM refund_parts r
            WHERE r.refund_id = \(row.refund.refundId) AND r.from_lowered > 0
        ) AND (
            SELECT sum(x.amount) FROM exceptions x
            WHERE x.kind = \(ExceptionKind.assessmentLowered.rawValue)
                AND x.member_id = e.member_id AND x.month = e.month
        ) <= (
            SELECT sum(r.from_lowered) FROM refund_parts r JOIN refunds f USING (refund_id)
            WHERE f.state = \(RefundState.succeeded.rawValue) AND r.member_id = e.member_id AND r.month = e.month)
        """
    }

    /// Whether the refund of an exception was denied by a person, while its gateway says that it has gone.
    static func isDenied(_ exception: SQL) -> SQL {
        """
        EXISTS (
            SELECT FROM refunds d
            WHERE d.refund_id = \(exception).refund_id AND d.state = \(RefundState.failed.rawValue))
        """
    }

    private static let surplus = [ExceptionKind.overpaid, .advanceSurplus].map(\.rawValue)

    /// What the lines lost is paid again; where somebody has paid a month meanwhile, the money stays owed back.
    private func takeBack(
        _ row: RefundRow, _ step: RefundStep, _ note: Note, _ context: EventContext,
        in transaction: PostgresTransaction
    ) async throws {
        let payment = try await payment(of: row, in: transaction)
        var open = payment.lines.mapValues { max($0.open ?? .zero, .zero) }
        var (ledger, exceptions, statements) = (LedgerRows(), ExceptionRows(), [SQL]())
        let parts = try await transaction.query(
            """
            SELECT * FROM refund_parts WHERE refund_id = \(row.refund.refundId) AND member_id IS NOT NULL
            ORDER BY position
            """
        ).map(TakenPart.init)
        for part in parts {
            let isAssessed = payment.lines[part.key]?.open != nil
            let back = min(part.sources.paid, open[part.key] ?? .zero)
            open[part.key, default: .zero] -= back
            let waiting = isAssessed ? Dong.zero : part.sources.waiting
            let restored = RefundSources(lowered: part.sources.lowered, waiting: waiting, paid: back)
            ledger.add(
                Posting.refundOwed(
                    restored, of: part.key, holder: part.holderId, cell: part.cellId, payee: row.payeeId
                ).map(\.reversed), payment: row.paymentId, now: context.now, ids: kit.ids)
            let kept = part.sources.paid - back
            statements += [
                """
                UPDATE refund_parts SET kept = \(kept)
                WHERE refund_id = \(row.refund.refundId) AND position = \(part.position)
                """,
                Self.paidChange(part.key, back), Self.returnedChange(row.paymentId, part.key, -waiting),
            ].compactMap { $0 }
            let stays = kept + part.sources.waiting - waiting
            if stays > .zero {
                exceptions.add(
                    ExceptionKind.overpaid.rawValue, owner: row.payeeId, order: row.orderId, payment: row.paymentId,
                    amount: stays, id: kit.ids.next(at: context.now))
            }
        }
        // A line tells that it has gone, and it has not.
        if try await row.isTold(in: transaction) {
            exceptions.add(
                ExceptionKind.refundContradiction.rawValue, owner: row.payeeId, order: row.orderId,
                payment: row.paymentId, amount: row.amount, refund: row.refund.refundId,
                id: kit.ids.next(at: context.now))
        }
        _ = try await transaction.pipeline(
            statements
                + [ledger.insertion(at: context.now), exceptions.insertion(at: context.now)].compactMap { $0 })
        let reason =
            switch step {
            case .withdraw: "withdrawn"
            case .deny: "denied"
            default: "refused"
            }
        try await emit(
            RefundFailed(
                orderId: row.orderId, refundId: row.refund.refundId, paymentId: row.paymentId, channel: row.channel,
                amount: row.amount, reason: reason, gatewayCode: note.code, failedAt: context.now),
            row, context, in: transaction)
        try await standings.refresh(Set(parts.map(\.key.memberId)), context: context, in: transaction)
    }

    /// A part of a line as it was taken.
    private struct TakenPart {
        let position: Int
        let key: DuesKey
        let holderId: OrganizationID
        let cellId: OrganizationID
        let sources: RefundSources

        init(row: PostgresRow) throws {
            position = try row.get("position")
            key = DuesKey(memberId: try row.get("member_id"), month: try row.get("month"))
            holderId = try row.get("holder_id")
            cellId = try row.get("cell_id")
            sources = RefundSources(
                returned: try row.get("from_returned"), lowered: try row.get("from_lowered"),
                waiting: try row.get("from_advance"), paid: try row.get("from_paid"))
        }
    }

    private func payment(
        of row: RefundRow, in transaction: PostgresTransaction
    ) async throws -> RefundablePaymentRow {
        guard let payment = try await RefundablePaymentRow.lock(row.paymentId, in: transaction) else {
            throw Problem.notFound
        }
        return payment
    }

    private static func paidChange(_ key: DuesKey, _ change: Dong) -> SQL? {
        guard change != .zero else { return nil }
        return """
            UPDATE assessments SET paid = paid + \(change) WHERE member_id = \(key.memberId) AND month = \(key.month)
            """
    }

    private static func returnedChange(_ payment: PaymentID, _ key: DuesKey, _ change: Dong) -> SQL? {
        guard change != .zero else { return nil }
        return """
            UPDATE advances SET returned = returned + \(change)
            WHERE payment_id = \(payment) AND member_id = \(key.memberId) AND month = \(key.month)
            """
    }

    private func emit(
        _ payload: some EventPayload, _ row: RefundRow, _ context: EventContext,
        in transaction: PostgresTransaction
    ) async throws {
        let order = try await transaction.queryOne(
            "UPDATE payment_orders SET version = version + 1 WHERE order_id = \(row.orderId) RETURNING version")
        try await kit.outbox.append(
            payload, key: row.orderId.value, version: order.get("version"), context: context, in: transaction)
    }
}
