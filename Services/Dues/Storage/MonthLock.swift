import Contracts
import DuesDomain
import Postgres

/// Keeps the run of a month and payments ahead for that month apart, each waiting for the other's commit.
///
/// Without it a payment could find no assessment yet while the run finds no advance yet, and the two would never meet.
/// A run holds a lane of the month alone for one chunk; payments hold their members' lanes together, and only those of a
/// month that is not assessed for all their members. One lock for a lane, not one for each member: locks live in shared
/// memory, and a chunk has as many members as it likes. Everybody takes them in the order of months, then lanes.
enum MonthLock {
    /// For a chunk of a run, or for one member's assessments of several months.
    static func alone(_ months: [DuesMonth], of members: MemberStretch) -> SQL {
        """
        SELECT pg_advisory_xact_lock(\(key)) FROM (
            SELECT month, lane FROM unnest(\(months)) AS m (month) CROSS JOIN unnest(\(members.lanes)) AS l (lane)
            ORDER BY month, lane
        ) AS held
        """
    }

    /// For payments: the months of the orders' lines that are not assessed. An order that is paid already brings no more
    /// advances; the transaction has the locks of the orders.
    static func together(ordersOf references: [String]) -> SQL {
        """
        SELECT pg_advisory_xact_lock_shared(\(key)) FROM (
            SELECT DISTINCT l.month, assessment_lane(l.member_id) AS lane
            FROM order_lines l JOIN payment_orders o USING (order_id)
            WHERE o.reference = ANY(\(references)) AND o.state <> \(OrderState.paid.rawValue) AND NOT EXISTS (
                SELECT FROM assessments a WHERE a.member_id = l.member_id AND a.month = l.month)
            ORDER BY month, lane
        ) AS held
        """
    }

    /// For refunds: all months of an order's lines.
    static func together(monthsOf order: OrderID) -> SQL {
        """
        SELECT pg_advisory_xact_lock_shared(\(key)) FROM (
            SELECT DISTINCT month, assessment_lane(member_id) AS lane FROM order_lines WHERE order_id = \(order)
            ORDER BY month, lane
        ) AS held
        """
    }

    /// Of a row of `held`. Advisory locks are shared by all schemas of a database.
    private static let key: SQL = """
        hashtextextended('dues month ' || current_schema() || ' ' || held.month || ' ' || held.lane, 7462)
        """
}
