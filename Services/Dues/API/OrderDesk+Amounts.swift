import Contracts
import DuesDomain
import Foundation
import Postgres
import Projections

extension OrderDesk {
    /// What is left to pay of each month: of an assessed one the rest, of another what it would be assessed at now.
    func lines(
        _ keys: [DuesKey], _ members: [MemberID: MemberState], in transaction: PostgresTransaction
    ) async throws -> [OrderLine] {
        let assessed = try await assessed(keys, in: transaction)
        let ahead = try await ahead(keys, in: transaction)
        var lines: [OrderLine] = []
        for (index, key) in keys.enumerated() {
            if let line = assessed[key] {
                lines.append(line)
                continue
            }
            guard let member = members[key.memberId] else { continue }
            let amount = try await expected(member, key.month, index, in: transaction) - (ahead[key] ?? .zero)
            lines.append(
                OrderLine(key: key, cellId: member.cellId, amount: max(amount, .zero), assessmentId: nil))
        }
        return lines
    }

    private func assessed(
        _ keys: [DuesKey], in transaction: PostgresTransaction
    ) async throws -> [DuesKey: OrderLine] {
        let rows = try await transaction.query(
            """
            SELECT a.member_id, a.month, a.organization_id, a.assessment_id, greatest(a.amount - a.paid, 0) AS open
            FROM unnest(\(keys.map(\.memberId)), \(keys.map(\.month))) AS k (member_id, month)
                JOIN assessments a ON a.member_id = k.member_id AND a.month = k.month
            """)
        var lines: [DuesKey: OrderLine] = [:]
        for row in rows {
            let key = DuesKey(memberId: try row.get("member_id"), month: try row.get("month"))
            lines[key] = OrderLine(
                key: key, cellId: try row.get("organization_id"), amount: try row.get("open"),
                assessmentId: try row.get("assessment_id"))
        }
        return lines
    }

    /// What was paid ahead already.
    private func ahead(_ keys: [DuesKey], in transaction: PostgresTransaction) async throws -> [DuesKey: Dong] {
        let rows = try await transaction.query(
            """
            SELECT v.member_id, v.month, sum(v.amount - v.used - v.returned)::bigint AS ahead
            FROM unnest(\(keys.map(\.memberId)), \(keys.map(\.month))) AS k (member_id, month)
                JOIN advances v ON v.member_id = k.member_id AND v.month = k.month
            WHERE v.used + v.returned < v.amount GROUP BY v.member_id, v.month
            """)
        return Dictionary(
            uniqueKeysWithValues: try rows.map {
                (DuesKey(memberId: try $0.get("member_id"), month: try $0.get("month")), try $0.get("ahead"))
            })
    }

    private func expected(
        _ member: MemberState, _ month: DuesMonth, _ index: Int, in transaction: PostgresTransaction
    ) async throws -> Dong {
        let book = try await policies.shelf(in: transaction).book
        guard let rules = try? book.rules(for: month) else {
            throw Self.refused([
                InvalidValue(
                    field: "lines[\(index)].month", rule: "policy.none-in-force",
                    vietnamese: "Không có quy định nào cho tháng này.", english: "No rules are known for this month.")
            ])
        }
        // Who belongs to a body outside the system pays there.
        guard let cell = try await directory.organization(member.cellId, in: transaction), cell.type != .external
        else { return .zero }
        let subject = AssessmentSubject(
            memberId: member.memberId, cellId: member.cellId, state: member.state, joinedOn: member.joinedOn,
            category: member.duesCategory, base: member.duesBase, figures: member.duesFigures ?? [],
            region: cell.duesRegion,
            reliefs: try await DecisionRow<Relief>.list(of: member.memberId, in: transaction).map(\.decision),
            voluntaryAmounts: try await DecisionRow<VoluntaryAmount>.list(of: member.memberId, in: transaction)
                .map(\.decision))
        guard case .assessed(let assessment) = rules.assess(subject) else { return .zero }
        return assessment.amount
    }
}
