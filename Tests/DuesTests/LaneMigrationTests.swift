import Contracts
import Foundation
import Logging
import Postgres
import ServiceKit
import TestStack
import Testing

@testable import Dues

@Suite("Runs that are under way when lanes come")
struct LaneMigrationTests {
    @Test("every lane goes on where the run was, so that nobody is looked at twice; what is done stays done")
    func goesOn() async throws {
        let url = try await PrivatePostgres.shared().freshSchema(role: "dues")
        let configuration = PostgresConfiguration(url: url, applicationName: "test", size: 2)
        let logger = Logger(label: "test.lanes")
        let before = Dues.allMigrations.filter { $0.component != "dues" || $0.version < 16 }
        _ = try await Migrator(configuration, migrations: before, logger: logger).migrate()
        let pool = PostgresPool(configuration, logger: logger)
        let member = SystemIDSource().next(at: Date(timeIntervalSince1970: 1_795_143_600))
        try await pool.execute(
            """
            INSERT INTO assessment_runs (run_id, month, state, after_member_id, members, assessed, changed, requested_by,
                started_at, updated_at)
            VALUES (uuid_v7(now()), '2026-10', 'done', \(member), 7, 6, 5, 'test', now(), now()),
                (uuid_v7(now()), '2026-11', 'running', \(member), 4, 3, 2, 'test', now(), now())
            """)
        _ = try await Migrator(configuration, migrations: Dues.allMigrations, logger: logger).migrate()
        let lanes = try await pool.query(
            """
            SELECT concat_ws(' ', r.month, l.lane, l.after_member_id = \(member), l.members, l.assessed, l.changed, l.done)
                AS lane
            FROM assessment_run_lanes l JOIN assessment_runs r USING (run_id) ORDER BY r.month, l.lane
            """
        ).map { try $0.get("lane", as: String.self) }
        #expect(
            lanes == [
                "2026-10 0 t 7 6 5 t", "2026-11 0 t 4 3 2 f", "2026-11 1 t 0 0 0 f", "2026-11 2 t 0 0 0 f",
                "2026-11 3 t 0 0 0 f",
            ])
        await pool.close()
    }
}
