import Postgres
import Testing

@Suite("SQL text")
struct SQLTests {
    @Test("a value becomes a placeholder and never text")
    func binds() {
        let name = "'; DROP TABLE t; --"
        let sql: SQL = "SELECT \(1) + \(2) WHERE a = \(name)"
        #expect(sql.text == "SELECT $1 + $2 WHERE a = $3")
        #expect(sql.bindings.count == 3)
        #expect(sql.bindings.map(\.type) == [.int8, .int8, .text])
    }

    @Test("nested statements are numbered anew, however deep and however many")
    func nests() {
        let inner: SQL = "b = \(1) AND c = \("x")"
        let many = (1...12).map { SQL("d = \($0)") }.reduce("TRUE" as SQL) { "\($0) OR \($1)" }
        let sql: SQL = "SELECT \(true) WHERE \(inner) AND (\(many)) AND e = \(2.5)"
        let numbers = (4...15).map { "d = $\($0)" }.joined(separator: " OR ")
        #expect(sql.text == "SELECT $1 WHERE b = $2 AND c = $3 AND (TRUE OR \(numbers)) AND e = $16")
        #expect(sql.bindings.count == 16)
        #expect(sql.bindings[2].type == .text)
        #expect(sql.bindings[15].type == .float8)
    }

    @Test("a placeholder written by hand inside a literal is left alone")
    func keepsLiterals() {
        let inner: SQL = "note = '$1' AND a = \(1)"
        #expect(("SELECT \(7) WHERE \(inner)" as SQL).text == "SELECT $1 WHERE note = '$1' AND a = $2")
    }

    @Test(
        "an identifier is always quoted",
        arguments: [
            ("plain", "\"plain\""), ("two words", "\"two words\""), ("a\"b", "\"a\"\"b\""),
            ("x\"; DROP TABLE t; --", "\"x\"\"; DROP TABLE t; --\""),
        ])
    func quotes(name: String, quoted: String) {
        #expect(("SELECT \(identifier: name)" as SQL).text == "SELECT \(quoted)")
    }

    @Test("NULL keeps the type of what is missing")
    func nulls() {
        let sql: SQL = "SELECT \(Int?.none), \(String?.none), \([Int]?.none), \([UInt8]?.none)"
        #expect(sql.bindings.map(\.type.description) == ["bigint", "text", "bigint[]", "bytea"])
        #expect(sql.bindings.map(\.isNull) == [true, true, true, true])
    }
}
