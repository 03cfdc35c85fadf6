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

extension DuesScene {
    struct ReportShape: Decodable, Sendable {
        struct Figures: Decodable, Sendable, Equatable {
            var assessed: Int64 = 0
            var exempt: Int64 = 0
            var provisional: Int64 = 0
            var due: Int64 = 0
            var relief: Int64 = 0
            var paid: Int64 = 0
            var rate: Int64?
            var collected: Int64 = 0
            var ofMonths: Int64 = 0
            var ofEarlier: Int64 = 0
            var ahead: Int64 = 0
            var inCash: Int64 = 0
            var electronic: Int64 = 0
            var corrected: Int64 = 0
            var arrears: Int64 = 0
            var channelFees: Int64 = 0
            var exceptions: Int64 = 0
            var exceptionAmount: Int64 = 0
            var kept: Int64 = 0
            var passedUp: Int64 = 0

            /// All but the rate, which follows, and what the body itself passes up.
            mutating func add(_ other: Figures) {
                for key in [
                    \Figures.assessed, \.exempt, \.provisional, \.due, \.relief, \.paid, \.collected, \.ofMonths,
                    \.ofEarlier, \.ahead, \.inCash, \.electronic, \.corrected, \.arrears, \.channelFees, \.exceptions,
                    \.exceptionAmount, \.kept,
                ] { self[keyPath: key] += other[keyPath: key] }
                rate = due > 0 ? min(paid, due) * 10_000 / due : nil
            }
        }

        struct Part: Decodable, Sendable {
            let organizationId: OrganizationID
            let code: String
            let name: String
            let type: String
            let figures: Figures
        }

        let whole: Figures
        let own: Figures
        let parts: [Part]

        func part(_ organization: OrganizationID) -> Figures? {
            parts.first { $0.organizationId == organization }?.figures
        }
    }

    func report(
        _ organization: OrganizationID, from: String = "2026-11", through: String? = nil, more: String = ""
    ) async throws -> ReportShape {
        let answer = try await get(
            "/v1/organizations/\(organization)/report?from=\(from)&through=\(through ?? from)\(more)")
        #expect(answer.status == .ok, "\(answer.text)")
        return try answer.json()
    }
}

/// Books at random over a tree of all depths, and what reports on them must say, computed one posting after the other.
struct ReportBooks: Sendable {
    struct Organization: Sendable {
        let id: OrganizationID
        let code: String
        /// Whose it is in a report: the superior, or the successor.
        let up: OrganizationID?
        let isMerged: Bool
    }

    struct Assessed: Sendable {
        let organization: OrganizationID
        let month: DuesMonth
        let amount: Int64
        let full: Int64
        let paid: Int64
        let isProvisional: Bool
    }

    struct Posted: Sendable {
        let at: Date
        let debit: String
        let debitOwner: OrganizationID
        let credit: String
        let creditOwner: OrganizationID
        let amount: Int64
        let month: DuesMonth?
    }

    struct Excepted: Sendable {
        let owner: OrganizationID
        let amount: Int64?
        let raised: Date
        let settled: Date?
    }

    struct Remitted: Sendable {
        let organization: OrganizationID
        let month: DuesMonth
        let kept: Int64
        let passed: Int64
    }

    let tree: [Organization]
    var assessed: [Assessed] = []
    var posted: [Posted] = []
    var excepted: [Excepted] = []
    var remitted: [Remitted] = []

    /// Who reports on a body: itself and all above it.
    private func chain(of organization: OrganizationID) -> [OrganizationID] {
        var chain = [organization]
        while let next = tree.first(where: { $0.id == chain[chain.count - 1] })?.up { chain.append(next) }
        return chain
    }

    /// The bodies below another with none but merged ones between.
    func inferiors(of organization: OrganizationID) -> Set<OrganizationID> {
        Set(
            tree.filter { !$0.isMerged && $0.id != organization }.map(\.id).filter { id in
                let between = chain(of: id).dropFirst().prefix { $0 != organization }
                return chain(of: id).contains(organization)
                    && between.allSatisfy { one in tree.first { $0.id == one }?.isMerged == true }
            })
    }

    func figures(below organization: OrganizationID, _ from: DuesMonth, _ through: DuesMonth)
        -> DuesScene.ReportShape.Figures
    {
        let below = Set(tree.map(\.id).filter { chain(of: $0).contains(organization) })
        var sum = DuesScene.ReportShape.Figures()
        for row in assessed where below.contains(row.organization) && (from...through).contains(row.month) {
            sum.assessed += 1
            if row.amount == 0 { sum.exempt += 1 }
            if row.isProvisional { sum.provisional += 1 }
            sum.due += row.amount
            sum.relief += row.full - row.amount
            sum.paid += row.paid
        }
        for row in posted where row.at < through.next.firstDay.start {
            let sides = [
                (row.debit, row.debitOwner, row.credit, row.amount),
                (row.credit, row.creditOwner, row.debit, -row.amount),
            ]
            for (account, owner, other, debit) in sides where below.contains(owner) {
                if account == "member-receivable" { sum.arrears += debit }
                guard row.at >= from.firstDay.start else { continue }
                if account == "channel-fees" { sum.channelFees += debit }
                guard account == "member-receivable" || account == "advances",
                    !["member-receivable", "advances", "assessed-dues"].contains(other)
                else { continue }
                sum.collected -= debit
                switch row.month {
                case nil: sum.ofEarlier -= debit
                case let month? where month < from: sum.ofEarlier -= debit
                case let month? where month > through: sum.ahead -= debit
                default: sum.ofMonths -= debit
                }
                switch other {
                case "cash-on-hand": sum.inCash -= debit
                case "gateway-clearing": sum.electronic -= debit
                default: sum.corrected -= debit
                }
            }
        }
        let end = through.next.firstDay.start
        for row in excepted where below.contains(row.owner) && row.raised < end && (row.settled ?? end) >= end {
            sum.exceptions += 1
            sum.exceptionAmount += row.amount ?? 0
        }
        for row in remitted where below.contains(row.organization) && (from...through).contains(row.month) {
            sum.kept += row.kept
            if row.organization == organization { sum.passedUp += row.passed }
        }
        sum.rate = sum.due > 0 ? min(sum.paid, sum.due) * 10_000 / sum.due : nil
        return sum
    }
}
