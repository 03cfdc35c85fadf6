import Contracts
import DuesDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit

extension OrderRoutes {
    private struct Page: Encodable {
        let items: [OrderEntry]
        /// Give it as `after` for the next page; absent on the last one.
        let next: OrderID?
    }

    /// `GET /v1/payment-orders`: the caller's own as a payer, or with `organizationId` those that are paid to a body, for
    /// whoever may read its books; the newest first.
    func list(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let query = try OrderQuery(request.uri.queryParameters)
        let whose: OrderEntry.Whose
        if let payee = query.list.organization {
            try await access.requireReader(ofBooks: payee, try context.requireCaller(), in: kit.pool)
            whose = .payee(payee)
        } else {
            whose = .payer(try context.requireMember().id)
        }
        let limit = query.list.limit
        let found = try await OrderEntry.page(
            whose, query.states, after: query.list.after, limit: limit + 1, in: kit.pool)
        let shown = Array(found.prefix(limit))
        return try .json(.ok, Page(items: shown, next: found.count > limit ? shown.last?.orderId : nil))
    }
}

/// Which orders are asked for.
struct OrderQuery {
    /// All of them unless told otherwise.
    let states: [OrderState]
    let list: ListQuery

    init(_ parameters: Parameters) throws(Problem) {
        list = try ListQuery(parameters)
        guard let word = parameters.get("state"), word != "all" else {
            states = OrderState.allCases
            return
        }
        guard let state = OrderState(rawValue: word) else {
            throw ListQuery.invalid("state", "không phải trạng thái lệnh thanh toán", "is no state of a payment order")
        }
        states = [state]
    }
}

/// A payment order in a list; its lines and payments are shown with the order itself.
struct OrderEntry: Encodable, Sendable {
    /// Whose orders a list has.
    enum Whose: Sendable {
        case payer(MemberID)
        case payee(OrganizationID)
    }

    let orderId: OrderID
    let reference: PaymentReference
    /// An `OrderState`.
    let state: String
    let gateway: String
    let payerMemberId: MemberID?
    let payeeOrganizationId: OrganizationID
    let total: Dong
    /// How many members' months it pays.
    let lines: Int
    let createdAt: Date
    let expiresAt: Date

    init(row: PostgresRow) throws {
        orderId = try row.get("order_id")
        reference = try row.get("reference")
        state = try row.get("state")
        gateway = try row.get("channel")
        payerMemberId = try row.get("payer_member_id")
        payeeOrganizationId = try row.get("payee_id")
        total = try row.get("total")
        lines = try row.get("lines")
        createdAt = try row.get("created_at")
        expiresAt = try row.get("expires_at")
    }

    /// The newest first; of each state no more rows are read than the page has.
    static func page(
        _ whose: Whose, _ states: [OrderState], after: UUIDv7?, limit: Int, in session: any PostgresQueryable
    ) async throws -> [OrderEntry] {
        let condition: SQL =
            switch whose {
            case .payer(let member): "o.payer_member_id = \(member)"
            case .payee(let organization): "o.payee_id = \(organization)"
            }
        return try await session.query(
            """
            SELECT o.*, (SELECT count(*) FROM order_lines l WHERE l.order_id = o.order_id) AS lines
            FROM unnest(\(states.map(\.rawValue))) AS s (state) CROSS JOIN LATERAL (
                SELECT o.order_id, o.reference, o.state, o.channel, o.payer_member_id, o.payee_id, o.total,
                    o.created_at, o.expires_at
                FROM payment_orders o
                WHERE \(condition) AND o.state = s.state AND (\(after)::uuid IS NULL OR o.order_id < \(after))
                ORDER BY o.order_id DESC LIMIT \(limit)
            ) AS o
            ORDER BY o.order_id DESC LIMIT \(limit)
            """
        ).map(OrderEntry.init(row:))
    }
}
