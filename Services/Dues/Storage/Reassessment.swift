import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres

/// What follows for one member when a decision about him is made or revoked.
struct Reassessment: Sendable {
    let policies: Policies
    let writing: AssessmentWriting

    /// Assesses the months that were assessed already anew, with the member's decisions as the transaction left them.
    ///
    /// Every month that a run may be working on is held first: a run's chunk either committed before, so that its
    /// assessment is found here, or begins after the commit and sees the decision.
    ///
    /// - Returns: how many assessments changed.
    func assess(
        _ member: MemberID, _ months: DecidedMonths, _ context: EventContext, in transaction: PostgresTransaction
    ) async throws -> Int {
        let book = try await policies.shelf(in: transaction).book
        guard let first = book.rates.first?.from else { return 0 }
        let from = max(months.from, first)
        let last = min(months.end ?? DuesMonth.lastAssessed(context.now), DuesMonth.lastAssessed(context.now))
        guard from <= last else { return 0 }
        let found = try await transaction.pipeline([
            MonthLock.alone(Array(from...last), of: .one(member)),
            """
            SELECT month FROM assessments WHERE member_id = \(member) AND month >= \(from) AND month <= \(last)
            ORDER BY month
            """,
        ])[1].rows
        var changed = 0
        for row in found {
            let rules = try book.rules(for: row.get("month"))
            changed += try await writing.assess(.one(member), by: rules, context, in: transaction).changed
        }
        return changed
    }
}

extension DuesMonth {
    /// The last month that is assessed at a moment.
    static func lastAssessed(_ now: Date) -> DuesMonth { DuesMonth(containing: now).next }
}
