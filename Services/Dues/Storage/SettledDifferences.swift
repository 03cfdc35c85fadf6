import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres

/// What follows when a stretch of members was assessed for a month: money paid ahead meets the assessments, and what is
/// too much is owed back, with an exception for whoever has to give it back or carry it over.
///
/// The transaction holds the month (`MonthLock`), so that no payment ahead is missed. Advances are looked for among all
/// members of the stretch, not only those whose assessment changed: none is left behind by an earlier fault.
struct SettledDifferences {
    let month: DuesMonth
    let members: MemberStretch
    /// The last one of the stretch.
    let last: MemberID
    /// The members whose assessments were made or changed; the transaction has their locks.
    let changed: [MemberID]
    /// The states in which a member owes dues, now or once he is admitted.
    let owing: [MembershipState]
    let now: Date

    /// Writes all of it; the members for whom money moved.
    func settle(in transaction: PostgresTransaction) async throws -> Set<MemberID> {
        let results = try await transaction.pipeline([lowered, lock, advancesUsed, surplus])
        return Set(try results.flatMap(\.rows).map { try $0.get("member_id") })
    }

    /// The advances `v` of the stretch of which something is left.
    private var isLeft: SQL { "\(isInStretch("v")) AND v.used + v.returned < v.amount" }

    private func isInStretch(_ table: SQL) -> SQL {
        "\(table).month = \(month) AND \(members.contains(table, last: last))"
    }

    /// An adjustment below what was paid: the difference is to be refunded or carried over.
    private var lowered: SQL {
        """
        WITH excess AS (
            SELECT a.assessment_id, a.member_id, a.month, a.organization_id, a.paid - a.amount AS amount
            FROM assessments a
            WHERE a.member_id = ANY(\(changed)) AND a.month = \(month) AND a.paid > a.amount
        ), lowered AS (
            UPDATE assessments a SET paid = a.amount FROM excess e
            WHERE a.member_id = e.member_id AND a.month = e.month
        ), raised AS (
            INSERT INTO exceptions (exception_id, kind, owner_id, member_id, month, amount, raised_at)
            SELECT uuid_v7(\(now)), \(ExceptionKind.assessmentLowered.rawValue), organization_id, member_id, month,
                amount, \(now)
            FROM excess
        )
        INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount,
            member_id, month, assessment_id)
        SELECT uuid_v7(\(now)), \(now), \(Posting.Cause.assessment.rawValue),
            \(AccountKind.memberReceivable.rawValue), organization_id, \(AccountKind.refunds.rawValue),
            organization_id, amount, member_id, month, assessment_id
        FROM excess RETURNING member_id
        """
    }

    /// What is left to pay must not change between being read and being paid.
    private var lock: SQL {
        """
        SELECT a.member_id FROM assessments a
        WHERE \(isInStretch("a")) AND EXISTS (SELECT FROM advances v WHERE v.member_id = a.member_id AND \(isLeft))
        ORDER BY a.member_id FOR UPDATE
        """
    }

    /// What `Posting.advanceUsed` says: money paid before the month was assessed, the oldest payment first.
    private var advancesUsed: SQL {
        """
        WITH waiting AS (
            SELECT v.*, a.assessment_id, a.organization_id, a.amount - a.paid AS open,
                v.amount - v.used - v.returned AS rest,
                coalesce(sum(v.amount - v.used - v.returned) OVER (PARTITION BY v.member_id ORDER BY v.payment_id
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)::bigint AS sooner
            FROM advances v JOIN assessments a ON a.member_id = v.member_id AND a.month = v.month
            WHERE \(isLeft) AND \(isInStretch("a")) AND a.amount > a.paid
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
            cell_id, \(AccountKind.memberReceivable.rawValue), organization_id, take, member_id, month, assessment_id,
            payment_id
        FROM taken RETURNING member_id
        """
    }

    /// What `Posting.advanceReturned` says: what the month did not need, or the member owes no dues any more. An assessment
    /// that is still provisional may come to need it: the advance waits for the figure.
    private var surplus: SQL {
        """
        WITH rest AS (
            SELECT v.*, v.amount - v.used - v.returned AS rest, p.order_id, o.payee_id
            FROM advances v JOIN payments p USING (payment_id) JOIN payment_orders o USING (order_id)
            WHERE \(isLeft) AND (
                EXISTS (
                    SELECT FROM assessments a
                    WHERE a.member_id = v.member_id AND a.month = v.month AND NOT a.provisional)
                OR EXISTS (
                    SELECT FROM directory_members m
                    WHERE m.id = v.member_id AND m.state ->> 'state' <> ALL(\(owing.map(\.rawValue)))))
        ), returned AS (
            UPDATE advances v SET returned = v.returned + r.rest FROM rest r
            WHERE v.payment_id = r.payment_id AND v.member_id = r.member_id AND v.month = r.month
        ), raised AS (
            INSERT INTO exceptions
                (exception_id, kind, owner_id, order_id, payment_id, member_id, month, amount, raised_at)
            SELECT uuid_v7(\(now)), \(ExceptionKind.advanceSurplus.rawValue), payee_id, order_id, payment_id, member_id,
                month, rest, \(now)
            FROM rest
        )
        INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount,
            member_id, month, payment_id)
        SELECT uuid_v7(\(now)), \(now), \(Posting.Cause.assessment.rawValue), \(AccountKind.advances.rawValue),
            cell_id, \(AccountKind.refunds.rawValue), payee_id, rest, member_id, month, payment_id
        FROM rest RETURNING member_id
        """
    }
}
