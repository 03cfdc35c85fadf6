import Contracts
import Postgres

/// The figure that the dues of a month are computed from, out of all that the directory tells, as a part of the statement
/// of the assessment: what `KnownFigure` does, in sets.
struct KnownFigureColumns {
    /// The month before the one that the dues are for.
    let wanted: DuesMonth

    /// The columns `base_amount`, `base_source`, `base_month`, `base_origin` and `contradicted`.
    var columns: SQL {
        """
        CASE WHEN reported.wins THEN f.amount ELSE (c.state #>> '{duesBase,amount}')::bigint END AS base_amount,
        CASE WHEN reported.wins THEN f.source ELSE c.state #>> '{duesBase,source}' END AS base_source,
        CASE WHEN reported.wins THEN f.month ELSE c.state #>> '{duesBase,month}' END AS base_month,
        CASE WHEN reported.wins THEN f.origin END AS base_origin, coalesce(f.contradicted, false) AS contradicted
        """
    }

    /// To be joined to a member `c` and his rate `r`. Of members without figures nothing is looked at.
    var joins: SQL {
        """
        LEFT JOIN LATERAL (
            SELECT x.amount, x.source, x.month,
                bool_or(x.amount IS NULL AND x.withdrawn IS NOT TRUE AND x.month = \(wanted)) OVER () AS contradicted,
                jsonb_strip_nulls(jsonb_build_object('employers', x.employers, 'cameAt', x."cameAt",
                    'settled', x.settled)) AS origin
            FROM jsonb_to_recordset(c.state -> 'duesFigures') AS x (month text, kind text, source text, amount bigint,
                employers jsonb, "cameAt" text, settled boolean, withdrawn boolean)
            WHERE r.figure IS NOT NULL AND c.state ? 'duesFigures' AND x.kind = r.figure
            ORDER BY x.amount IS NULL, x.month > \(wanted), CASE WHEN x.month <= \(wanted) THEN x.month END DESC, x.month
            LIMIT 1
        ) AS f ON true CROSS JOIN LATERAL (SELECT c.state #>> '{duesBase,month}' AS month) AS stated
        CROSS JOIN LATERAL (
            SELECT f.amount IS NOT NULL AND CASE
                WHEN NOT c.state ? 'duesBase' THEN true
                WHEN f.month <= \(wanted) THEN stated.month IS NULL OR stated.month > \(wanted) OR stated.month <= f.month
                ELSE stated.month >= f.month AND stated.month > \(wanted)
            END IS TRUE AS wins
        ) AS reported
        """
    }
}
