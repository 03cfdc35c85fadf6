import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

/// A settlement file in one of the three layouts, as its sender writes it.
enum SettledFile: String, CaseIterable, Sendable {
    case vnpay, portal, bank

    struct Line {
        let reference: String
        let transaction: String
        let gross: Int64
        var fee: Int64 = 0
        /// Whether money was taken back.
        var isBack = false
    }

    func text(_ lines: [Line], day: String) -> String {
        let total = lines.map(\.gross).reduce(0, +)
        let compact = day.filter { $0 != "-" }
        switch self {
        case .vnpay:
            let rows = lines.map {
                "\($0.reference),\($0.transaction),\($0.gross),\($0.fee),\($0.gross - $0.fee),\(day),"
                    + ($0.isBack ? "REFUND\n" : "PAY\n")
            }
            return "TxnRef,TransactionNo,Amount,Fee,NetAmount,SettlementDate,Type\n" + rows.joined()
                + "TOTAL,\(lines.count),\(total)\n"
        case .portal:
            let rows = lines.map {
                "D|\($0.reference)|\($0.transaction)|\($0.gross)|\($0.fee)|\($0.gross - $0.fee)|\(compact)|"
                    + "\($0.isBack ? "HOAN" : "TT")|\(PortalFile.account)\n"
            }
            return "H|DOISOAT|\(compact)\n" + rows.joined() + "T|\(lines.count)|\(total)\n"
        case .bank:
            let entries = lines.map { line in
                """
                <Ntry><Amt Ccy="VND">\(line.gross)</Amt><CdtDbtInd>\(line.isBack ? "DBIT" : "CRDT")</CdtDbtInd>
                <RvslInd>\(line.isBack)</RvslInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>\(day)</Dt></BookgDt>
                <AcctSvcrRef>\(line.transaction)</AcctSvcrRef><NtryDtls><TxDtls><RmtInf>
                <Ustrd>Dang phi \(line.reference)</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>

                """
            }
            return """
                <?xml version="1.0" encoding="UTF-8"?>
                <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
                <Acct><Id><Othr><Id>\(PortalFile.account)</Id></Othr></Id></Acct><TxsSummry><TtlNtries>
                <NbOfNtries>\(lines.count)</NbOfNtries><Sum>\(total)</Sum></TtlNtries></TxsSummry>
                \(entries.joined())</Stmt></BkToCstmrStmt></Document>

                """
        }
    }

    /// Brings the file; the states of its lines.
    func bring(_ lines: [Line], day: String = "2026-11-21", _ scene: DuesScene) async throws -> [String: Int] {
        let answer = try await PortalFile.post(text(lines, day: day), scene, gateway: rawValue)
        #expect(answer.status == .created, "\(answer.text)")
        return try answer.json(PortalFile.Summary.self).states
    }
}

extension RefundScene {
    /// The open exceptions of a kind.
    func exceptions(_ kind: String? = nil) async throws -> [UUIDv7] {
        try await scene.pool.query(
            """
            SELECT exception_id FROM exceptions WHERE settled_at IS NULL AND (\(kind)::text IS NULL OR kind = \(kind))
            ORDER BY exception_id
            """
        ).map { try $0.get("exception_id") }
    }

    func act(
        _ action: String, on exception: UUIDv7, by officer: MemberID? = nil, more: String = ""
    ) async throws -> TestAnswer {
        try await post(
            "/v1/exceptions/\(exception)/actions", #"{"action": "\#(action)", "reason": "đã đối chiếu"\#(more)}"#,
            by: officer ?? first)
    }

    /// Proposed by one and approved by the other; what the approval answers.
    func writeOff(_ exception: UUIDv7) async throws -> TestAnswer {
        let proposed = try await act("write-off", on: exception)
        guard proposed.status == .ok else { return proposed }
        return try await act("approve-write-off", on: exception, by: second)
    }

    /// A refund that the gateway gave back.
    func gone(
        _ payment: String, kind: String = "payment", lines: String? = nil, amount: Int64, number: String = "99",
        _ paper: GatewaysOnPaper, by gateway: GatewayUnderTest = .vnpay
    ) async throws -> RefundID {
        let id = try await approved(payment, kind: kind, lines: lines)
        let isFull: Bool = try await scene.pool.queryOne("SELECT is_full FROM refunds WHERE refund_id = \(id)")
            .get(at: 0)
        paper.answer { call in
            try gateway.refund(call, .done(number), amount: amount, type: isFull ? "02" : "03")
        }
        try await scene.parts.refundWork.drain()
        #expect(try await show(id).state == "succeeded")
        return id
    }

    /// What clearing holds of each payment that it holds anything of.
    func held() async throws -> [Int64] {
        try await scene.pool.query(
            """
            SELECT sum(CASE WHEN debit = 'gateway-clearing' THEN amount ELSE -amount END)::bigint AS held
            FROM ledger_postings WHERE 'gateway-clearing' IN (debit, credit) GROUP BY payment_id
            HAVING sum(CASE WHEN debit = 'gateway-clearing' THEN amount ELSE -amount END) <> 0 ORDER BY 1
            """
        ).map { try $0.get("held") }
    }

    /// Every check of the running month about money holds.
    func expectChecks(_ place: String = "") async throws {
        let now = scene.kit.time.now
        let checks = try await MonthChecks(month: DuesMonth(containing: now), closed: nil, now: now)
            .run(in: scene.pool)
        for check in checks where ![.receipts, .receiptNumbers, .earlierMonths].contains(check.name) {
            #expect(check.holds, "\(place) \(check)")
        }
        _ = try await scene.balances()
    }

    /// The trail of an exception.
    func trail(_ exception: UUIDv7) async throws -> [String] {
        try await scene.pool.query(
            "SELECT action || ' ' || actor AS step FROM exception_actions WHERE exception_id = \(exception) ORDER BY ordinal"
        ).map { try $0.get("step") }
    }
}
