import Contracts
import DuesDomain
import Foundation
import Postgres

/// The monthly assessment of a stretch of members as one statement: it computes what `MonthRules.assess` does, in sets.
///
/// Members whose assessment would come out as it stands are left alone, so that a second run changes nothing.
struct AssessmentStatement {
    let rules: MonthRules
    let members: MemberStretch
    let now: Date

    /// Assesses the members; each row tells the last member looked at, or what was changed.
    var assessment: SQL {
        """
        WITH RECURSIVE \(members.chunk), \(computation), before AS (
            SELECT a.* FROM assessments a JOIN relieved r ON r.member_id = a.member_id AND a.month = \(rules.month)
        ), changed AS (\(upsert)), trail AS (
            INSERT INTO assessment_changes
                (assessment_id, version, amount_before, amount_after, reason, policy, changed_at)
            SELECT c.assessment_id, c.version, b.amount, c.amount, c.reason, c.policy, \(now)
            FROM changed c JOIN before b USING (member_id)
        ), posted AS (\(postings)), \(heldMonths)
        SELECT c.*, b.amount AS amount_before, s.*
        FROM (SELECT count(*) AS looked_at, (SELECT count(*) FROM relieved) AS assessed,
                (SELECT member_id FROM chunk ORDER BY member_id DESC LIMIT 1) AS last_member_id FROM chunk) AS s
            LEFT JOIN changed c ON true LEFT JOIN before b ON b.member_id = c.member_id
        ORDER BY c.member_id
        """
    }

    /// What each member of the table `chunk` owes, as the last of several tables, `relieved`; nothing is written.
    var computation: SQL { "\(rates), \(subjects), \(fullDues), \(relieved)" }

    /// The table of rates and the regional minima as rows.
    private var rates: SQL {
        let rows = DuesCategory.allCases.map { RateRow(category: $0, rate: rules.rates.rate(of: $0)) }
        let regions = DuesRegion.allCases
        return """
            rate (category, kind, share, fixed, low, high, strict, figure) AS (
                SELECT * FROM unnest(\(rows.map(\.category.rawValue)), \(rows.map(\.kind)), \(rows.map(\.share)),
                    \(rows.map(\.fixed)), \(rows.map(\.low)), \(rows.map(\.high)), \(rows.map(\.strict)),
                    \(rows.map(\.category.figureKind?.rawValue)))
            ), minimum (region, wage) AS (
                SELECT * FROM unnest(\(regions.map(\.rawValue)), \(regions.map { rules.minima.amount(in: $0) }))
            )
            """
    }

    /// The states in which a member owes dues.
    var owing: [MembershipState] { states(in: .owed) }

    /// The states in which the month waits for the admission.
    var held: [MembershipState] { states(in: .held) }

    private func states(in duty: DuesDuty) -> [MembershipState] {
        MembershipState.allCases.filter { rules.rates.duty(in: $0) == duty }
    }

    /// Who owes for the month at all, with what is known of them. A month that is assessed stays with its cell; that of a
    /// letter belongs to the cell that let the member go, wherever he is by now.
    private var subjects: SQL {
        """
        subject AS (
            SELECT c.member_id, o.id AS cell_id, r.*, m.wage, \(knownFigure.columns),
                ((c.state ->> 'joinedOn')::date + \(rules.rates.exemptAfterYears) * interval '1 year')::date
                    <= \(rules.month.lastDay) AS long_member
            FROM chunk c LEFT JOIN letter_months l ON l.member_id = c.member_id AND l.month = \(rules.month)
                LEFT JOIN assessments a ON a.member_id = c.member_id AND a.month = \(rules.month)
                -- One by one: the planner takes the members to be few and read every organisation for each of them.
                CROSS JOIN LATERAL (
                    SELECT x.id, x.state FROM directory_organizations x
                    WHERE x.id = coalesce(a.organization_id, l.cell_id, c.cell_id) LIMIT 1
                ) AS o
                JOIN minimum m ON m.region = o.state ->> 'duesRegion'
                LEFT JOIN rate r ON r.category = c.state ->> 'duesCategory'
                \(knownFigure.joins)
            WHERE (c.state ->> 'state' = ANY(\(owing.map(\.rawValue)))
                    OR c.state ->> 'state' = ANY(\(held.map(\.rawValue))) AND l.cell_id IS NOT NULL)
                AND (c.state ->> 'joinedOn')::date <= \(rules.month.lastDay)
                -- Who belongs to a body outside the system pays there.
                AND o.state ->> 'type' <> \(OrganizationType.external.rawValue)
        )
        """
    }

    /// What the dues are computed from.
    private var knownFigure: KnownFigureColumns { KnownFigureColumns(wanted: rules.month.previous) }

    /// The dues before any relief.
    private var fullDues: SQL {
        // Added before the division by 10,000 it makes a fraction whole the way the policy wants.
        let rounding: Int64 = Self.rounding(rules.rates.rounding)
        return """
            dues AS (
                SELECT s.*,
                    CASE s.kind
                        WHEN 'fixed' THEN s.fixed
                        WHEN 'share-of-minimum' THEN (s.wage * s.share + \(rounding)) / 10000
                        WHEN 'share-of-base' THEN (coalesce(s.base_amount, 0) * s.share + \(rounding)) / 10000
                        WHEN 'fixed-by-body' THEN
                            CASE WHEN s.base_amount IS NULL THEN 0 ELSE least(greatest(s.base_amount, s.low), s.high) END
                        ELSE 0
                    END AS full_amount,
                    CASE
                        WHEN s.kind IS NULL THEN \(AssessmentReason.noCategory.rawValue)
                        WHEN s.kind = 'share-of-base' AND s.contradicted
                            THEN \(AssessmentReason.contradictoryFigure.rawValue)
                        WHEN s.kind IN ('share-of-base', 'fixed-by-body') AND s.base_amount IS NULL
                            THEN \(AssessmentReason.noFigure.rawValue)
                        WHEN s.strict AND s.base_month IS DISTINCT FROM \(rules.month.previous)
                            THEN \(AssessmentReason.oldFigure.rawValue)
                        WHEN s.kind = 'fixed-by-body' AND s.base_amount NOT BETWEEN s.low AND s.high
                            THEN \(AssessmentReason.outsideBounds.rawValue)
                    END AS doubt
                FROM subject s
            )
            """
    }

    /// What is owed after the relief that lowers most, or what the member wishes to pay when that is more.
    private var relieved: SQL {
        let rounding: Int64 = Self.rounding(rules.rates.rounding)
        let grounds = Relief.Ground.allCases.map(\.rawValue)
        return """
            relieved AS (
                SELECT d.*, e.reduction, e.ground, greatest(owed.amount, wish.amount) AS amount,
                    CASE WHEN wish.amount > owed.amount THEN wish.amount END AS voluntary
                FROM dues d LEFT JOIN LATERAL (
                    SELECT 10000 AS reduction, \(AssessmentReason.longMembership.rawValue) AS ground, 0 AS place
                    WHERE d.long_member
                    UNION ALL
                    SELECT x.reduction, x.ground, array_position(\(grounds), x.ground) FROM relief_decisions x
                    WHERE x.member_id = d.member_id AND \(DecisionMonths.holds("x", in: "\(rules.month)"))
                    ORDER BY reduction DESC, place LIMIT 1
                ) AS e ON true CROSS JOIN LATERAL (
                    SELECT (d.full_amount * (10000 - coalesce(e.reduction, 0)) + CASE WHEN e.reduction IS NULL THEN 0
                        ELSE \(rounding) END) / 10000 AS amount
                ) AS owed LEFT JOIN LATERAL (
                    SELECT max(v.amount) AS amount FROM voluntary_amounts v
                    WHERE v.member_id = d.member_id AND \(DecisionMonths.holds("v", in: "\(rules.month)"))
                ) AS wish ON true
            )
            """
    }

    private static func rounding(_ rounding: DongRounding) -> Int64 {
        switch rounding {
        case .halfUp: 5_000
        case .down: 0
        case .up: 9_999
        }
    }
}

/// A row of the table of rates, flat.
private struct RateRow {
    let category: DuesCategory
    var kind = ""
    var share = 0
    var fixed: Dong?
    var low: Dong?
    var high: Dong?
    /// Whether the figure must be of the month before.
    var strict = false

    init(category: DuesCategory, rate: DuesRate) {
        self.category = category
        switch rate {
        case .fixed(let amount):
            kind = "fixed"
            fixed = amount
        case .shareOfMinimum(let points):
            kind = "share-of-minimum"
            share = points.value
        case .shareOfBase(let points, let figure):
            kind = "share-of-base"
            share = points.value
            strict = figure == .monthBefore
        case .fixedByBody(let bounds):
            kind = "fixed-by-body"
            low = bounds.lowerBound
            high = bounds.upperBound
        }
    }
}
