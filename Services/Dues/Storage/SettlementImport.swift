import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// Takes in a gateway's settlement file: each line is matched and posted, or becomes an exception.
///
/// A file that was read without a fault is applied as a whole, once: the same bytes again give the same answer.
struct SettlementImport {
    let kit: ServiceContext
    let gateway: String
    let payee: OrganizationID
    let layout: String
    let importedBy: String
    /// Whether the gateway pays to the account that each order names: what its signature does not cover is compared here.
    let comparesAccounts: Bool
    /// The channels whose orders its lines may settle: its own; every one for a bank, to which transfers by QR code come.
    let channels: [String]

    private static let stretch = 1_000

    /// - Parameters:
    ///   - file: the file, at its beginning.
    ///   - totals: what reading all of it gave: it has no fault.
    func take(
        _ file: inout SettlementReader, _ totals: SettlementTotals, digest: [UInt8],
        in transaction: PostgresTransaction
    ) async throws -> (summary: SettlementSummary, isNew: Bool) {
        // One import of a gateway at a time: what was settled before must be known.
        try await transaction.lockAdvisory(AdvisoryLockKey(named: "dues.settlement.\(gateway)"))
        if let known = try await SettlementSummary.find(gateway: gateway, digest: digest, in: transaction) {
            return (known, false)
        }
        let now = kit.time.now
        let id = kit.ids.next(at: now)
        try await transaction.execute(
            """
            INSERT INTO settlement_files (file_id, gateway, layout, sha256, payee_id, lines, gross, from_day,
                through_day, imported_by, imported_at)
            VALUES (\(id), \(gateway), \(layout), \(digest), \(payee), \(totals.lines), \(totals.gross),
                \(totals.days?.lowerBound), \(totals.days?.upperBound), \(importedBy), \(now))
            """)
        var stretch: [SettlementLine] = []
        while let line = try file.next() {
            stretch.append(line)
            guard stretch.count == Self.stretch else { continue }
            try await take(stretch, of: id, now, in: transaction)
            stretch.removeAll(keepingCapacity: true)
        }
        try await take(stretch, of: id, now, in: transaction)
        try await ExceptionTrail.endMissing(gateway: gateway, by: id, totals.days, at: now, in: transaction)
        kit.outbox.wakeRelay(after: transaction)
        guard let summary = try await SettlementSummary.find(gateway: gateway, digest: digest, in: transaction) else {
            throw Problem.internalError
        }
        return (summary, true)
    }

    /// What is known of the transactions of a stretch of lines.
    private struct Known {
        var payments: [TransactionOfOrder: (id: PaymentID, amount: Dong)] = [:]
        var settled: Set<String> = []
        /// What lines that take money back said, those of this file too, with their days and without.
        var takenBack: Set<Repeat> = []
        /// Payments that were written off as no file had settled them.
        var writtenOff: [PaymentID: SettledWriteOff] = [:]
        /// What other files said, word for word.
        var repeats: Set<Repeat> = []

        /// Whether a line that takes money back says nothing new: word for word, or with another day where nothing is left
        /// that it could take.
        func isTold(_ line: Repeat, isAboveLeft: Bool) -> Bool {
            takenBack.contains(line) || isAboveLeft && takenBack.contains(line.onAnyDay)
        }

        mutating func told(_ line: Repeat) { takenBack.formUnion([line, line.onAnyDay]) }
    }

    /// A line as another one has it too.
    private struct Repeat: Hashable {
        let reference: String
        let transaction: String
        let gross: Dong
        let fee: Dong
        var settledOn: Day?
        let isReversal: Bool

        var onAnyDay: Repeat {
            var words = self
            words.settledOn = nil
            return words
        }
    }

    private struct TransactionOfOrder: Hashable {
        let order: OrderID
        let transaction: String
    }

    private func take(
        _ lines: [SettlementLine], of file: UUIDv7, _ now: Date, in transaction: PostgresTransaction
    ) async throws {
        guard !lines.isEmpty else { return }
        let named = try await SettledReversals.references(of: lines, channels: channels, in: transaction)
        let spoken = lines.flatMap { [named.ours[$0.number], $0.orderReference, named.theirs[$0.number]] }
        var locked = try await LockedOrders.lock(Set(spoken.compactMap { $0 }), in: transaction)
        // What looks like a reference of ours may be the gateway's own number of a refund.
        func reference(_ line: SettlementLine) -> PaymentReference? {
            let own = line.orderReference.flatMap { locked.orders[$0] == nil ? nil : $0 }
            return named.ours[line.number] ?? own ?? named.theirs[line.number]
        }
        var known = try await self.known(lines, besides: file, in: transaction)
        let takenBack = lines.filter(\.isReversal).compactMap { locked[reference($0)]?.orderId }
        var reversals = try await SettledReversals(of: Set(takenBack), in: transaction)
        var booking = OrderBooking(now: now, ids: kit.ids, outbox: kit.outbox, context: kit.eventContext())
        var rows = SettlementRows(file: file, gateway: gateway)
        var came: [UUIDv7] = []
        for line in lines {
            let settlement = "\(file)/\(line.number)"
            let words = Repeat(
                reference: line.reference, transaction: line.transaction, gross: line.gross, fee: line.fee,
                settledOn: line.settledOn, isReversal: line.isReversal)
            var order = locked[reference(line)].flatMap { channels.contains($0.channel) ? $0 : nil }
            var payment = order.flatMap {
                known.payments[TransactionOfOrder(order: $0.orderId, transaction: line.transaction)]
            }
            let back = line.isReversal ? order.map { reversals.match(line, of: $0.orderId) } : nil
            guard !known.repeats.contains(words) else {
                rows.add(line, .duplicate, order: order?.orderId, payment: payment?.id)
                continue
            }
            let state = SettlementMatch(
                order: order, paid: payment?.amount, settledBefore: known.settled.contains(line.transaction),
                accounts: comparesAccounts ? Set([order?.payeeAccount?.accountNumber].compactMap { $0 }) : [],
                refunded: back?.refund != nil,
                takenBackBefore: line.isReversal && known.isTold(words, isAboveLeft: back?.isAboveLeft ?? true)
            ).state(of: line)
            if state == .missingCallback {
                payment = try confirm(line, &order, &locked, &booking).map { ($0, line.gross) }
                if let order, let payment {
                    known.payments[TransactionOfOrder(order: order.orderId, transaction: line.transaction)] = payment
                    reversals.add(
                        payment.id, of: order.orderId, transaction: line.transaction, amount: payment.amount)
                }
            }
            if line.isReversal { known.told(words) } else { known.settled.insert(line.transaction) }
            let owner = order?.payeeId ?? payee
            let paymentID = line.isReversal ? back?.payment : payment?.id
            if let order, let back, state != .duplicate { reversals.take(back, line, of: order.orderId) }
            let isSettled = !line.isReversal && state != .duplicate
            let off = isSettled ? paymentID.flatMap { known.writtenOff.removeValue(forKey: $0) } : back?.writeOff
            if let off {
                came.append(off.exception)
                booking.ledger.add(
                    ExceptionBalance.cameAfterAll(off.amount, payee: owner), payment: paymentID, now: now,
                    ids: kit.ids)
            }
            booking.ledger.add(
                Posting.settlement(line, state: state, payee: owner, isOfPayment: paymentID != nil),
                payment: paymentID, settlement: settlement, now: now, ids: kit.ids)
            if state != .matched {
                booking.exceptions.add(
                    state.rawValue, owner: owner, order: order?.orderId, payment: paymentID, settlement: settlement,
                    amount: line.gross, id: kit.ids.next(at: now))
            }
            // That a refund has gone was told when it went.
            if back?.refund == nil, var settled = order {
                try booking.emit(
                    PaymentSettled(
                        orderId: settled.orderId, paymentId: paymentID, state: state, gross: line.gross,
                        fee: line.fee, net: line.net, settledOn: line.settledOn, file: file.description),
                    of: &settled)
                locked[reference(line)] = settled
            }
            rows.add(line, state, order: order?.orderId, payment: paymentID, refund: back?.refund)
        }
        let undone = came.isEmpty ? nil : ExceptionTrail.comings(came, of: file, at: now)
        _ = try await transaction.pipeline(booking.statements + [rows.insertion, undone].compactMap { $0 })
    }

    /// A payment that was settled and never called back is believed from the file.
    private func confirm(
        _ line: SettlementLine, _ order: inout PaymentOrder?, _ locked: inout LockedOrders,
        _ booking: inout OrderBooking
    ) throws -> PaymentID? {
        let callback = GatewayCallback(
            gateway: order?.channel ?? gateway, reference: line.reference, amount: line.gross, outcome: .paid,
            transaction: line.transaction, paidAt: line.settledOn.start, code: "settled")
        let decision = CallbackDecision.decide(callback, on: &order, &locked.open)
        guard var changed = order else { return nil }
        let payment = try booking.book(decision, callback, on: &changed, source: .settlement)
        order = changed
        return payment
    }

    private func known(
        _ lines: [SettlementLine], besides file: UUIDv7, in transaction: PostgresTransaction
    ) async throws -> Known {
        let transactions = lines.map(\.transaction)
        let results = try await transaction.pipeline([
            """
            SELECT payment_id, order_id, gateway_transaction, amount FROM payments
            WHERE channel = ANY(\(channels)) AND gateway_transaction = ANY(\(transactions))
            """,
            """
            SELECT file_id, state, reference, gateway_transaction, gross, fee, settled_on,
                reversal OR state = \(SettlementState.reversed.rawValue) AS reversal
            FROM settlement_lines WHERE gateway = \(gateway) AND gateway_transaction = ANY(\(transactions))
            """,
            """
            SELECT e.exception_id, e.payment_id, e.cleared FROM exceptions e JOIN payments p USING (payment_id)
            WHERE e.cleared <> e.came AND e.kind = \(SettlementState.missingSettlement.rawValue)
                AND p.channel = ANY(\(channels)) AND p.gateway_transaction = ANY(\(transactions))
            """,
        ])
        var known = Known()
        for row in results[0].rows {
            let key = TransactionOfOrder(
                order: try row.get("order_id"), transaction: try row.get("gateway_transaction"))
            known.payments[key] = (try row.get("payment_id"), try row.get("amount"))
        }
        for row in results[1].rows {
            let isReversal: Bool = try row.get("reversal")
            let transaction: String = try row.get("gateway_transaction")
            let words = Repeat(
                reference: try row.get("reference"), transaction: transaction, gross: try row.get("gross"),
                fee: try row.get("fee"), settledOn: try row.get("settled_on"), isReversal: isReversal)
            if isReversal { known.told(words) } else { known.settled.insert(transaction) }
            if try row.get("file_id", as: UUIDv7.self) != file { known.repeats.insert(words) }
        }
        for row in results[2].rows {
            known.writtenOff[try row.get("payment_id")] = try SettledWriteOff(row: row)
        }
        return known
    }
}

extension SettlementLine {
    /// The order it speaks of, when the reference could be one of ours.
    var orderReference: PaymentReference? { try? PaymentReference(typed: reference) }
}
