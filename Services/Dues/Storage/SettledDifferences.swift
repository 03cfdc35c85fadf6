import Contracts
import DuesDomain
import Foundation
import Postgres

/// What follows when assessments were made or changed: money paid ahead meets them, and what is now too much is owed
/// back.
enum SettledDifferences {
    /// The statements for the changed assessments of a month, whose rows the transaction holds.
    static func statements(of members: [MemberID], in month: DuesMonth, now: Date) -> [SQL] {
        [returned(members, month, now), advancesUsed(members, month, now)]
    }

    /// An adjustment below what was paid: the difference is to be refunded or carried over.
    private static func returned(_ members: [MemberID], _ month: DuesMonth, _ now: Date) -> SQL {
        """
        WITH excess AS (
            SELECT a.assessment_id, a.member_id, a.month, a.organization_id, a.paid - a.amount AS amount
            FROM assessments a
            WHERE a.member_id = ANY(\(members)) AND a.month = \(month) AND a.paid > a.amount
        ), lowered AS (
            UPDATE assessments a SET paid = a.amount FROM excess e
            WHERE a.member_id = e.member_id AND a.month = e.month
        )
        INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount,
            member_id, month, assessment_id)
        SELECT uuid_v7(\(now)), \(now), \(Posting.Cause.assessment.rawValue),
            \(AccountKind.memberReceivable.rawValue), organization_id, \(AccountKind.refunds.rawValue),
            organization_id, amount, member_id, month, assessment_id
        FROM excess
        """
    }

    /// Money paid before the month was assessed, the oldest payment first.
    private static func advancesUsed(_ members: [MemberID], _ month: DuesMonth, _ now: Date) -> SQL {
        """
        WITH due AS (
            SELECT a.assessment_id, a.member_id, a.month, a.amount - a.paid AS open FROM assessments a
            WHERE a.member_id = ANY(\(members)) AND a.month = \(month) AND a.amount > a.paid
        ), waiting AS (
            SELECT v.*, d.assessment_id, d.open, v.amount - v.used AS rest,
                coalesce(sum(v.amount - v.used) OVER (PARTITION BY v.member_id ORDER BY v.payment_id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS sooner
            FROM advances v JOIN due d USING (member_id, month) WHERE v.used < v.amount
        ), taken AS (
            SELECT w.*, least(w.rest, w.open - w.sooner) AS take FROM waiting w WHERE w.open > w.sooner
        ), used AS (
            UPDATE advances v SET used = v.used + t.take FROM taken t
            WHERE v.payment_id = t.payment_id AND v.member_id = t.member_id AND v.month = t.month
        ), paid AS (
            UPDATE assessments a SET paid = a.paid + t.take
            FROM (SELECT member_id, month, sum(take)::bigint AS take FROM taken GROUP BY member_id, month) AS t
            WHERE a.member_id = t.member_id AND a.month = t.month
        )
        INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount,
            member_id, month, assessment_id, payment_id)
        SELECT uuid_v7(\(now)), \(now), \(Posting.Cause.assessment.rawValue), \(AccountKind.advances.rawValue),
            cell_id, \(AccountKind.memberReceivable.rawValue), cell_id, take, member_id, month, assessment_id, payment_id
        FROM taken
        """
    }
}
