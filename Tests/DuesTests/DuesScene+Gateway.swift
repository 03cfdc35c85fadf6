import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Dues

extension DuesScene {
    /// What VNPAY sends for an order.
    static func query(
        _ reference: String, amount: Int64, transaction: String = "14422574", response: String = "00",
        status: String = "00", secret: String = secret, merchant: String = merchant
    ) -> String {
        VNPAYSigner.query(
            [
                "vnp_Amount": String(amount * 100), "vnp_BankCode": "NCB", "vnp_CardType": "ATM",
                "vnp_OrderInfo": "Dang phi \(reference)", "vnp_PayDate": "20261120100500",
                "vnp_ResponseCode": response, "vnp_TmnCode": merchant, "vnp_TransactionNo": transaction,
                "vnp_TransactionStatus": status, "vnp_TxnRef": reference,
            ], secret: secret)
    }

    struct Answer: Decodable, Sendable {
        let RspCode: String
        let Message: String
    }

    /// Calls back; the code of the answer.
    func callBack(_ query: String) async throws -> String {
        let answer = try await service.call(.get, "/v1/gateways/vnpay/ipn?\(query)")
        #expect(answer.status == .ok)
        return try answer.json(Answer.self).RspCode
    }

    func pay(_ order: OrderShape, transaction: String = "14422574") async throws -> String {
        try await callBack(Self.query(order.reference, amount: order.total, transaction: transaction))
    }

    func count(_ sql: SQL) async throws -> Int { try await pool.queryOne(sql).get(at: 0) }

    /// Every account that has a balance, positive on its own side.
    func balances() async throws -> [String: Int64] {
        let rows = try await pool.query(
            """
            SELECT account, sum(amount)::bigint AS amount FROM (
                SELECT debit AS account, amount FROM ledger_postings
                UNION ALL SELECT credit, -amount FROM ledger_postings
            ) AS sides GROUP BY account HAVING sum(amount) <> 0
            """)
        #expect(try rows.reduce(Int64(0)) { try $0 + $1.get("amount", as: Int64.self) } == 0)
        return Dictionary(
            uniqueKeysWithValues: try rows.map { row in
                let name: String = try row.get("account")
                let kind = try #require(AccountKind(rawValue: name))
                let amount: Int64 = try row.get("amount")
                return (name, kind.normalSide == .debit ? amount : -amount)
            })
    }

    /// The receivable in the books is what the assessments leave open.
    func expectBooksToAgree() async throws {
        let open = try await count("SELECT coalesce(sum(amount - paid), 0)::bigint FROM assessments")
        let balances = try await balances()
        #expect(balances["member-receivable"] ?? 0 == Int64(open))
        let received = try await count("SELECT coalesce(sum(amount), 0)::bigint FROM payments")
        let settled = try await count(
            "SELECT coalesce(sum(gross), 0)::bigint FROM settlement_lines WHERE state IN ('matched', 'missing-callback')"
        )
        #expect(balances["gateway-clearing"] ?? 0 == Int64(received - settled))
    }

    /// The types of the events of a topic, in the order of writing.
    func events(_ topic: Topic) async throws -> [String] {
        try await pool.query("SELECT type FROM outbox WHERE topic = \(topic.name) ORDER BY seq").map {
            try $0.get("type")
        }
    }

    func events<Payload: EventPayload>(_ type: Payload.Type) async throws -> [Payload] {
        try await pool.query("SELECT data FROM outbox WHERE type = \(Payload.type) ORDER BY seq").map {
            try ContractsJSON.decode(Payload.self, from: $0.get("data"))
        }
    }
}
