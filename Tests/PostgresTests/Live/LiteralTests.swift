import Foundation
import TestStack
import Testing

@testable import Postgres

@Suite("Statements with their values written out")
struct LiteralTests {
    @Test("every value comes back as what was bound")
    func same() async throws {
        let id = try #require(UUID(uuidString: "018F0000-0000-7000-8003-0000000000FF"))
        let texts = ["", "'", "\\", "''; DROP TABLE t; --", "\\'", "$1", "Nguyễn\n\t\r", "E'\\x41'"]
        let moments = [0, 1.5, -86_400.000001, 1_795_143_600.123456].map { Date(timeIntervalSince1970: $0) }
        let nothing: String? = nil
        let connection = try await freshConnection()
        for text in texts {
            for moment in moments {
                let sql: SQL = """
                    SELECT \(text) AS t, \(id) AS u, \(moment) AS m, \(Int64.min) AS i, \(true) AS b,
                        \(nothing) AS n, \(Int16(-3)) AS s, \(PostgresDate("2026-02-28")) AS d
                    """
                let bound = try await connection.queryOne(sql)
                let written = try await connection.queryOne(try sql.writtenOut())
                #expect(try sql.writtenOut().bindings.isEmpty)
                for name in ["t", "n"] {
                    #expect(try written.get(name, as: String?.self) == bound.get(name, as: String?.self))
                }
                #expect(try written.get("u", as: UUID.self) == id)
                #expect(try written.get("m", as: Date.self) == bound.get("m", as: Date.self))
                #expect(try written.get("i", as: Int64.self) == .min && written.get("s", as: Int16.self) == -3)
                #expect(try written.get("b", as: Bool.self))
                #expect(try written.get("d", as: PostgresDate.self) == bound.get("d", as: PostgresDate.self))
            }
        }
    }

    @Test(
        "what has no form, and text that PostgreSQL cannot hold, is refused",
        arguments: [
            "SELECT \([Int64]())" as SQL, "SELECT \("a\0b")", "SELECT \(1.5)", "SELECT \(Data([1]))",
        ])
    func refused(sql: SQL) {
        #expect { try sql.writtenOut() } throws: { ($0 as? PostgresError)?.code == .usage }
    }
}
