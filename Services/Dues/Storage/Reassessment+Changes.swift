import Contracts
import DuesDomain
import Messaging
import Postgres

extension Reassessment {
    /// Looks again at what a member owes about whom something changed: the months held while he was in transit, those that
    /// waited for what is known now, those of which an authority reported another figure than they were computed from, and
    /// those from the present one on that were assessed already.
    ///
    /// Other months that are over and were final stay: what is true today says nothing about them.
    ///
    /// - Returns: how many assessments were made or changed.
    func follow(
        _ member: MemberID, _ context: EventContext, in transaction: PostgresTransaction
    ) async throws -> Int {
        let touched = Self.monthsTouched(member, present: DuesMonth(containing: context.now))
        var held: Set<DuesMonth> = []
        var months: [DuesMonth] = []
        // A run's chunk either committed before its month was held, so that what it left is found then, or begins after
        // the commit and sees the member as he is now.
        repeat {
            let running: SQL = "SELECT month FROM assessment_runs WHERE state = 'running'"
            held.formUnion(
                try await transaction.query("\(touched) UNION \(running)").map { try $0.get("month") } + months)
            months = try await transaction.pipeline([MonthLock.alone(Array(held), of: .one(member)), touched])[1].rows
                .map { try $0.get("month") }
        } while !held.isSuperset(of: months)
        let book = try await policies.shelf(in: transaction).book
        var changed = 0
        for month in months.sorted() {
            guard let rules = try? book.rules(for: month) else { continue }
            changed += try await writing.assess(.one(member), by: rules, context, in: transaction).changed
        }
        try await writing.standings.refresh([member], context: context, in: transaction)
        return changed
    }

    private static func monthsTouched(_ member: MemberID, present: DuesMonth) -> SQL {
        """
        SELECT month FROM held_months WHERE member_id = \(member)
        UNION
        SELECT a.month FROM assessments a JOIN directory_members m ON m.id = a.member_id
        WHERE a.member_id = \(member) AND (a.month >= \(present) OR a.provisional
            -- What waits for the figure of the month before takes that one and no other.
            AND (a.base_month IS NULL OR a.reason = \(AssessmentReason.outsideBounds.rawValue) OR a.month = to_char(
                to_date(m.state #>> '{duesBase,month}', 'YYYY-MM') + interval '1 month', 'YYYY-MM')))
        UNION
        \(ReportedFigures.monthsTouched(member))
        UNION
        SELECT r.month FROM assessment_runs r JOIN directory_members m ON m.id = \(member)
        WHERE r.state = 'done' AND r.month >= \(present) AND (r.scope_id IS NULL OR r.scope_id IN (
            WITH RECURSIVE above (id, depth) AS (
                SELECT m.cell_id, 0
                UNION ALL
                SELECT o.parent_id, a.depth + 1 FROM above a JOIN directory_organizations o ON o.id = a.id
                WHERE o.parent_id IS NOT NULL AND a.depth < 32)
            SELECT id FROM above))
        """
    }
}
