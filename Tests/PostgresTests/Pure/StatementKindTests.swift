import Testing

@testable import Postgres

@Suite("The kind of a statement")
struct StatementKindTests {
    @Test(
        "the first word decides, behind blanks, comments and parentheses",
        arguments: [
            ("SELECT 1", StatementKind.read), ("  \n\tselect 1", .read), ("(SELECT 1)", .read),
            ("-- why\nINSERT INTO t", .write), ("/* a /* b */ c */ UPDATE t", .write), ("WITH x AS (SELECT 1)", .write),
            ("COPY t FROM STDIN", .copy), ("-- x\n/* y */ copy t to stdout", .copy), ("COMMIT", .commit),
            ("end", .commit), ("BEGIN", .control), ("ROLLBACK TO a", .control), ("CREATE TABLE t ()", .utility),
            ("", .utility), ("/* open", .utility), ("selection", .utility),
        ])
    func kinds(text: String, kind: StatementKind) {
        #expect(StatementKind(text) == kind)
    }

    @Test(
        "what has a plan is prepared",
        arguments: [
            ("SELECT 1", true), ("INSERT INTO t VALUES (1)", true), ("VALUES (1)", true), ("SHOW all", false),
            ("EXPLAIN SELECT 1", false), ("CREATE TABLE t ()", false), ("BEGIN", false), ("SET x = 1", false),
        ])
    func preparing(text: String, isPrepared: Bool) {
        #expect(StatementKind(text).isPrepared(text) == isPrepared)
    }
}
