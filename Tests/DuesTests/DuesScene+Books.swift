import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit

@testable import Dues

extension DuesScene {
    /// An hour and more into the month after the one in which tests begin.
    func goToDecember() {
        clock?.advance(by: 12 * 86_400)
        kit.projectionAges.note("dues.directory", levelAt: kit.time.now)
    }

    /// What nobody can do over the service: rows of a guarded table are changed past its guard.
    func tamper(_ table: String, _ statement: SQL) async throws {
        try await pool.transaction { transaction in
            try await transaction.execute("ALTER TABLE \(identifier: table) DISABLE TRIGGER USER")
            try await transaction.execute(statement)
            try await transaction.execute("ALTER TABLE \(identifier: table) ENABLE TRIGGER USER")
        }
    }

    /// A posting between two accounts of the cell.
    func posting(
        cause: String = "payment", debit: String = "gateway-clearing", credit: String = "member-receivable",
        payment: PaymentID? = nil, at moment: Date? = nil, amount: Int64 = 1_000
    ) -> SQL {
        """
        INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount,
            payment_id)
        VALUES (uuid_v7(\(moment ?? kit.time.now)), \(moment ?? kit.time.now), \(cause), \(debit), \(cell), \(credit),
            \(cell), \(amount), \(payment))
        """
    }

    /// A cell's member with an assessed month that is paid over the gateway and has its receipt.
    @discardableResult
    func paidMember(in cell: OrganizationID? = nil, transaction: String) async throws -> OrderShape {
        let order = try await order(try await member(cell: cell))
        _ = try await pay(order, transaction: transaction)
        return order
    }

    /// Takes in VNPAY's file of these lines (reference, transaction, gross), each with a fee of 330.
    func settle(_ lines: [(String, String, Int64)]) async throws -> TestAnswer {
        let rows = lines.map { "\($0.0),\($0.1),\($0.2),330,\($0.2 - 330),2026-11-21,PAY\n" }
        let text =
            "TxnRef,TransactionNo,Amount,Fee,NetAmount,SettlementDate,Type\n" + rows.joined()
            + "TOTAL,\(lines.count),\(lines.map(\.2).reduce(0, +))\n"
        return try await service.call(
            .post, "/v1/settlements?gateway=vnpay&organizationId=\(base)", token: try await service.operatorToken(),
            key: UUID().uuidString, headers: [.contentType: "text/csv"], body: Array(text.utf8))
    }

    struct StatementShape: Decodable, Sendable {
        struct Line: Decodable, Sendable, Equatable {
            let account: String
            let opening: Int64
            let debits: Int64
            let credits: Int64
            let closing: Int64
        }

        let accounts: [Line]

        subscript(account: String) -> Line? { accounts.first { $0.account == account } }
    }

    func statement(
        _ path: String, from: String = "2026-11", through: String? = nil, below: Bool = true
    ) async throws -> StatementShape {
        try await get("\(path)/statement?from=\(from)&through=\(through ?? from)&below=\(below)").json()
    }
}
