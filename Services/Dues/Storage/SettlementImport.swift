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

    private static let stretch = 1_000

    func take(
        _ file: SettlementFile, digest: [UInt8], in transaction: PostgresTransaction
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
            INSERT INTO settlement_files (file_id, gateway, layout, sha256, payee_id, lines, gross, imported_by, imported_at)
            VALUES (\(id), \(gateway), \(layout), \(digest), \(payee), \(file.lines.count),
                \(file.lines.map(\.gross).sum()), \(importedBy), \(now))
            """)
        var rest = file.lines[...]
        while !rest.isEmpty {
            try await take(rest.prefix(Self.stretch), of: id, now, in: transaction)
            rest = rest.dropFirst(Self.stretch)
        }
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
    }

    private struct TransactionOfOrder: Hashable {
        let order: OrderID
        let transaction: String
    }

    private func take(
        _ lines: ArraySlice<SettlementLine>, of file: UUIDv7, _ now: Date, in transaction: PostgresTransaction
    ) async throws {
        var locked = try await LockedOrders.lock(Set(lines.compactMap(\.orderReference)), in: transaction)
        var known = try await self.known(lines, in: transaction)
        var booking = OrderBooking(now: now, ids: kit.ids, outbox: kit.outbox, context: kit.eventContext())
        var rows = SettlementRows(file: file, gateway: gateway)
        for line in lines {
            let settlement = "\(file)/\(line.number)"
            var order = locked[line.orderReference]
            var payment = order.flatMap {
                known.payments[TransactionOfOrder(order: $0.orderId, transaction: line.transaction)]
            }
            let state = SettlementMatch(
                order: order, paid: payment?.amount, settledBefore: known.settled.contains(line.transaction),
                accounts: comparesAccounts ? Set([order?.payeeAccount?.accountNumber].compactMap { $0 }) : []
            ).state(of: line)
            if state == .missingCallback {
                payment = try confirm(line, &order, &locked, &booking).map { ($0, line.gross) }
            }
            if !line.isReversal { known.settled.insert(line.transaction) }
            let owner = order?.payeeId ?? payee
            booking.ledger.add(
                Posting.settlement(line, state: state, payee: owner), payment: payment?.id, settlement: settlement,
                now: now, ids: kit.ids)
            if state != .matched {
                booking.exceptions.add(
                    state.rawValue, owner: owner, order: order?.orderId, payment: payment?.id, settlement: settlement,
                    amount: line.gross, id: kit.ids.next(at: now))
            }
            if var settled = order {
                try booking.emit(
                    PaymentSettled(
                        orderId: settled.orderId, paymentId: payment?.id, state: state, gross: line.gross,
                        fee: line.fee, net: line.net, settledOn: line.settledOn, file: file.description),
                    of: &settled)
                locked[line.orderReference] = settled
            }
            rows.add(line, state, order: order?.orderId, payment: payment?.id)
        }
        _ = try await transaction.pipeline(booking.statements + [rows.insertion])
    }

    /// A payment that was settled and never called back is believed from the file.
    private func confirm(
        _ line: SettlementLine, _ order: inout PaymentOrder?, _ locked: inout LockedOrders,
        _ booking: inout OrderBooking
    ) throws -> PaymentID? {
        let callback = GatewayCallback(
            gateway: gateway, reference: line.reference, amount: line.gross, outcome: .paid,
            transaction: line.transaction, paidAt: line.settledOn.start, code: "settled")
        let decision = CallbackDecision.decide(callback, on: &order, &locked.open)
        guard var changed = order else { return nil }
        let payment = try booking.book(decision, callback, on: &changed, source: .settlement)
        order = changed
        return payment
    }

    private func known(
        _ lines: ArraySlice<SettlementLine>, in transaction: PostgresTransaction
    ) async throws -> Known {
        let transactions = lines.map(\.transaction)
        let results = try await transaction.pipeline([
            """
            SELECT payment_id, order_id, gateway_transaction, amount FROM payments
            WHERE channel = \(gateway) AND gateway_transaction = ANY(\(transactions))
            """,
            """
            SELECT DISTINCT gateway_transaction FROM settlement_lines
            WHERE gateway = \(gateway) AND gateway_transaction = ANY(\(transactions))
                AND state <> \(SettlementState.reversed.rawValue)
            """,
        ])
        var known = Known()
        for row in results[0].rows {
            let key = TransactionOfOrder(
                order: try row.get("order_id"), transaction: try row.get("gateway_transaction"))
            known.payments[key] = (try row.get("payment_id"), try row.get("amount"))
        }
        for row in results[1].rows { known.settled.insert(try row.get("gateway_transaction")) }
        return known
    }
}

extension SettlementLine {
    /// The order it speaks of, when the reference could be one of ours.
    var orderReference: PaymentReference? { try? PaymentReference(typed: reference) }
}
