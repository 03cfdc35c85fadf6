import Foundation
import Postgres
import TestStack
import Testing

/// A value in Swift, the SQL that means the same, and what comes back.
struct RoundTrip: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let run: @Sendable (PostgresConnection) async throws -> Void

    init<T: PostgresEncodable & PostgresDecodable & Equatable>(_ value: T, _ literal: String) {
        testDescription = "\(T.self) \(literal)"
        run = { connection in
            let isSame: Bool = try await connection.queryOne(
                "SELECT \(value) IS NOT DISTINCT FROM \(unsafe: literal) AS same"
            ).get("same")
            #expect(isSame, "sent")
            let binary: T = try await connection.queryOne("SELECT \(value) AS v").get("v")
            #expect(binary == value, "read in binary")
            // An interval beside it has no binary form here, so the whole result comes as text.
            let text: T = try await connection.queryOne("SELECT \(value) AS v, interval '1 day' AS i").get("v")
            #expect(text == value, "read as text")
        }
    }
}

private func moment(_ text: String) -> Date {
    // Whole seconds: fractions are given apart, since a Double cannot hold every microsecond exactly.
    (try? Date(text, strategy: .iso8601)) ?? .distantPast
}

private let roundTrips: [RoundTrip] = [
    RoundTrip(true, "true"), RoundTrip(false, "false"), RoundTrip(Bool?.none, "NULL::bool"),
    RoundTrip(Int16.min, "'-32768'::int2"), RoundTrip(Int32.max, "2147483647"),
    RoundTrip(Int64.min, "'-9223372036854775808'::int8"), RoundTrip(Int.max, "9223372036854775807"),
    RoundTrip(0, "0::int8"), RoundTrip(Int?.none, "NULL::int8"), RoundTrip(UInt64.max, "'18446744073709551615'::xid8"),
    RoundTrip(1.5, "1.5::float8"), RoundTrip(-Double.infinity, "'-Infinity'::float8"),
    RoundTrip(0.1 + 0.2, "0.30000000000000004::float8"),
    RoundTrip(Double.leastNonzeroMagnitude, "4.9406564584124654e-324::float8"),
    RoundTrip("", "''::text"), RoundTrip("Đơn xin chuyển sinh hoạt", "'Đơn xin chuyển sinh hoạt'"),
    RoundTrip("a'b\"c\\d\n{},NULL", "E'a\\'b\"c\\\\d\\n{},NULL'"), RoundTrip("👩‍👩‍👧", "'👩‍👩‍👧'"),
    RoundTrip(String?.none, "NULL::text"),
    RoundTrip([0x00, 0xFF, 0x5C, 0x27] as [UInt8], "'\\x00ff5c27'::bytea"), RoundTrip([] as [UInt8], "''::bytea"),
    RoundTrip(Data([1, 2, 3]), "'\\x010203'::bytea"), RoundTrip(Data?.none, "NULL::bytea"),
    RoundTrip(moment("2026-11-20T01:02:03Z"), "'2026-11-20 08:02:03+07'::timestamptz"),
    RoundTrip(moment("2026-11-20T01:02:03Z").addingTimeInterval(0.5), "'2026-11-20 01:02:03.5Z'::timestamptz"),
    RoundTrip(moment("1969-12-31T23:59:59Z"), "'1969-12-31 23:59:59Z'::timestamptz"),
    RoundTrip(moment("1999-12-31T23:59:59Z").addingTimeInterval(0.25), "'1999-12-31 23:59:59.25Z'::timestamptz"),
    RoundTrip(
        UUID(uuidString: "0192e4a0-0000-7000-8000-00000000000f") ?? UUID(),
        "'0192e4a0-0000-7000-8000-00000000000f'::uuid"),
    RoundTrip(PostgresDate("2024-02-29") ?? PostgresDate(daysSince2000: 0), "'2024-02-29'::date"),
    RoundTrip(PostgresJSON(text: #"{"a": [1, "đ"]}"#), #"'{"a": [1, "đ"]}'::jsonb"#),
    RoundTrip([1, 2, -3], "'{1,2,-3}'::int8[]"), RoundTrip([] as [Int], "'{}'::int8[]"),
    RoundTrip([1, nil, 3] as [Int?], "'{1,NULL,3}'::int8[]"), RoundTrip([Int32(7)], "'{7}'::int4[]"),
    RoundTrip(["a", "", "NULL", "x,y", "{z}", "q\"\\"], #"ARRAY['a','','NULL','x,y','{z}',E'q"\\']"#),
    RoundTrip([nil, "NULL"] as [String?], "ARRAY[NULL,'NULL']"), RoundTrip([true, false], "'{t,f}'::bool[]"),
    RoundTrip([[1, 2], []] as [[UInt8]], "ARRAY['\\x0102','']::bytea[]"), RoundTrip([0.5], "'{0.5}'::float8[]"),
    RoundTrip([moment("2026-01-01T00:00:00Z")], "'{2026-01-01 00:00:00+00}'::timestamptz[]"),
    RoundTrip([UUID?.none], "'{NULL}'::uuid[]"), RoundTrip([PostgresDate(daysSince2000: 1)], "'{2000-01-02}'::date[]"),
    RoundTrip([String]?.none, "NULL::text[]"),
]

@Suite("Values")
struct ValueTests {
    @Test("a value arrives as it was sent, in binary and as text", arguments: roundTrips)
    func roundTrip(value: RoundTrip) async throws {
        let connection = try await freshConnection()
        try await value.run(connection)
        connection.close()
    }

    @Test(
        "numbers of any precision read as the server prints them",
        arguments: [
            "0", "1", "-1", "10000", "123456789012345678901234567890", "0.1", "-0.00012", "1.50", "100000000",
            "0.00001",
            "99999999.99999999", "NaN", "-12345.6789", "1000000000000", "Infinity",
        ])
    func numeric(text: String) async throws {
        let connection = try await freshConnection()
        let value = PostgresValue.text(text, as: .numeric)
        let row = try await connection.queryOne("SELECT \(value) AS v, \(value)::text AS expected")
        #expect(try row.get("v", as: String.self) == (try row.get("expected", as: String.self)))
        connection.close()
    }

    @Test("the sum of a bigint is a whole number")
    func sums() async throws {
        let connection = try await freshConnection()
        let row = try await connection.queryOne(
            "SELECT sum(n) AS s, count(*) AS c, avg(n) AS a FROM unnest(\([1_000_000_000_000, 5])) AS t (n)")
        #expect(try row.get("s", as: Int.self) == 1_000_000_000_005)
        #expect(try row.get("c") == 2)
        #expect(try row.get("a", as: Double.self) == 500_000_000_002.5)
        connection.close()
    }

    @Test("a snapshot and a transaction number read as text and go back")
    func snapshots() async throws {
        let connection = try await freshConnection()
        let row = try await connection.queryOne(
            """
            SELECT '10:20:10,14,15'::pg_snapshot AS snapshot, '10:20:'::pg_snapshot AS quiet,
                pg_current_snapshot() AS now, pg_current_snapshot()::text AS expected, pg_current_xact_id() AS xid
            """)
        #expect(try row.get("snapshot") == "10:20:10,14,15")
        #expect(try row.get("quiet") == "10:20:")
        #expect(try row.get("now", as: String.self) == (try row.get("expected", as: String.self)))
        let snapshot = PostgresValue.text("10:20:10,14", as: .pgSnapshot)
        let visible: Bool = try await connection.queryOne(
            "SELECT pg_visible_in_snapshot(\(UInt64(12)), \(snapshot)) AS v"
        ).get("v")
        #expect(visible)
        #expect(try row.get("xid", as: UInt64.self) > 0)
        connection.close()
    }

    @Test("arrays drive ANY and unnest")
    func arrays() async throws {
        let connection = try await freshConnection()
        let found: [Int] = try await connection.query(
            "SELECT n FROM generate_series(1, 9) AS n WHERE n = ANY(\([2, 4, 400])) ORDER BY n"
        ).map { try $0.get("n") }
        #expect(found == [2, 4])
        let none = try await connection.query("SELECT 1 WHERE 1 = ANY(\([Int]()))")
        #expect(none.isEmpty)
        let pairs = try await connection.query(
            "SELECT * FROM unnest(\([1, 2]), \(["a", nil] as [String?])) AS t (n, s) ORDER BY n")
        #expect(try pairs.map { try $0.get("s", as: String?.self) } == ["a", nil])
        connection.close()
    }

    @Test("a type of one's own states its type, so NULL and empty arrays work")
    func ownTypes() async throws {
        let connection = try await freshConnection()
        let row = try await connection.queryOne(
            """
            SELECT \(Colour.red) AS a, \(Colour?.none) AS b, \([Colour]()) AS c, \([Colour.blue, .red]) AS d,
                \(Amount(5)) AS e
            """)
        #expect(try row.get("a") == Colour.red)
        #expect(try row.get("b", as: Colour?.self) == nil)
        #expect(try row.get("c") == [Colour]())
        #expect(try row.get("d") == [Colour.blue, .red])
        #expect(try row.get("e") == Amount(5))
        #expect(throws: PostgresError.self) { try row.get("e", as: Colour.self) }
        connection.close()
    }

    @Test("JSON goes in and out")
    func json() async throws {
        struct Form: Codable, Equatable { var name: String; var pages: [Int] }
        let form = Form(name: "Mẫu 01", pages: [1, 2])
        let connection = try await freshConnection()
        let row = try await connection.queryOne(
            "SELECT \(try PostgresJSON(form)) AS b, '{\"name\": 1}'::json AS wrong, \(try PostgresJSON(form))->>'name' AS n"
        )
        #expect(try row.json("b", as: Form.self) == form)
        #expect(try row.get("n") == "Mẫu 01")
        let error = #expect(throws: PostgresError.self) { try row.json("wrong", as: Form.self) }
        #expect(error?.column == "wrong")
        connection.close()
    }

    @Test("an enumeration of the server is sent and read as its label")
    func serverEnumerations() async throws {
        let connection = try await freshConnection()
        try await connection.execute("CREATE TYPE mood AS ENUM ('glad', 'sad')")
        let row = try await connection.queryOne(
            "SELECT \(PostgresValue.text("sad"))::mood AS m, \(3) AS n, \([1, 2]) AS a, \([0xFF] as [UInt8]) AS b")
        #expect(try row.get("m") == "sad")
        #expect(try row.get("n") == 3)
        #expect(try row.get("a") == [1, 2])
        #expect(try row.get("b") == [0xFF] as [UInt8])
        connection.close()
    }
}

private enum Colour: String, PostgresEncodable, PostgresDecodable {
    case red, blue
}

private struct Amount: Equatable, PostgresEncodable, PostgresDecodable {
    let value: Int64
    init(_ value: Int64) { self.value = value }
    var postgresValue: PostgresValue { value.postgresValue }
    static var postgresType: PostgresType { Int64.postgresType }
    init(postgresCell cell: PostgresCell) throws { self.init(try Int64(postgresCell: cell)) }
}
