import Testing

@testable import Postgres

@Suite("Cutting a script")
struct SQLScriptTests {
    @Test(
        "a semicolon cuts only where it stands for itself",
        arguments: [
            ("SELECT 1; SELECT 2;", ["SELECT 1", "SELECT 2"]),
            ("SELECT ';'; SELECT 'it''s; here'", ["SELECT ';'", "SELECT 'it''s; here'"]),
            ("SELECT E'\\';'; SELECT 2", ["SELECT E'\\';'", "SELECT 2"]),
            ("SELECT '\\'; SELECT 2", ["SELECT '\\'", "SELECT 2"]),
            ("SELECT \"a;b\"; SELECT 2", ["SELECT \"a;b\"", "SELECT 2"]),
            ("-- a; b\nSELECT 1;", ["-- a; b\nSELECT 1"]),
            ("/* a; /* b; */ c; */ SELECT 1; ", ["/* a; /* b; */ c; */ SELECT 1"]),
            ("DO $$ BEGIN x; END $$; SELECT 2", ["DO $$ BEGIN x; END $$", "SELECT 2"]),
            ("DO $a$ x; $b$ y; $a$; SELECT 2", ["DO $a$ x; $b$ y; $a$", "SELECT 2"]),
            ("SELECT $1; SELECT a$b$c; SELECT 3", ["SELECT $1", "SELECT a$b$c", "SELECT 3"]),
            ("SELECT 'name$$;'; SELECT 2", ["SELECT 'name$$;'", "SELECT 2"]),
            ("; ;; -- nothing\n", []), ("", []), ("SELECT 'open;", ["SELECT 'open;"]),
            ("SELECT 1 /* open;", ["SELECT 1 /* open;"]),
        ])
    func cuts(text: String, statements: [String]) {
        #expect(SQLScript.statements(text) == statements)
    }

    @Test(
        "the name of an index that is made concurrently is found",
        arguments: [
            ("CREATE INDEX CONCURRENTLY a ON t (b)", "a"),
            ("create unique index concurrently IF NOT EXISTS x.a on t(b)", "x.a"),
            ("-- why\nCREATE INDEX CONCURRENTLY \"A\" ON t (b)", "\"A\""), ("CREATE INDEX a ON t (b)", nil),
            ("CREATE INDEX CONCURRENTLY ON t (b)", nil), ("CREATE INDEX CONCURRENTLY", nil), ("", nil),
        ] as [(String, String?)])
    func indexes(statement: String, name: String?) {
        #expect(SQLScript.concurrentIndex(statement) == name)
    }
}
