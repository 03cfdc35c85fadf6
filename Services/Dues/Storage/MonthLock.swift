import Contracts
import DuesDomain
import Postgres

/// Keeps the run of a month and payments ahead for that month apart, each waiting for the other's commit.
///
/// Without it a payment could find no assessment yet while the run finds no advance yet, and the two would never meet.
/// A run holds the month alone for one chunk; payments hold it together, and only those of a month that is not assessed
/// for all their members. One lock for a month, not one for each member: locks live in shared memory, and a chunk has as
/// many members as it likes.
enum MonthLock {
    /// For a chunk of a run, or for one member's assessments of several months, which are taken in their order.
    static func alone(_ months: [DuesMonth]) -> SQL {
        "SELECT pg_advisory_xact_lock(\(key("m.month"))) FROM unnest(\(months.sorted())) AS m (month)"
    }

    /// For payments: the months of the orders' lines that are not assessed, in their order. An order that is paid already
    /// brings no more advances; the transaction has the locks of the orders.
    static func together(ordersOf references: [String]) -> SQL {
        """
        SELECT pg_advisory_xact_lock_shared(\(key("ahead.month"))) FROM (
            SELECT DISTINCT l.month FROM order_lines l JOIN payment_orders o USING (order_id)
            WHERE o.reference = ANY(\(references)) AND o.state <> \(OrderState.paid.rawValue) AND NOT EXISTS (
                SELECT FROM assessments a WHERE a.member_id = l.member_id AND a.month = l.month)
            ORDER BY l.month
        ) AS ahead
        """
    }

    /// For refunds: all months of an order's lines, in their order.
    static func together(monthsOf order: OrderID) -> SQL {
        """
        SELECT pg_advisory_xact_lock_shared(\(key("l.month")))
        FROM (SELECT DISTINCT month FROM order_lines WHERE order_id = \(order) ORDER BY month) AS l
        """
    }

    /// Advisory locks are shared by all schemas of a database.
    private static func key(_ month: SQL) -> SQL {
        "hashtextextended('dues month ' || current_schema() || ' ' || \(month), 7462)"
    }
}
