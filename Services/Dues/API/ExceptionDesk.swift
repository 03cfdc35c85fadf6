import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import Projections
import ServiceKit

/// Deals with exceptions one at a time; whoever is second finds what the first one did.
///
/// Money that is owed back to a payer is not dealt with here: that is a refund.
struct ExceptionDesk: Sendable {
    let kit: ServiceContext
    let access: DuesAccess
    let paymentsMade: WakeUp

    struct View: Encodable {
        let exception: ExceptionEntry
        let trail: [ExceptionTrail]
    }

    func show(_ id: UUIDv7, to caller: Caller, in session: any PostgresQueryable) async throws -> View {
        guard let row = try await session.queryOptional("SELECT * FROM exceptions WHERE exception_id = \(id)") else {
            throw Problem.notFound
        }
        let entry = try ExceptionEntry(row: row)
        _ = try await access.requireOffice(caller, asked: entry.organizationId, in: session)
        return View(exception: entry, trail: try await ExceptionTrail.of(id, in: session))
    }

    func act(
        _ order: ExceptionOrder, on id: UUIDv7, by caller: Caller, in transaction: PostgresTransaction
    ) async throws -> View {
        let action = try order.checkedAction()
        let reason = try EnteredText.line(order.reason, field: "reason")
        let found = try await transaction.queryOptional("SELECT owner_id FROM exceptions WHERE exception_id = \(id)")
        guard let row = found else { throw Problem.notFound }
        _ = try await access.requireOffice(caller, asked: try row.get("owner_id"), in: transaction)
        let entry = try await lock(id, order, in: transaction)
        if let officer = caller.memberID, try await access.directory.member(officer, in: transaction)?.mayEnter == false
        {
            throw Problem.accountClosed
        }
        guard entry.state == .open else { throw Problem.exceptionSettled }
        try requireTurn(action, entry, caller)
        let target = try await perform(action, order, entry, caller, in: transaction)
        try await ExceptionTrail(
            action: action.rawValue, actor: caller.subject, reason: reason, target: target, at: kit.time.now
        ).add(to: id, in: transaction)
        try await kit.audit.record(
            "exception.\(action.rawValue)", subject: "\(id)", actor: caller.subject, in: transaction)
        return try await show(id, to: caller, in: transaction)
    }

    /// Locks the exception after the orders that it is about and that its money goes to: refunds and files, which end
    /// exceptions, have the lock of the order already.
    private func lock(
        _ id: UUIDv7, _ order: ExceptionOrder, in transaction: PostgresTransaction
    ) async throws -> ExceptionEntry {
        let target = order.orderReference.flatMap { try? PaymentReference(typed: $0) }
        let results = try await transaction.pipeline([
            """
            SELECT FROM payment_orders
            WHERE reference = \(target?.text) OR order_id = (SELECT order_id FROM exceptions WHERE exception_id = \(id))
            ORDER BY order_id FOR UPDATE
            """,
            """
            SELECT FROM payments WHERE payment_id = (SELECT payment_id FROM exceptions WHERE exception_id = \(id))
            FOR UPDATE
            """,
            "SELECT * FROM exceptions WHERE exception_id = \(id) FOR UPDATE",
        ])
        guard let row = results[2].rows.first else { throw Problem.notFound }
        return try ExceptionEntry(row: row)
    }

    /// Whose turn it is: whoever has it acts on it; a write-off waits for its second person.
    private func requireTurn(_ action: ExceptionOrder.Action, _ entry: ExceptionEntry, _ caller: Caller) throws {
        switch action {
        case .approve, .reject:
            guard let first = entry.writeOffBy else {
                throw Problem.exceptionRefuses(
                    "no-write-off", "Chưa có đề nghị xóa sổ.", "Nobody proposed to write it off.")
            }
            guard action == .reject || first != caller.subject else {
                throw Problem.exceptionRefuses(
                    "second-person", "Người đề nghị không được tự phê duyệt.",
                    "Who proposed it cannot approve it.")
            }
        case .take: break
        case .assign, .confirm, .reassign, .writeOff:
            guard entry.writeOffBy == nil else {
                throw Problem.exceptionRefuses(
                    "write-off-waits", "Đề nghị xóa sổ đang chờ người thứ hai.",
                    "A write-off waits for its second person.")
            }
            guard entry.assignee == nil || entry.assignee == caller.subject || action == .assign else {
                throw Problem.exceptionRefuses(
                    "held", "Người khác đang xử lý; hãy tiếp nhận trước.", "Somebody else works on it; take it first.")
            }
        }
    }

    /// - Returns: whom or what the action names.
    private func perform(
        _ action: ExceptionOrder.Action, _ order: ExceptionOrder, _ entry: ExceptionEntry, _ caller: Caller,
        in transaction: PostgresTransaction
    ) async throws -> String? {
        switch action {
        case .take:
            try await set("assignee = \(caller.subject)", entry, in: transaction)
        case .assign:
            guard let member = order.memberId,
                try await access.isOfficer(member, over: entry.organizationId, in: transaction)
            else {
                throw Problem.exceptionRefuses(
                    "assignee", field: "memberId", "Phải là cán bộ văn phòng của tổ chức hoặc cấp trên.",
                    "It must be an officer of the office of the organisation or of one above it.")
            }
            try await set("assignee = \(member.description)", entry, in: transaction)
            return member.description
        case .confirm:
            let balance = try await balance(of: entry, in: transaction)
            // That a refund ended as a person said moves nothing.
            let confirmed = entry.kind == ExceptionKind.refundContradiction.rawValue ? [] : balance.confirmed
            guard !entry.isOwedBack, let postings = confirmed else {
                throw Problem.exceptionRefuses(
                    "confirm", "Số tiền chưa khớp nên không thể xác nhận.",
                    "The money does not fit, so there is nothing to confirm.")
            }
            try await settle(entry, postings, in: transaction)
            try await owe(balance.surplus, of: entry, in: transaction)
        case .reassign:
            return try await reassign(entry, to: order.orderReference, by: caller, in: transaction)
        case .writeOff:
            _ = try await balanceToWriteOff(entry, in: transaction)
            try await set("write_off_by = \(caller.subject)", entry, in: transaction)
        case .approve:
            let balance = try await balanceToWriteOff(entry, in: transaction)
            guard entry.kind == ExceptionKind.refundContradiction.rawValue else {
                try await settle(entry, balance.writtenOff, in: transaction)
                break
            }
            try await settle(entry, balance.owedAgain, in: transaction)
            try await owe(-balance.clearing, of: entry, in: transaction)
            try await ExceptionTrail.end(
                "e.kind = \(ExceptionKind.refundUnsettled.rawValue) AND e.refund_id = \(entry.refundId)",
                as: "owed-again",
                by: "refund", target: "\(entry.exceptionId)", at: kit.time.now, in: transaction)
        case .reject:
            try await set("write_off_by = NULL", entry, in: transaction)
        }
        return nil
    }

    private func set(_ change: SQL, _ entry: ExceptionEntry, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            "UPDATE exceptions SET \(change) WHERE exception_id = \(entry.exceptionId)")
    }

    private func settle(
        _ entry: ExceptionEntry, _ postings: [Posting], in transaction: PostgresTransaction
    ) async throws {
        let now = kit.time.now
        var ledger = LedgerRows()
        ledger.add(postings, payment: entry.paymentId, settlement: entry.settlement, now: now, ids: kit.ids)
        if let insertion = ledger.insertion(at: now) { try await transaction.execute(insertion) }
        let cleared = postings.map { posting in
            posting.credit.kind == .gatewayClearing
                ? posting.amount : posting.debit.kind == .gatewayClearing ? -posting.amount : .zero
        }.sum()
        try await set("settled_at = \(now), cleared = \(cleared)", entry, in: transaction)
    }

    /// What was settled above the payment, or refunded and never went, can be refunded with it.
    private func owe(_ surplus: Dong, of entry: ExceptionEntry, in transaction: PostgresTransaction) async throws {
        guard surplus > .zero, let payment = entry.paymentId else { return }
        let now = kit.time.now
        var exceptions = ExceptionRows()
        exceptions.add(
            ExceptionKind.overpaid.rawValue, owner: entry.organizationId, order: entry.orderId, payment: payment,
            amount: surplus, id: kit.ids.next(at: now))
        _ = try await transaction.pipeline(
            ["UPDATE payments SET settled_above = settled_above + \(surplus) WHERE payment_id = \(payment)"]
                + [exceptions.insertion(at: now)].compactMap { $0 })
    }

    private func balanceToWriteOff(
        _ entry: ExceptionEntry, in transaction: PostgresTransaction
    ) async throws -> ExceptionBalance {
        // What was taken back of a payment is with its payer: a refund on top of a write-off would pay it twice.
        guard entry.kind != SettlementState.reversed.rawValue || entry.paymentId == nil else {
            throw Problem.exceptionRefuses(
                "reversal", "Cổng đã thu hồi khoản này; hãy đề nghị ghi nhận việc thu hồi.",
                "The gateway took this payment back; ask for a refund of kind reversal.")
        }
        let balance = try await balance(of: entry, in: transaction)
        guard !balance.isEmpty else {
            throw Problem.exceptionRefuses(
                "nothing-to-write-off", "Không có hoặc không còn khoản tiền nào để xóa sổ.",
                "There is no money to write off, or none any more.")
        }
        return balance
    }

    /// Settled money that nobody could explain pays another order: an order for the member it was meant for.
    private func reassign(
        _ entry: ExceptionEntry, to typed: String?, by caller: Caller, in transaction: PostgresTransaction
    ) async throws -> String {
        let balance = try await balance(of: entry, in: transaction)
        guard balance.unexplained > .zero else {
            throw Problem.exceptionRefuses(
                "no-money", "Không có tiền chưa rõ nội dung để chuyển.", "There is no unexplained money to give.")
        }
        let reference = try PaymentReference(typed: typed ?? "", field: "orderReference")
        let now = kit.time.now
        var locked = try await LockedOrders.lock([reference], in: transaction)
        var order = locked[reference]
        guard let found = order, found.state != .paid else {
            throw Problem.exceptionRefuses(
                "order", field: "orderReference", "Không có lệnh thanh toán chưa trả này.",
                "There is no such order that is not paid.")
        }
        // Nobody pays his own dues with it, nor those of an organisation that is not below him.
        if let officer = caller.memberID {
            guard found.payerMemberId != officer, !found.lines.contains(where: { $0.key.memberId == officer }) else {
                throw Problem.ownDues
            }
        }
        _ = try await access.requireOffice(caller, asked: found.payeeId, in: transaction)
        let callback = GatewayCallback(
            gateway: found.channel, reference: reference.text, amount: balance.unexplained, outcome: .paid,
            transaction: entry.exceptionId.description, paidAt: now, code: "re-assigned")
        let decision = CallbackDecision.decide(callback, on: &order, &locked.open)
        guard var changed = order, decision.payment != nil else {
            throw Problem.exceptionRefuses(
                "amount", field: "orderReference", "Số tiền của lệnh phải đúng bằng \(balance.unexplained) đồng.",
                "The order must be of exactly \(balance.unexplained) đồng.")
        }
        var booking = OrderBooking(now: now, ids: kit.ids, outbox: kit.outbox, context: kit.eventContext())
        let payment = try booking.book(decision, callback, on: &changed, source: .exception)
        // The payment that the line was taken for is without its settlement now.
        let without = try await PaymentClearing.read(entry.paymentId, in: transaction).free
        if without > .zero {
            booking.exceptions.add(
                SettlementState.missingSettlement.rawValue, owner: entry.organizationId, order: entry.orderId,
                payment: entry.paymentId, amount: without, id: kit.ids.next(at: now))
        }
        _ = try await transaction.pipeline(booking.statements)
        var ledger = LedgerRows()
        ledger.add(
            balance.reassigned(to: changed.payeeId), payment: payment, settlement: entry.settlement, now: now,
            ids: kit.ids)
        if let insertion = ledger.insertion(at: now) { try await transaction.execute(insertion) }
        try await settle(entry, [], in: transaction)
        kit.outbox.wakeRelay(after: transaction)
        transaction.afterCommit { paymentsMade.call() }
        return reference.text
    }

    /// What the books hold because of it: the line it is of, and the payment.
    private func balance(
        of entry: ExceptionEntry, in transaction: PostgresTransaction
    ) async throws -> ExceptionBalance {
        let row = try await transaction.queryOne(
            """
            SELECT l.gross, \(FoundReversals.rest(of: "e")) AS taken_back, f.state AS refund_state,
                f.amount - f.found AS refunded, \(SettledReversals.isTold("f")) AS told
            FROM exceptions e
                LEFT JOIN settlement_lines l ON l.file_id = split_part(e.settlement, '/', 1)::uuid
                    AND l.number = split_part(e.settlement, '/', 2)::integer
                LEFT JOIN refunds f ON f.refund_id = e.refund_id
            WHERE e.exception_id = \(entry.exceptionId)
            """)
        let gross = try row.get("gross", as: Dong?.self) ?? .zero
        let payment = try await PaymentClearing.read(entry.paymentId, in: transaction)
        func holds(_ unexplained: Dong, _ clearing: Dong) -> ExceptionBalance {
            ExceptionBalance(unexplained: unexplained, clearing: clearing, payee: entry.organizationId)
        }
        switch SettlementState(rawValue: entry.kind) {
        case .amountDiffers, .wrongAccount: return holds(gross, payment.unsettled)
        case .unknownReference: return holds(gross, .zero)
        case .missingSettlement: return holds(.zero, payment.free)
        case .reversed:
            let taken: Dong = try row.get("taken_back")
            return entry.paymentId == nil ? holds(-taken, .zero) : holds(.zero, taken)
        case .matched, .missingCallback, .duplicate, nil:
            // A refund that was taken for gone, of which no file says so.
            guard try row.get("refund_state", as: String?.self) == RefundState.succeeded.rawValue,
                try row.get("told", as: Bool?.self) == false
            else { return holds(.zero, .zero) }
            return holds(.zero, max(min(payment.holds, .zero), -(try row.get("refunded"))))
        }
    }
}

extension ExceptionEntry {
    /// Whether it is about money that is owed back to a payer.
    fileprivate var isOwedBack: Bool {
        [ExceptionKind.overpaid, .advanceSurplus, .assessmentLowered].contains { $0.rawValue == kind }
    }
}
