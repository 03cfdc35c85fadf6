import Testing

@testable import Postgres

@Suite("Plan of migrations")
struct MigrationPlanTests {
    private func migration(_ version: Int, component: String = "a", sql: String = "SELECT 1") -> Migration {
        Migration(component: component, version: version, name: "m\(version)", sql: sql)
    }

    private func plan(_ known: [Migration], _ applied: [AppliedMigration]) throws -> MigrationPlan {
        try MigrationPlan(known.map { ($0, digest: "d\($0.version)") }, applied: applied)
    }

    private func applied(_ version: Int, component: String = "a", requires: Int? = nil) -> AppliedMigration {
        AppliedMigration(component: component, version: version, digest: "d\(version)", requiresProgram: requires)
    }

    @Test("what is missing is applied in the order given, component by component")
    func missing() throws {
        let plan = try plan(
            [migration(1, component: "b"), migration(1), migration(2)], [applied(1)])
        #expect(plan.steps.map(\.migration.description) == ["b 1 (m1)", "a 2 (m2)"])
        #expect(plan.state == .older(missing: ["b 1 (m1)", "a 2 (m2)"]))
    }

    @Test("the verdicts on a schema")
    func verdicts() throws {
        #expect(try plan([migration(1)], [applied(1)]).state == .current)
        #expect(try plan([migration(1)], [applied(1), applied(2)]).state == .newer)
        #expect(try plan([migration(1)], [applied(1), applied(2, requires: 1)]).state == .newer)
        #expect(
            try plan([migration(1)], [applied(1), applied(2, requires: 2)]).state
                == .programTooOld(component: "a", requires: 2))
        // The components of others in the same schema mean nothing here.
        #expect(try plan([migration(1)], [applied(1), applied(9, component: "z", requires: 9)]).state == .current)
    }

    @Test("an edited migration is an error that names it")
    func edited() {
        let error = #expect(throws: MigrationError.self) {
            try plan([migration(1)], [AppliedMigration(component: "a", version: 1, digest: "other")])
        }
        #expect(error?.code == .digestChanged)
        #expect(error?.migration == "a 1 (m1)")
    }

    @Test("a missing version below an applied one is an error")
    func outOfOrder() {
        let error = #expect(throws: MigrationError.self) { try plan([migration(1), migration(2)], [applied(2)]) }
        #expect(error?.code == .outOfOrder)
    }

    @Test("one that did not end goes on where it stopped, or from the start when it was mended")
    func unfinished() throws {
        let half = AppliedMigration(component: "a", version: 1, digest: "d1", isFinished: false, statementsDone: 3)
        #expect(try plan([migration(1)], [half]).steps.first?.statementsDone == 3)
        let mended = AppliedMigration(component: "a", version: 1, digest: "x", isFinished: false, statementsDone: 3)
        #expect(try plan([migration(1)], [mended]).steps.first?.statementsDone == 0)
    }

    @Test(
        "directives stand in the first comment lines only",
        arguments: [
            ("-- a title\n-- hoso: no-transaction\nSELECT 1", Migration.Kind.statements, nil),
            ("--hoso:   backfill\nUPDATE t SET a = 1", .backfill, nil),
            ("-- hoso: requires-program 7\nSELECT 1", .transaction, 7),
            ("SELECT 1;\n-- hoso: backfill", .transaction, nil),
        ] as [(String, Migration.Kind, Int?)])
    func directives(sql: String, kind: Migration.Kind, minimum: Int?) {
        let migration = migration(1, sql: sql)
        #expect(migration.kind == kind)
        #expect(migration.minimumProgramVersion == minimum)
    }

    @Test(
        "a list that cannot be applied is refused",
        arguments: [
            [(1, "SELECT 1"), (1, "SELECT 2")], [(2, "SELECT 1"), (1, "SELECT 2")], [(0, "SELECT 1")],
            [(1, "-- hoso: no-transactoin\nSELECT 1")], [(1, "-- hoso: requires-program x\nSELECT 1")],
            [(1, "BEGIN; SELECT 1; COMMIT")], [(1, "COPY t FROM STDIN")],
            [(1, "-- hoso: backfill\nUPDATE t SET a = 1; UPDATE t SET b = 1")],
            [(1, "-- hoso: backfill\nUPDATE t SET a = 1 WHERE b IN (SELECT b FROM t LIMIT 9 FOR UPDATE skip locked)")],
        ])
    func refused(list: [(Int, String)]) {
        let error = #expect(throws: MigrationError.self) {
            try MigrationPlan.validate(list.map { migration($0, sql: $1) })
        }
        #expect(error?.code == .invalidList)
    }
}
