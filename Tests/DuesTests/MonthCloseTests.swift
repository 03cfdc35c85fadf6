import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Dues

@Suite("The close of a month")
struct MonthCloseTests {
    private struct Checks: Decodable {
        let holds: Bool
        let checks: [MonthCheck]
    }

    private func close(_ scene: DuesScene, _ month: String = "2026-11") async throws -> TestAnswer {
        try await scene.post("/v1/month-closes", #"{"month": "\#(month)"}"#)
    }

    /// Two members, one of whom has paid, with receipt and settled, and a line of money that nobody knows; the month is
    /// over.
    private func plant(_ scene: DuesScene) async throws {
        let member = try await scene.member()
        try await scene.member(cell: scene.otherCell)
        try await scene.assess()
        let order = try await scene.order(member, ["2026-11", "2026-12"])
        #expect(try await scene.pay(order, transaction: "1") == "00")
        let settled = try await scene.settle([(order.reference, "1", order.total), ("DP26110000", "4", 7_000)])
        #expect(settled.status == .created, "\(settled.text)")
        #expect(try await scene.pay(try await scene.order(member, ["2027-01"]), transaction: "2") == "00")
        try await scene.parts.receipts.drain()
        scene.goToDecember()
    }

    @Test("a closed month takes no posting, also not by SQL into its partition; what is late goes to the open month")
    func refuses() async throws {
        try await DuesScene.run { scene in
            try await plant(scene)
            let inNovember = try Day("2026-11-30").start
            try await scene.pool.transaction { transaction in
                // Before the close it could still be posted.
                try await transaction.execute(scene.posting(cause: "reversal", at: inNovember))
                try await transaction.execute(
                    scene.posting(
                        cause: "reversal", debit: "member-receivable", credit: "gateway-clearing", at: inNovember))
            }
            let answer = try await close(scene)
            #expect(answer.status == .created, "\(answer.text)")
            for table in ["ledger_postings", "ledger_postings_202611"] {
                let statement = SQL(
                    unsafe: """
                        INSERT INTO \(table) (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount)
                        SELECT gen_random_uuid(), '2026-11-30 12:00+07', 'payment', 'bank', '\(scene.cell)', 'refunds',
                            '\(scene.cell)', 1
                        """)
                let fault = await #expect(throws: PostgresError.self) { try await scene.pool.execute(statement) }
                #expect(fault?.sqlState == "23001" && fault?.constraint == "ledger_month_closed")
            }
            let reopened = await #expect(throws: PostgresError.self) {
                try await scene.pool.execute("DELETE FROM month_closes")
            }
            #expect(reopened?.sqlState == "23001")
            // A late payment for a month of the closed one.
            let late = try await scene.order(try await scene.member(), ["2026-11"])
            #expect(try await scene.pay(late, transaction: "99") == "00")
            let row = try await scene.pool.queryOne(
                """
                SELECT month, posted_at >= '2026-12-01 00:00+07' AS open FROM ledger_postings
                ORDER BY posted_at DESC LIMIT 1
                """)
            let month: String = try row.get("month")
            let isOpen: Bool = try row.get("open")
            #expect(month == "2026-11" && isOpen)
        }
    }

    @Test("two closers at once: one closes, the other is told; the balances are kept once and the close is audited")
    func twoClosers() async throws {
        try await DuesScene.run { scene in
            try await plant(scene)
            async let first = close(scene)
            async let second = close(scene)
            let answers = try await [first, second]
            #expect(Set(answers.map(\.status)) == [.created, .conflict])
            #expect(answers.compactMap(\.problem) == ["month-closed-already"])
            #expect(try await scene.count("SELECT count(*) FROM month_closes") == 1)
            #expect(
                try await scene.count("SELECT coalesce(sum(balance), 1)::bigint FROM month_balances") == 0)
            #expect(try await scene.count("SELECT count(*) FROM month_balances") > 3)
            #expect(try await scene.count("SELECT count(*) FROM audit WHERE action = 'month.closed'") == 1)
            #expect(try await scene.count("SELECT count(*) FROM month_close_checks") == MonthCheck.Name.allCases.count)
        }
    }

    @Test("the close waits for a posting under way, and sees it")
    func waits() async throws {
        try await DuesScene.run { scene in
            try await plant(scene)
            let inNovember = try Day("2026-11-30").start
            let answer = try await scene.pool.transaction { transaction in
                try await transaction.execute(scene.posting(at: inNovember))
                let backend = try await scene.backend(of: transaction)
                let closing = Task { try await close(scene) }
                try await eventually("the close waits") { try await scene.waiting(for: backend) == 1 }
                return closing
            }.value
            #expect(answer.problem == "month-not-closable")
            #expect(answer.text.contains("month-close.parity"))
        }
    }

    @Test("a month that is not over, or after one that is open, is not closed; the order of months is told")
    func order() async throws {
        try await DuesScene.run { scene in
            try await plant(scene)
            for month in ["2026-12", "2027-01"] {
                let early = try await close(scene, month)
                #expect(early.faults == ["month": "month.not-over"])
            }
            scene.clock?.advance(by: 31 * 86_400)
            let december = try await close(scene, "2026-12")
            #expect(december.problem == "month-not-closable")
            #expect(december.faults == ["month": "month-close.earlier-months"])
            #expect(december.text.contains("2026-11"))
            #expect(try await close(scene).status == .created)
            #expect(try await close(scene, "2026-12").status == .created)
            #expect(try await scene.count("SELECT count(*) FROM month_closes") == 2)
            let kept = try await scene.count("SELECT count(*) FROM month_balances WHERE month = '2026-12'")
            #expect(kept == (try await scene.count("SELECT count(*) FROM month_balances WHERE month = '2026-11'")))
        }
    }

    struct Fault: Sendable, CustomTestStringConvertible {
        let check: MonthCheck.Name
        let table: String
        let statement: @Sendable (DuesScene) -> SQL

        var testDescription: String { check.rawValue }
    }

    private static let middle = Date(timeIntervalSince1970: 1_795_143_600)

    static let faults: [Fault] = [
        Fault(check: .postings, table: "ledger_postings") {
            $0.posting(cause: "reversal", debit: "petty-cash", credit: "bank", at: middle)
        },
        Fault(check: .parity, table: "payments") { _ in "UPDATE payments SET amount = amount + 1" },
        Fault(check: .receiptNumbers, table: "receipts") { _ in "UPDATE receipts SET ordinal = ordinal + 10" },
        Fault(check: .receipts, table: "receipts") { _ in "DELETE FROM receipts" },
        Fault(check: .members, table: "assessments") { _ in "UPDATE assessments SET paid = paid + 1 WHERE paid > 0" },
        Fault(check: .advances, table: "advances") { _ in "UPDATE advances SET used = used + 1" },
        Fault(check: .clearing, table: "ledger_postings") {
            $0.posting(cause: "reversal", debit: "gateway-clearing", credit: "bank", at: middle)
        },
        Fault(check: .unexplained, table: "ledger_postings") {
            $0.posting(cause: "settlement", debit: "bank", credit: "unexplained", at: middle)
        },
        Fault(check: .unexplained, table: "ledger_postings") {
            $0.posting(cause: "settlement", debit: "unexplained", credit: "bank", at: middle)
        },
    ]

    @Test("a check that fails keeps the month open, with its numbers and the first that differs", arguments: faults)
    func failing(fault: Fault) async throws {
        try await DuesScene.run { scene in
            try await plant(scene)
            let before: Checks = try await scene.get("/v1/month-closes/2026-11/checks").json()
            #expect(before.holds && before.checks.map(\.name) == MonthCheck.Name.allCases)
            try await scene.tamper(fault.table, fault.statement(scene))
            let after: Checks = try await scene.get("/v1/month-closes/2026-11/checks").json()
            let check = try #require(after.checks.first { $0.name == fault.check })
            #expect(!check.holds && check.first != nil)
            let answer = try await close(scene)
            #expect(answer.status == .conflict && answer.problem == "month-not-closable")
            #expect(answer.text.contains("month-close.\(fault.check.rawValue)"))
            #expect(answer.text.contains(try #require(check.first)))
            #expect(try await scene.count("SELECT count(*) FROM month_closes") == 0)
            try await scene.pool.execute(scene.posting(at: Self.middle))
        }
    }
}
