import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// Assesses a stretch of members for a month, with all that follows: postings, money paid ahead, standings, events.
struct AssessmentWriting: Sendable {
    let kit: ServiceContext
    let standings: Standings

    /// What was done.
    struct Outcome {
        let lookedAt: Int
        /// How many of them owe for the month, or are exempt.
        let assessed: Int64
        let changed: Int
        let last: MemberID?
    }

    /// Writes it; the transaction holds the month of these members alone from here on.
    func assess(
        _ members: MemberStretch, by rules: MonthRules, _ context: EventContext, in transaction: PostgresTransaction
    ) async throws -> Outcome {
        let statement = AssessmentStatement(rules: rules, members: members, now: context.now)
        // The statement sees whatever was committed before the month was free.
        let alone = MonthLock.alone([rules.month], of: members)
        let rows = try await transaction.pipeline([alone, statement.assessment])[1].rows
        guard let summary = rows.first else { return Outcome(lookedAt: 0, assessed: 0, changed: 0, last: nil) }
        let changed = try rows.filter { try !$0.isNull("assessment_id") }
        let assessments = try changed.map {
            try AssessmentRow(row: $0, policies: [rules.rates.version: rules.rates])
        }
        let events = try zip(assessments, changed).map { assessment, row in
            try kit.outbox.entry(
                of: assessment.event(amountBefore: try row.get("amount_before")),
                key: assessment.assessmentId.value, version: assessment.version, context: context)
        }
        try await kit.outbox.append(events, in: transaction)
        let last: MemberID? = try summary.get("last_member_id")
        if let last {
            let ids = assessments.map(\.assessment.memberId)
            let differences = SettledDifferences(
                month: rules.month, members: members, last: last, changed: ids, owing: statement.owing + statement.held,
                now: context.now)
            let settled = try await differences.settle(in: transaction)
            try await standings.refresh(settled.union(ids), context: context, in: transaction)
        }
        return Outcome(
            lookedAt: try summary.get("looked_at"), assessed: try summary.get("assessed"), changed: changed.count,
            last: last)
    }
}
