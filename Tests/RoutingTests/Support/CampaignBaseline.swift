import Foundation
import Messaging
import Postgres

/// The rows of a campaign that has run, inserted once more by one statement.
struct CampaignBaseline {
    let stage: RoutingStage

    private static let tables = ["cases", "case_turns", "case_places", "case_history", "outbox", "campaign_members"]

    /// How long the one statement takes. The tables hold the same rows before and after it.
    func measure() async throws -> Duration {
        let pool = stage.pool
        // A statement has half a minute elsewhere.
        let options = TransactionOptions(statementTimeout: .seconds(600))
        for table in Self.tables {
            try await pool.transaction(options) { transaction in
                try await transaction.execute(
                    "CREATE TABLE \(identifier: "copied_\(table)") AS SELECT * FROM \(identifier: table)")
            }
        }
        // Messages are never removed; here there are none.
        try await pool.execute("DROP TABLE case_messages")
        try await pool.execute(
            "TRUNCATE cases, case_turns, case_places, case_history, outbox, campaign_members, case_stops CASCADE")
        let clock = ContinuousClock()
        let start = clock.now
        try await pool.transaction(options) { transaction in
            _ = try await transaction.execute(
                """
                WITH c AS (INSERT INTO cases SELECT * FROM copied_cases),
                t AS (
                    INSERT INTO case_turns (dossier_id, turn, step, organization_id, role, seat_organization_id,
                        seat_role, box, entered_at, due_at, due_calendar, stopped_at, alert_at, procedure, code,
                        member_id, entered_by_member_id)
                    SELECT dossier_id, turn, step, organization_id, role, seat_organization_id, seat_role, box,
                        entered_at, due_at, due_calendar, stopped_at, alert_at, procedure, code, member_id,
                        entered_by_member_id
                    FROM copied_case_turns),
                p AS (INSERT INTO case_places SELECT * FROM copied_case_places),
                h AS (INSERT INTO case_history SELECT * FROM copied_case_history),
                m AS (INSERT INTO campaign_members SELECT * FROM copied_campaign_members)
                INSERT INTO outbox (shard, topic, key, version, republished, event_id, type, time, traceparent, data)
                SELECT shard, topic, key, version, republished, event_id, type, time, traceparent, data
                FROM copied_outbox
                """)
        }
        return start.duration(to: clock.now)
    }
}
