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

@Suite("Statements")
struct StatementTests {
    private struct Page: Decodable {
        struct Item: Decodable {
            let postingId: UUIDv7
            let debit: String
            let credit: String
            let amount: Int64
            let month: String?
        }

        let items: [Item]
        let next: UUIDv7?
    }

    @Test("a member's, a cell's and a level's: opening, movements and closing of a month, and of the next")
    func figures() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.member(cell: scene.otherCell)
            try await scene.assess()
            let order = try await scene.order(member)
            #expect(try await scene.pay(order) == "00")
            let own = try await scene.statement("/v1/members/\(member)")
            #expect(
                own["member-receivable"]
                    == .init(account: "member-receivable", opening: 0, debits: 15_930, credits: 15_930, closing: 0))
            let cell = try await scene.statement("/v1/organizations/\(scene.cell)")
            #expect(cell["assessed-dues"]?.closing == 15_930)
            #expect(cell["gateway-clearing"] == nil)
            let level = try await scene.statement("/v1/organizations/\(scene.province)")
            #expect(level["assessed-dues"]?.closing == 27_030)
            #expect(level["gateway-clearing"]?.closing == 15_930)
            let alone = try await scene.statement("/v1/organizations/\(scene.province)", below: false)
            #expect(alone.accounts.isEmpty)
            let next = try await scene.statement("/v1/organizations/\(scene.province)", from: "2026-12")
            #expect(
                next["assessed-dues"]
                    == .init(account: "assessed-dues", opening: 27_030, debits: 0, credits: 0, closing: 27_030))
        }
    }

    @Test("whatever happens, and with a closed month between: levels are the sum of what is below, ranges of months")
    func addUp() async throws {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        let steps = (0..<24).map { _ in (Int.random(in: 0..<5, using: &random), Bool.random(using: &random)) }
        let pick = Int.random(in: 0..<1_000, using: &random)
        try await DuesScene.run { scene in
            var orders: [DuesScene.OrderShape] = []
            var members: [MemberID] = []
            for (number, step) in steps.enumerated() {
                if number == 12 { scene.goToDecember() }
                switch (step.0, orders.isEmpty) {
                case (0, _), (_, true):
                    let member = try await scene.member(cell: step.1 ? scene.cell : scene.otherCell)
                    members.append(member)
                    orders.append(try await scene.order(member, ["2026-11", "2026-12"]))
                case (1, _): try await scene.assess(step.1 ? "2026-11" : "2026-12")
                default:
                    _ = try await scene.pay(orders[(pick + number) % orders.count], transaction: "\(number % 9 + 1)")
                }
            }
            for closed in [false, true] {
                if closed {
                    try await scene.parts.receipts.drain()
                    let answer = try await scene.post("/v1/month-closes", #"{"month": "2026-11"}"#)
                    #expect(answer.status == .created, "\(answer.text)")
                }
                try await expectSums(scene, members)
            }
        }
    }

    /// Levels against what is below them, and a range against its months, of each account.
    private func expectSums(_ scene: DuesScene, _ members: [MemberID]) async throws {
        let root = "/v1/organizations/\(scene.province)"
        let whole = try await scene.statement(root, through: "2026-12")
        let parts = [
            try await scene.statement("/v1/organizations/\(scene.cell)", through: "2026-12"),
            try await scene.statement("/v1/organizations/\(scene.otherCell)", through: "2026-12"),
            try await scene.statement("/v1/organizations/\(scene.base)", through: "2026-12", below: false),
            try await scene.statement("/v1/organizations/\(scene.commune)", through: "2026-12", below: false),
        ]
        let (first, second) = (try await scene.statement(root), try await scene.statement(root, from: "2026-12"))
        #expect(!whole.accounts.isEmpty)
        for line in whole.accounts {
            let account = line.account
            #expect(line.debits == parts.map { $0[account]?.debits ?? 0 }.reduce(0, +))
            #expect(line.credits == parts.map { $0[account]?.credits ?? 0 }.reduce(0, +))
            #expect(line.closing == parts.map { $0[account]?.closing ?? 0 }.reduce(0, +))
            #expect(line.closing == second[account]?.closing ?? 0)
            #expect(first[account]?.closing ?? 0 == second[account]?.opening ?? 0)
            #expect(line.debits == (first[account]?.debits ?? 0) + (second[account]?.debits ?? 0))
        }
        #expect(whole.accounts.map(\.debits).reduce(0, +) == whole.accounts.map(\.credits).reduce(0, +))
        var receivable: Int64 = 0
        for member in members {
            let own = try await scene.statement("/v1/members/\(member)", through: "2026-12")
            receivable += own["member-receivable"]?.closing ?? 0
        }
        #expect(receivable == whole["member-receivable"]?.closing ?? 0)
    }

    @Test("the postings come page by page, each once")
    func pages() async throws {
        try await DuesScene.run { scene in
            for number in 0..<5 { try await scene.paidMember(transaction: "\(number + 1)") }
            var seen: [UUIDv7] = []
            var after = ""
            repeat {
                let page: Page = try await scene.get(
                    "/v1/organizations/\(scene.province)/statement/postings?from=2026-11&limit=2\(after)"
                ).json()
                seen += page.items.map(\.postingId)
                #expect(page.items.allSatisfy { $0.month == "2026-11" && $0.credit == "advances" })
                after = page.next.map { "&after=\($0)" } ?? ""
            } while !after.isEmpty
            #expect(seen.count == 5 && seen == seen.sorted())
            let other: Page = try await scene.get(
                "/v1/organizations/\(scene.otherCell)/statement/postings?from=2026-11"
            ).json()
            #expect(other.items.isEmpty)
        }
    }

    @Test("a cell's officers see the cell's books, the office and the inspection what is below them, members their own")
    func access() async throws {
        try await DuesScene.run { scene in
            func status(_ path: String, _ member: MemberID) async throws -> HTTPResponse.Status {
                try await scene.service.call(
                    .get, "\(path)/statement?from=2026-11", token: try await scene.service.token(member: member)
                ).status
            }
            let (cell, base) = ("/v1/organizations/\(scene.cell)", "/v1/organizations/\(scene.base)")
            for (role, place, cellStatus, baseStatus) in [
                (RoleName.cellSecretary, scene.cell, HTTPResponse.Status.ok, HTTPResponse.Status.forbidden),
                (.cellDuesOfficer, scene.otherCell, .forbidden, .forbidden),
                (.officeOfficer, scene.commune, .ok, .ok), (.auditor, scene.base, .ok, .ok),
            ] {
                let officer = try await scene.member()
                try await scene.role(role, of: officer, at: place)
                #expect(try await status(cell, officer) == cellStatus, "\(role)")
                #expect(try await status(base, officer) == baseStatus, "\(role)")
            }
            let member = try await scene.member()
            #expect(try await status(cell, member) == .forbidden)
            #expect(try await status("/v1/members/\(member)", member) == .ok)
            let other = try await scene.member()
            #expect(try await status("/v1/members/\(other)", member) == .forbidden)
        }
    }

    @Test("what is asked wrongly is told by its name")
    func wrong() async throws {
        try await DuesScene.run { scene in
            for (query, field) in [
                ("", "from"), ("from=2026-13", "from"), ("from=2026-11&through=x", "through"),
                ("from=2026-11&through=2026-10", "through"), ("from=2026-01&through=2027-01", "through"),
                ("from=2026-11&below=x", "below"), ("from=2026-11&limit=0", "limit"), ("from=2026-11&after=x", "after"),
            ] {
                for path in [
                    "/v1/organizations/\(scene.cell)/statement", "/v1/members/\(scene.cell)/statement/postings",
                ] {
                    let answer = try await scene.get("\(path)?\(query)")
                    #expect(answer.status == .badRequest)
                    #expect(Array(answer.faults.keys) == [field], "\(query)")
                }
            }
            #expect(try await scene.get("/v1/organizations/x/statement?from=2026-11").status == .notFound)
        }
    }
}
