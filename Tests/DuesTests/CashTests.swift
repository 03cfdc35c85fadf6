import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

@Suite("Cash")
struct CashTests {
    private struct Book: Decodable {
        struct Entry: Decodable {
            let entryId: UUIDv7
            let amount: Int64
            let balance: Int64
            let receiptNumber: String?
        }

        let opening: Int64
        let cashIn: Int64
        let cashOut: Int64
        let closing: Int64
        let entries: [Entry]
        let next: UUIDv7?
    }

    private struct Batch: Decodable {
        let batchId: UUIDv7
        let state: String
        let superiorId: OrganizationID
    }

    private struct Fault: Decodable {
        struct Field: Decodable {
            let field: String
            let rule: String
        }

        let errors: [Field]
    }

    private func take(
        _ scene: DuesScene, _ members: [MemberID], amount: Int64, _ month: String = "2026-11", by officer: MemberID,
        more: String = ""
    ) async throws -> TestAnswer {
        let lines = members.map { #"{"memberId": "\#($0)", "month": "\#(month)"}"# }.joined(separator: ",")
        return try await post(
            scene, "/v1/cash-payments", #"{"lines": [\#(lines)], "amount": \#(amount)\#(more)}"#, by: officer)
    }

    private func post(
        _ scene: DuesScene, _ path: String, _ json: String, by officer: MemberID
    ) async throws -> TestAnswer {
        try await scene.service.call(
            .post, path, token: try await scene.service.token(member: officer), key: UUID().uuidString, json: json)
    }

    private func book(_ scene: DuesScene, _ organization: OrganizationID, _ rest: String = "2026-11") async throws
        -> Book
    {
        let answer = try await scene.service.call(
            .get, "/v1/organizations/\(organization)/cash-book/\(rest)", token: try await scene.service.operatorToken())
        #expect(answer.status == .ok, "\(answer.text)")
        return try answer.json()
    }

    private func expect(
        _ answer: TestAnswer, _ status: HTTPResponse.Status, _ field: String, _ rule: String
    ) throws {
        #expect(answer.status == status, "\(answer.text)")
        let faults = try answer.json(Fault.self).errors
        #expect(faults.map(\.field) == [field] && faults.map(\.rule) == [rule], "\(answer.text)")
    }

    @Test("what a cell counts is paid, has a numbered receipt and stands in its cash-book")
    func counted() async throws {
        try await DuesScene.run { scene in
            let members = [try await scene.member(), try await scene.member()]
            let officer = try await scene.treasurer(of: scene.cell, .cellDuesOfficer)
            try await scene.assess()
            let answer = try await take(scene, members, amount: 31_860, by: officer)
            #expect(answer.status == .created, "\(answer.text)")
            let order: DuesScene.OrderShape = try answer.json()
            #expect(order.state == "paid" && order.payeeOrganizationId == scene.cell && order.payments.count == 1)
            try await scene.parts.receipts.drain()
            let cashBook = try await book(scene, scene.cell)
            #expect(cashBook.opening == 0 && cashBook.cashIn == 31_860 && cashBook.closing == 31_860)
            #expect(cashBook.entries.map(\.amount) == [15_930, 15_930])
            #expect(cashBook.entries.map(\.balance) == [15_930, 31_860])
            #expect(cashBook.entries.allSatisfy { $0.receiptNumber == "DP-2026-000001" })
            let receipt = try #require(try await scene.events(ReceiptIssued.self).first)
            #expect(receipt.issuingOrganizationId == scene.cell && receipt.amount == Dong(31_860))
            let owed = try await scene.count("SELECT sum(amount - paid)::bigint FROM assessments WHERE paid > 0")
            #expect(owed == 0)
            let first = try await book(scene, scene.cell, "2026-11?limit=1")
            let next = try #require(first.next)
            let second = try await book(scene, scene.cell, "2026-11?limit=1&after=\(next)")
            #expect(first.entries.map(\.balance) == [15_930] && second.entries.map(\.balance) == [31_860])
            #expect(second.next == nil && second.closing == 31_860)
        }
    }

    @Test("cash goes to the superior in a list that another person counts; the book of each shows it")
    func handedOn() async throws {
        try await DuesScene.run { scene in
            let members = [try await scene.member(), try await scene.member()]
            let officer = try await scene.treasurer(of: scene.cell, .cellDuesOfficer)
            try await scene.role(.officeOfficer, of: officer, at: scene.base)
            try await scene.assess()
            _ = try await take(scene, members, amount: 31_860, by: officer)
            let path = "/v1/organizations/\(scene.cell)/cash-batches"
            try expect(
                try await post(scene, path, #"{"amount": 31861, "reference": "BK 1"}"#, by: officer),
                .unprocessableContent, "amount", "cash.not-there")
            let handed = try await post(scene, path, #"{"amount": 20000, "reference": "BK 1"}"#, by: officer)
            #expect(handed.status == .created, "\(handed.text)")
            let batch: Batch = try handed.json()
            #expect(batch.superiorId == scene.base)
            // What is on its way is not handed on twice.
            try expect(
                try await post(scene, path, #"{"amount": 11861, "reference": "BK 2"}"#, by: officer),
                .unprocessableContent, "amount", "cash.not-there")
            #expect(try await book(scene, scene.cell).closing == 31_860)

            let superior = try await scene.treasurer(of: scene.base)
            let receipt = "/v1/cash-batches/\(batch.batchId)/receipt"
            try expect(
                try await post(scene, receipt, #"{"amount": 20000}"#, by: officer), .forbidden, "officer",
                "cash.second-person")
            try expect(
                try await post(scene, receipt, #"{"amount": 19000}"#, by: superior), .unprocessableContent, "amount",
                "cash.other-amount")
            #expect(try await post(scene, receipt, #"{"amount": 20000}"#, by: superior).status == .ok)
            try expect(
                try await post(scene, receipt, #"{"amount": 20000}"#, by: superior), .conflict, "state", "cash.counted")
            #expect(try await book(scene, scene.cell).closing == 11_860)
            #expect(try await book(scene, scene.base).cashIn == 20_000)
            #expect(try await book(scene, scene.base, "2026-12").opening == 20_000)
        }
    }

    @Test("a list that is refused or withdrawn leaves the cash where it was")
    func refused() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            let officer = try await scene.treasurer(of: scene.cell, .cellSecretary)
            let superior = try await scene.treasurer(of: scene.base)
            try await scene.assess()
            _ = try await take(scene, [member], amount: 15_930, by: officer)
            for (what, person, state) in [("refusal", superior, "refused"), ("withdrawal", officer, "withdrawn")] {
                let handed = try await post(
                    scene, "/v1/organizations/\(scene.cell)/cash-batches", #"{"amount": 15930, "reference": "BK"}"#,
                    by: officer)
                let batch: Batch = try handed.json()
                let settled = try await post(
                    scene, "/v1/cash-batches/\(batch.batchId)/\(what)", #"{"reason": "Thiếu tiền"}"#, by: person)
                #expect(try settled.json(Batch.self).state == state, "\(settled.text)")
            }
            let cashBook = try await book(scene, scene.cell)
            #expect(cashBook.closing == 15_930 && cashBook.entries.count == 1)
        }
    }

    @Test("cash that is paid in at the bank moves to the account once its holder has seen it")
    func deposited() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            let officer = try await scene.treasurer(of: scene.cell, .cellSecretary)
            try await scene.assess()
            _ = try await take(scene, [member], amount: 15_930, by: officer)
            let path = "/v1/organizations/\(scene.cell)/cash-batches"
            let body = #"{"amount": 5000, "reference": "GNT 7", "toBank": true}"#
            try expect(
                try await post(scene, path, body, by: officer), .unprocessableContent, "organizationId",
                "cash.no-account")
            let account = OrganizationState.BankAccount(
                bankCode: "970436", accountNumber: "1", holderName: "DANG BO MAU", verified: true,
                from: try Day("2026-01-01"))
            try await scene.keep(
                scene.organization(
                    scene.base, "A35.12.08", .baseOrganisation, under: scene.commune, accounts: [account]))
            let handed = try await post(scene, path, body, by: officer)
            #expect(handed.status == .created, "\(handed.text)")
            let batch: Batch = try handed.json()
            #expect(try await scene.balances()["cash-on-hand"] == 15_930)
            let receipt = "/v1/cash-batches/\(batch.batchId)/receipt"
            #expect(try await post(scene, receipt, #"{"amount": 5000}"#, by: officer).status == .forbidden)
            let holder = try await scene.treasurer(of: scene.base)
            #expect(try await post(scene, receipt, #"{"amount": 5000}"#, by: holder).status == .ok)
            let balances = try await scene.balances()
            #expect(balances["bank"] == 5_000 && balances["cash-on-hand"] == 10_930)
            let changed = await #expect(throws: PostgresError.self) {
                try await scene.pool.execute("UPDATE cash_batches SET amount = 1")
            }
            #expect(changed?.sqlState == "23001")
        }
    }

    @Test("what is owed to a cell that was merged is paid to its successor, and its cash is handed on by him")
    func merged() async throws {
        try await DuesScene.run { scene in
            let (member, late) = (
                try await scene.member(cell: scene.otherCell), try await scene.member(cell: scene.otherCell)
            )
            let before = try await scene.treasurer(of: scene.otherCell, .cellDuesOfficer)
            let officer = try await scene.treasurer(of: scene.cell, .cellDuesOfficer)
            try await scene.assess()
            #expect(try await take(scene, [member], amount: 11_100, by: before).status == .created)
            try await scene.keep(
                OrganizationState(
                    organizationId: scene.otherCell, code: try OrganizationCode("A35.12.08.02"), name: "Chi bộ mẫu",
                    type: .subordinateCell, parentId: scene.base, status: .merged, mergedIntoId: scene.cell,
                    residential: true, duesRegion: .four, hasSeal: false, bankAccounts: []))
            #expect(try await take(scene, [late], amount: 11_100, by: before).status == .forbidden)
            #expect(try await take(scene, [late], amount: 11_100, by: officer).status == .created)
            let handed = try await post(
                scene, "/v1/organizations/\(scene.otherCell)/cash-batches",
                #"{"amount": 22200, "reference": "BK"}"#, by: officer)
            #expect(try handed.json(Batch.self).superiorId == scene.base, "\(handed.text)")
        }
    }

    @Test("a payment in cash goes back through no gateway, and closes no month's books wrongly")
    func books() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            let officer = try await scene.treasurer(of: scene.cell, .cellDuesOfficer)
            let office = try await scene.treasurer(of: scene.base)
            try await scene.assess()
            let order = try await take(scene, [member], amount: 15_930, by: officer).json(DuesScene.OrderShape.self)
            try await scene.parts.receipts.drain()
            for kind in ["payment", "reversal"] {
                try expect(
                    try await post(
                        scene, "/v1/payments/\(order.payments[0].paymentId)/refunds",
                        #"{"kind": "\#(kind)", "reason": "x"}"#, by: office), .unprocessableContent, "paymentId",
                    "refund.cash")
            }
            try scene.morning(of: "2026-12-01")
            struct Checks: Decodable {
                struct Check: Decodable {
                    let name: String
                    let differences: Int
                }

                let checks: [Check]
            }
            let answer = try await scene.service.call(
                .get, "/v1/month-closes/2026-11/checks", token: try await scene.service.operatorToken())
            let checks = try answer.json(Checks.self).checks
            #expect(checks.count == 9 && checks.allSatisfy { $0.differences == 0 }, "\(answer.text)")
        }
    }

    @Test("only what is owed to the officer's cell is taken, to the đồng, once")
    func bounds() async throws {
        try await DuesScene.run { scene in
            let (member, other) = (try await scene.member(), try await scene.member(cell: scene.otherCell))
            let officer = try await scene.treasurer(of: scene.cell, .cellDuesOfficer)
            let office = try await scene.treasurer(of: scene.base)
            try await scene.assess()
            #expect(try await take(scene, [other], amount: 11_100, by: officer).status == .forbidden)
            // The office above pays for members over the portal; cash is counted in the cell.
            #expect(try await take(scene, [member], amount: 15_930, by: office).status == .forbidden)
            #expect(try await take(scene, [officer], amount: 15_930, by: officer).status == .forbidden)
            try expect(
                try await take(
                    scene, [member], amount: 15_930, by: officer, more: #", "payerMemberId": "\#(other)""#),
                .unprocessableContent, "payerMemberId", "cash.payer")
            try expect(
                try await take(scene, [member], amount: 15_930, by: officer, more: #", "paidOn": "2026-10-19""#),
                .unprocessableContent, "paidOn", "cash.day")
            try expect(
                try await take(scene, [member, other], amount: 27_030, by: office), .unprocessableContent, "lines",
                "cash.several-cells")
            try expect(
                try await take(scene, [member], amount: 15_931, by: officer), .unprocessableContent, "amount",
                "cash.amount")
            try expect(
                try await take(scene, [member, member], amount: 31_860, by: officer), .unprocessableContent, "lines[1]",
                "order.line-twice")
            try expect(
                try await take(
                    scene, [member], amount: 15_930, by: officer, more: #", "paidOn": "2026-11-21""#),
                .unprocessableContent, "paidOn", "cash.day")
            #expect(try await take(scene, [member], amount: 15_930, by: officer).status == .created)
            try expect(
                try await take(scene, [member], amount: 15_930, by: officer), .unprocessableContent, "lines[0]",
                "order.nothing-owed")
            #expect(try await scene.count("SELECT count(*) FROM payments") == 1)
        }
    }

    @Test("two officers who hand on the same cash at once: one does")
    func atOnce() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            let officer = try await scene.treasurer(of: scene.cell, .cellDuesOfficer)
            try await scene.assess()
            _ = try await take(scene, [member], amount: 15_930, by: officer)
            let path = "/v1/organizations/\(scene.cell)/cash-batches"
            let answers = try await withThrowingTaskGroup(of: HTTPResponse.Status.self) { group in
                for number in 1...6 {
                    group.addTask {
                        try await post(scene, path, #"{"amount": 15930, "reference": "BK \#(number)"}"#, by: officer)
                            .status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.filter { $0 == .created }.count == 1)
            #expect(answers.filter { $0 == .unprocessableContent }.count == 5)
        }
    }
}
