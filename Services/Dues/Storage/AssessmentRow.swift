import Contracts
import DuesDomain
import Foundation
import Postgres

/// An assessment as it is kept.
struct AssessmentRow: Sendable {
    let assessmentId: AssessmentID
    let assessment: Assessment
    let paid: Dong
    let version: Int64
    let madeAt: Date

    /// Reads a row; the rate is the one that its policy, known by its name, gives the category.
    init(row: PostgresRow, policies: [String: RatePolicy]) throws {
        let category = try row.get("category", as: String?.self).flatMap(DuesCategory.init(rawValue:))
        let month: DuesMonth = try row.get("month")
        let policy: String = try row.get("policy")
        let base = try row.get("base_amount", as: Dong?.self).flatMap { amount -> DuesBase? in
            guard let source = DuesBaseSource(rawValue: try row.get("base_source", as: String?.self) ?? "") else {
                return nil
            }
            return DuesBase(source: source, amount: amount, month: try row.get("base_month"))
        }
        assessmentId = try row.get("assessment_id")
        assessment = Assessment(
            memberId: try row.get("member_id"), cellId: try row.get("organization_id"), month: month,
            amount: try row.get("amount"), fullAmount: try row.get("full_amount"),
            voluntary: try row.get("voluntary"), category: category, base: base,
            origin: try row.get("base_origin", as: PostgresJSON?.self).map { try ContractsJSON.decode(from: $0.bytes) },
            minimum: try row.get("minimum"),
            rate: category.flatMap { policies[policy]?.rate(of: $0) },
            reduction: try row.get("reduction", as: Int?.self).flatMap { try? BasisPoints($0) }, policy: policy,
            provisional: try row.get("provisional"),
            reason: try row.get("reason", as: String?.self).flatMap(AssessmentReason.init(rawValue:)))
        paid = try row.get("paid")
        version = try row.get("version")
        madeAt = try row.get("made_at")
    }

    /// What the others are told of it.
    func event(amountBefore: Dong?) -> AssessmentMade {
        AssessmentMade(
            assessmentId: assessmentId, memberId: assessment.memberId, organizationId: assessment.cellId,
            month: assessment.month, amount: assessment.amount, category: assessment.category, base: assessment.base,
            policy: assessment.policy, provisional: assessment.provisional, previousAmount: amountBefore,
            reason: assessment.reason?.rawValue, madeAt: madeAt)
    }

    /// The assessments of a member, the newest month first.
    static func list(
        of member: MemberID, from: DuesMonth?, limit: Int, policies: [String: RatePolicy],
        in session: any PostgresQueryable
    ) async throws -> [AssessmentRow] {
        try await session.query(
            """
            SELECT * FROM assessments WHERE member_id = \(member) AND (\(from)::text IS NULL OR month >= \(from))
            ORDER BY month DESC LIMIT \(limit)
            """
        ).map { try AssessmentRow(row: $0, policies: policies) }
    }
}
