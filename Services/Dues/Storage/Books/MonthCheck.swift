import Contracts
import DuesDomain
import Foundation
import Postgres

/// A check of the books before a month is closed, with its numbers.
struct MonthCheck: Sendable, Codable {
    /// What is checked; the stable name in answers.
    enum Name: String, Codable, Sendable, CaseIterable {
        /// Months before that have postings are closed; counted in postings.
        case earlierMonths = "earlier-months"
        /// Each posting goes from one known account to another; counted in postings.
        case postings
        /// Orders, payments, ledger and events agree (`Parity`); counted in differences.
        case parity
        /// Each series of receipts has every number up to its last; counted in numbers.
        case receiptNumbers = "receipt-numbers"
        /// Each payment of the month has its receipt; counted in payments.
        case receipts
        /// What members owe by their assessments is the bodies' receivable; in đồng.
        case members
        /// Money paid ahead that waits is what the books hold for it; in đồng.
        case advances
        /// From the last close on, payments less settled lines, refunds and decisions are the clearing of each payee at the
        /// month's end; in đồng.
        case clearing
        /// Money that came or was taken back, nobody knows for what, stands in the list of exceptions; in đồng.
        case unexplained
    }

    let name: Name
    let expected: Int64
    let found: Int64
    let differences: Int
    /// The first that differs: an id, a month, a series.
    let first: String?

    var holds: Bool { differences == 0 }
}

/// The checks of a month, each one statement and so of one moment.
struct MonthChecks: Sendable {
    let month: DuesMonth
    /// The month closed last before; its balances are gone on from.
    let closed: DuesMonth?
    let now: Date

    private var since: Date { closed?.end ?? .distantPastOfBooks }

    func run(in session: any PostgresQueryable) async throws -> [MonthCheck] {
        let parity = Parity(from: month.start, through: month.end, now: now)
        let differences = try await parity.differences(in: session)
        var checks: [MonthCheck] = [
            MonthCheck(
                name: .parity, expected: 0, found: Int64(differences.map(\.differences).reduce(0, +)),
                differences: differences.map(\.differences).reduce(0, +), first: differences.first.map(Self.words))
        ]
        for (name, statement) in statements {
            let row = try await session.queryOne(statement)
            checks.append(
                MonthCheck(
                    name: name, expected: try row.get("expected"), found: try row.get("found"),
                    differences: try row.get("differences"), first: try row.get("first")))
        }
        return MonthCheck.Name.allCases.flatMap { name in checks.filter { $0.name == name } }
    }

    private static func words(_ difference: Parity.Difference) -> String {
        let ids = [difference.orderId?.value, difference.paymentId?.value, difference.postingId].compactMap { $0 }
        return ([difference.kind.rawValue] + ids.map { "\($0)" }).joined(separator: " ")
    }

    private var statements: [(MonthCheck.Name, SQL)] {
        [
            (.earlierMonths, earlierMonths), (.postings, postings), (.receiptNumbers, receiptNumbers),
            (.receipts, receipts), (.members, members), (.advances, advances), (.clearing, clearing),
            (.unexplained, unexplained),
        ]
    }

    private var isOfMonth: SQL { "posted_at >= \(month.start) AND posted_at < \(month.end)" }

    private var earlierMonths: SQL {
        """
        SELECT 0::bigint AS expected, count(*) AS found, count(*) AS differences,
            to_char(min(posted_at) AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM') AS first
        FROM ledger_postings WHERE posted_at >= \(since) AND posted_at < \(month.start)
        """
    }

    private var postings: SQL {
        """
        SELECT 0::bigint AS expected, count(*) AS found, count(*) AS differences, min(posting_id::text) AS first
        FROM ledger_postings
        WHERE \(isOfMonth) AND ((debit, debit_owner) = (credit, credit_owner)
            OR debit <> ALL(\(AccountKind.allCases.map(\.rawValue)))
            OR credit <> ALL(\(AccountKind.allCases.map(\.rawValue))))
        """
    }

    private var receiptNumbers: SQL {
        """
        SELECT coalesce(sum(last), 0)::bigint AS expected, coalesce(sum(given), 0)::bigint AS found,
            count(*) FILTER (WHERE (last, last) IS DISTINCT FROM (given, highest)) AS differences,
            min(issuer_id || '/' || year) FILTER (WHERE (last, last) IS DISTINCT FROM (given, highest)) AS first
        FROM (SELECT * FROM receipt_series WHERE year = \(month.year)) AS s FULL JOIN (
            SELECT issuer_id, year, count(*) AS given, max(ordinal) AS highest FROM receipts
            WHERE year = \(month.year) GROUP BY issuer_id, year
        ) AS r USING (issuer_id, year)
        """
    }

    private var receipts: SQL {
        """
        SELECT count(*) AS expected, count(r.payment_id) AS found,
            count(*) FILTER (WHERE r.payment_id IS NULL) AS differences,
            min(p.payment_id::text) FILTER (WHERE r.payment_id IS NULL) AS first
        FROM payments p LEFT JOIN receipts r USING (payment_id)
        WHERE p.confirmed_at >= \(month.start) AND p.confirmed_at < \(month.end)
        """
    }

    /// The balance of an account over all bodies as it is now, positive on the debit side.
    private func balance(of account: AccountKind) -> SQL {
        """
        (SELECT coalesce(sum(balance), 0) FROM month_balances
            WHERE month = \(closed?.text) AND account = \(account.rawValue))
        + (SELECT coalesce(sum(CASE WHEN debit = \(account.rawValue) THEN amount ELSE 0 END
                - CASE WHEN credit = \(account.rawValue) THEN amount ELSE 0 END), 0)
            FROM ledger_postings WHERE posted_at >= \(since) AND \(account.rawValue) IN (debit, credit))
        """
    }

    private var members: SQL {
        // A member's month is looked for only where the whole differs.
        """
        SELECT expected, found, CASE WHEN expected = found THEN 0 ELSE 1 END::bigint AS differences,
            CASE WHEN expected <> found THEN (
                SELECT coalesce(a.member_id, l.member_id) || ' ' || coalesce(a.month, l.month)
                FROM assessments a FULL JOIN (
                    SELECT member_id, month, sum(CASE WHEN debit = \(AccountKind.memberReceivable.rawValue) THEN amount
                        ELSE -amount END) AS open
                    FROM ledger_postings WHERE \(AccountKind.memberReceivable.rawValue) IN (debit, credit)
                    GROUP BY member_id, month
                ) AS l USING (member_id, month)
                WHERE coalesce(a.amount - a.paid, 0) <> coalesce(l.open, 0)
                ORDER BY 1 LIMIT 1
            ) END AS first
        FROM (
            SELECT (SELECT coalesce(sum(amount - paid), 0)::bigint FROM assessments) AS expected,
                (\(balance(of: .memberReceivable)))::bigint AS found
        ) AS sums
        """
    }

    private var advances: SQL {
        """
        SELECT expected, found, CASE WHEN expected = found THEN 0 ELSE 1 END::bigint AS differences,
            CASE WHEN expected <> found THEN (
                SELECT coalesce(v.payment_id, l.payment_id) || ' ' || coalesce(v.month, l.month)
                FROM advances v FULL JOIN (
                    SELECT payment_id, member_id, month,
                        sum(CASE WHEN credit = \(AccountKind.advances.rawValue) THEN amount ELSE -amount END) AS rest
                    FROM ledger_postings WHERE \(AccountKind.advances.rawValue) IN (debit, credit)
                    GROUP BY payment_id, member_id, month
                ) AS l USING (payment_id, member_id, month)
                WHERE coalesce(v.amount - v.used - v.returned, 0) <> coalesce(l.rest, 0)
                ORDER BY 1 LIMIT 1
            ) END AS first
        FROM (
            SELECT (
                    SELECT coalesce(sum(amount - used - returned), 0)::bigint FROM advances
                    WHERE used + returned < amount
                ) AS expected,
                -(\(balance(of: .advances)))::bigint AS found
        ) AS sums
        """
    }

    private var clearing: SQL {
        let account = AccountKind.gatewayClearing.rawValue
        return """
            SELECT coalesce(sum(expected), 0)::bigint AS expected, coalesce(sum(found), 0)::bigint AS found,
                count(*) FILTER (WHERE expected <> found) AS differences,
                min(owner::text) FILTER (WHERE expected <> found) AS first
            FROM (
                SELECT owner, sum(expected) AS expected, sum(found) AS found FROM (
                    SELECT o.payee_id AS owner, p.amount AS expected, 0 AS found
                    FROM payments p JOIN payment_orders o USING (order_id)
                    WHERE p.confirmed_at >= \(since) AND p.confirmed_at < \(month.end) AND p.channel <> \(PaymentOrder.cash)
                        -- Settled money that a person gave to an order passes through clearing and stays in the bank.
                        AND p.source <> \(OrderBooking.Source.exception.rawValue)
                    UNION ALL
                    SELECT o.payee_id, f.found - f.amount, 0 FROM refunds f JOIN payment_orders o USING (order_id)
                    WHERE f.state = \(RefundState.succeeded.rawValue) AND f.ended_at >= \(since)
                        AND f.ended_at < \(month.end)
                    UNION ALL
                    SELECT e.owner_id, s.amount, 0
                    FROM exceptions e
                        CROSS JOIN LATERAL (VALUES (-e.cleared, e.settled_at), (e.came, e.came_at)) AS s (amount, at)
                    WHERE e.cleared <> 0 AND s.at >= \(since) AND s.at < \(month.end)
                    UNION ALL
                    SELECT o.payee_id, CASE WHEN l.reversal THEN l.gross ELSE -l.gross END, 0
                    FROM settlement_lines l JOIN settlement_files f USING (file_id)
                        JOIN payment_orders o ON o.order_id = l.order_id
                    WHERE f.imported_at >= \(since) AND f.imported_at < \(month.end) AND (
                        NOT l.reversal AND l.state = ANY(\(SettlementState.settling.map(\.rawValue)))
                        OR l.reversal AND l.state = ANY(\(SettledReversals.states)) AND l.payment_id IS NOT NULL)
                    UNION ALL
                    SELECT owner, balance, balance FROM month_balances
                    WHERE month = \(closed?.text) AND account = \(account)
                    UNION ALL
                    SELECT debit_owner, 0, amount FROM ledger_postings
                    WHERE posted_at >= \(since) AND posted_at < \(month.end) AND debit = \(account)
                    UNION ALL
                    SELECT credit_owner, 0, -amount FROM ledger_postings
                    WHERE posted_at >= \(since) AND posted_at < \(month.end) AND credit = \(account)
                ) AS parts GROUP BY owner
            ) AS owners
            """
    }

    private var unexplained: SQL {
        """
        SELECT coalesce(sum(l.amount), 0)::bigint AS expected,
            coalesce(sum(l.amount) FILTER (WHERE e.settlement IS NOT NULL), 0)::bigint AS found,
            count(*) FILTER (WHERE e.settlement IS NULL) AS differences,
            min(l.posting_id::text) FILTER (WHERE e.settlement IS NULL) AS first
        FROM ledger_postings l LEFT JOIN (SELECT DISTINCT settlement FROM exceptions) AS e USING (settlement)
        WHERE \(isOfMonth) AND \(AccountKind.unexplained.rawValue) IN (l.debit, l.credit)
            AND l.cause = \(Posting.Cause.settlement.rawValue)
        """
    }
}
