import Contracts
import DuesDomain
import Foundation
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Dues

extension ReportBooks {
    /// A tree with every depth from the province down, with cells and a whole commune that were merged into others.
    private static func grow(in scene: DuesScene) async throws -> [Organization] {
        var tree = [
            Organization(id: scene.province, code: "A35", up: nil, isMerged: false),
            Organization(id: scene.commune, code: "A35.12", up: scene.province, isMerged: false),
            Organization(id: scene.base, code: "A35.12.08", up: scene.commune, isMerged: false),
            Organization(id: scene.cell, code: "A35.12.08.01", up: scene.base, isMerged: false),
            Organization(id: scene.otherCell, code: "A35.12.08.02", up: scene.base, isMerged: false),
        ]
        func add(
            _ code: String, _ type: OrganizationType, under parent: OrganizationID, into heir: OrganizationID? = nil
        ) async throws -> OrganizationID {
            let id: OrganizationID = scene.kit.ids.next(at: scene.kit.time.now)
            try await scene.keep(
                OrganizationState(
                    organizationId: id, code: try OrganizationCode(code), name: "Tổ chức \(code)", type: type,
                    parentId: parent, status: heir == nil ? .active : .merged, mergedIntoId: heir, residential: true,
                    duesRegion: .one, hasSeal: !type.isCell, bankAccounts: []))
            tree.append(Organization(id: id, code: code, up: heir ?? parent, isMerged: heir != nil))
            return id
        }
        let section = try await add("A35.12.08.50", .section, under: scene.base)
        let deep = try await add("A35.12.08.51", .subordinateCell, under: section)
        _ = try await add("A35.12.08.52", .group, under: deep)
        _ = try await add("A35.12.60", .baseCell, under: scene.commune)
        let second = try await add("A35.13", .commune, under: scene.province)
        let secondBase = try await add("A35.13.01", .baseOrganisation, under: second)
        _ = try await add("A35.13.01.01", .subordinateCell, under: secondBase)
        // Merged within a base organisation, over to another commune, twice in turn; a commune with what still hangs below.
        _ = try await add("A35.12.08.90", .subordinateCell, under: scene.base, into: scene.cell)
        let gone = try await add("A35.13.01.91", .subordinateCell, under: secondBase, into: scene.otherCell)
        _ = try await add("A35.12.08.92", .subordinateCell, under: scene.base, into: gone)
        let third = try await add("A35.14", .commune, under: scene.province, into: second)
        _ = try await add("A35.14.01", .baseCell, under: third)
        return tree
    }

    private static let sides = [
        ("gateway-clearing", "member-receivable"), ("cash-on-hand", "member-receivable"),
        ("gateway-clearing", "advances"), ("cash-on-hand", "advances"), ("member-receivable", "assessed-dues"),
        ("assessed-dues", "member-receivable"), ("advances", "member-receivable"), ("member-receivable", "refunds"),
        ("advances", "refunds"), ("unexplained", "member-receivable"), ("channel-fees", "gateway-clearing"),
        ("gateway-clearing", "channel-fees"), ("bank", "gateway-clearing"), ("assessed-dues", "retained"),
    ]

    static func plant(in scene: DuesScene, _ random: inout SeededGenerator) async throws -> ReportBooks {
        var books = ReportBooks(tree: try await grow(in: scene))
        let months = try ["2026-08", "2026-09", "2026-10", "2026-11", "2026-12", "2027-01"].map { try DuesMonth($0) }
        let places = books.tree.map(\.id)
        func some<Value>(_ values: [Value]) throws -> Value { try #require(values.randomElement(using: &random)) }
        func moment() -> Date {
            let (start, end) = (months[1].firstDay.start, months[5].firstDay.start)
            let seconds = Int.random(in: 0..<Int(end.timeIntervalSince(start)), using: &random)
            return start.addingTimeInterval(Double(seconds))
        }
        for _ in 0..<150 {
            let full = Int64.random(in: 1...90_000, using: &random)
            let amount = try some([0, full / 2, full, full])
            books.assessed.append(
                Assessed(
                    organization: try some(places), month: try some(months), amount: amount, full: full,
                    paid: try some([0, amount, amount / 3]), isProvisional: Bool.random(using: &random)))
            let (debit, credit) = try some(sides)
            for _ in 0..<3 {
                books.posted.append(
                    Posted(
                        at: moment(), debit: debit, debitOwner: try some(places), credit: credit,
                        creditOwner: try some(places), amount: Int64.random(in: 1...90_000, using: &random),
                        month: try some(months + [nil])))
            }
            let raised = moment()
            books.excepted.append(
                Excepted(
                    owner: try some(places), amount: try some([nil, 7, 11_000]), raised: raised,
                    settled: try some([nil, raised.addingTimeInterval(86_400 * 20)])))
        }
        for month in months {
            for place in places where Bool.random(using: &random) {
                books.remitted.append(
                    Remitted(
                        organization: place, month: month, kept: Int64.random(in: 0...9_000, using: &random),
                        passed: Int64.random(in: 0...9_000, using: &random)))
            }
        }
        try await books.write(in: scene)
        return books
    }

    private func write(in scene: DuesScene) async throws {
        let pool = scene.pool
        for row in assessed {
            try await pool.execute(
                """
                INSERT INTO assessments (assessment_id, member_id, month, organization_id, amount, full_amount, paid,
                    policy, provisional, made_at)
                VALUES (uuid_v7(now()), uuid_v7(now()), \(row.month), \(row.organization), \(row.amount), \(row.full),
                    \(row.paid), 'test', \(row.isProvisional), now())
                """)
        }
        for row in posted {
            try await pool.execute(
                """
                INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner,
                    amount, month)
                VALUES (uuid_v7(\(row.at)), \(row.at), 'payment', \(row.debit), \(row.debitOwner), \(row.credit),
                    \(row.creditOwner), \(row.amount), \(row.month))
                """)
        }
        for row in excepted {
            try await pool.execute(
                """
                INSERT INTO exceptions (exception_id, kind, owner_id, amount, raised_at, settled_at)
                VALUES (uuid_v7(\(row.raised)), 'overpaid', \(row.owner), \(row.amount), \(row.raised), \(row.settled))
                """)
        }
        for row in remitted {
            try await pool.execute(
                """
                INSERT INTO remittances (remittance_id, organization_id, month, own, received, carried_in, kept, passed,
                    carried_out, holder_id, state, due_on, made_at)
                VALUES (uuid_v7(now()), \(row.organization), \(row.month), \(row.kept + row.passed), 0, 0, \(row.kept),
                    \(row.passed), 0, \(row.organization), 'due', '2026-12-31', now())
                """)
        }
    }
}
