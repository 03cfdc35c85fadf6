import Postgres
import TestStack
import Testing

private struct Oops: Error {}

/// Lines of a COPY in chunks that are cut wherever it happens.
private struct Chunks: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error
    var rows: Int
    var failsAt: Int?

    struct Iterator: AsyncIteratorProtocol {
        var row = 0
        var carry: [UInt8] = []
        let chunks: Chunks
        mutating func next() async throws -> [UInt8]? {
            if row == chunks.rows {
                defer { carry = [] }
                return carry.isEmpty ? nil : carry
            }
            while carry.count < 1000, row < chunks.rows {
                if row == chunks.failsAt { throw Oops() }
                row += 1
                carry += Array("\(row)\tdòng \(row)\n".utf8)
            }
            defer { carry = Array(carry.dropFirst(997)) }
            return Array(carry.prefix(997))
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(chunks: self) }
}

/// The same chunk again and again, counted.
private struct Generated: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error
    let chunk: [UInt8]
    let count: Int
    let read: Tally

    struct Iterator: AsyncIteratorProtocol {
        let chunks: Generated
        mutating func next() async throws -> [UInt8]? {
            guard chunks.read.value < chunks.count else { return nil }
            chunks.read.add()
            return chunks.chunk
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(chunks: self) }
}

@Suite("COPY")
struct CopyTests {
    private func connection() async throws -> PostgresConnection {
        let connection = try await freshConnection()
        try await connection.execute("CREATE TABLE t (id bigint PRIMARY KEY, note text)")
        return connection
    }

    private func count(_ session: some PostgresSession) async throws -> Int {
        try await session.queryOne("SELECT count(*) AS n FROM t").get("n")
    }

    @Test("100,000 rows go in and come out")
    func manyRows() async throws {
        let connection = try await connection()
        #expect(try await connection.copyIn("COPY t FROM STDIN", Chunks(rows: 100_000)) == 100_000)
        var rows = 0
        var bytes = 0
        for try await row in connection.copyOut("COPY (SELECT * FROM t ORDER BY id) TO STDOUT") {
            rows += 1
            bytes += row.count
            if rows == 12_345 { #expect(String(decoding: row, as: UTF8.self) == "12345\tdòng 12345\n") }
        }
        #expect(rows == 100_000)
        #expect(bytes == (1...100_000).reduce(0) { $0 + "\($1)\tdòng \($1)\n".utf8.count })
        #expect(try await count(connection) == 100_000)
        connection.close()
    }

    @Test("who reads slowly makes the server wait instead of filling memory")
    func slowReader() async throws {
        let connection = try await connection()
        let other = try await superuserConnection()
        let copy = connection.copyOut("COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000)) TO STDOUT")
        var rows = 0
        for try await _ in copy {
            rows += 1
            guard rows == 100 else { continue }
            // 100 MB are to come; the server can send no more before somebody reads, however often one looks.
            var looks = 0
            try await eventually("the server waits for its reader") {
                let waits = try await other.queryOptional(
                    """
                    SELECT 1 FROM pg_stat_activity WHERE pid = \(connection.processID) AND wait_event = 'ClientWrite'
                    """)
                looks = waits == nil ? 0 : looks + 1
                return looks == 200
            }
        }
        #expect(rows == 100_000)
        connection.close()
        other.close()
    }

    @Test("while the server does not read, the input is not read either")
    func slowServer() async throws {
        let server = try await PrivatePostgres.shared()
        let proxy = try TCPProxy(to: server.port)
        let connection = try await PostgresConnection.open(
            testConfiguration(server.url(port: proxy.port)), logger: quietLogger)
        try await connection.execute("CREATE TEMP TABLE big (a text)")
        let read = Tally()
        let chunks = Generated(
            chunk: Array((String(repeating: "x", count: 65_535) + "\n").utf8), count: 1000, read: read)
        async let rows = connection.copyIn("COPY big FROM STDIN", chunks)
        try await eventually { read.value > 10 }
        proxy.freeze()
        // When the number stands still for so many looks, what is in between is full.
        var looks = 0
        var last = -1
        try await eventually {
            looks = read.value == last ? looks + 1 : 0
            last = read.value
            return looks == 50
        }
        #expect(last < 1000, "all the 64 MB were read although nobody took them")
        proxy.thaw()
        #expect(try await rows == 1000)
        connection.close()
        proxy.close()
    }

    @Test("an error of the server ends the COPY and the connection goes on")
    func badLine() async throws {
        let connection = try await connection()
        let lines = AsyncThrowingStream<[UInt8], any Error> { stream in
            stream.yield(Array("1\tok\nnot a number\tx\n".utf8))
            stream.finish()
        }
        let error = await #expect(throws: PostgresError.self) {
            try await connection.copyIn("COPY t FROM STDIN", lines)
        }
        #expect(error?.sqlState == .invalidTextRepresentation)
        #expect(try await count(connection) == 0)
        connection.close()
    }

    @Test("an error of the input abandons the COPY")
    func failingInput() async throws {
        let connection = try await connection()
        await #expect(throws: Oops.self) {
            try await connection.copyIn("COPY t FROM STDIN", Chunks(rows: 100_000, failsAt: 50_000))
        }
        #expect(try await count(connection) == 0)
        connection.close()
    }

    @Test("within a transaction, as the first thing, and undone with it")
    func inTransaction() async throws {
        let connection = try await connection()
        _ = try? await connection.transaction { transaction in
            try await transaction.copyIn("COPY t FROM STDIN", Chunks(rows: 10))
            #expect(try await count(transaction) == 10)
            throw Oops()
        }
        #expect(try await count(connection) == 0)
        try await connection.transaction { transaction in
            try await transaction.copyIn("COPY t FROM STDIN", Chunks(rows: 10))
            var rows = 0
            for try await _ in transaction.copyOut("COPY t TO STDOUT") { rows += 1 }
            #expect(rows == 10)
        }
        #expect(try await count(connection) == 10)
        connection.close()
    }

    @Test("reading may stop early")
    func stopsEarly() async throws {
        let connection = try await connection()
        var rows = 0
        for try await _ in connection.copyOut("COPY (SELECT generate_series(1, 100000000)) TO STDOUT") {
            rows += 1
            if rows == 10 { break }
        }
        #expect(try await within { try await count(connection) } == 0)
        connection.close()
    }

    @Test("while a COPY runs nothing else does")
    func exclusive() async throws {
        let connection = try await connection()
        for try await _ in connection.copyOut("COPY (SELECT generate_series(1, 100000)) TO STDOUT") {
            let error = await #expect(throws: PostgresError.self) { try await connection.query("SELECT 1") }
            #expect(error?.code == .usage)
            await #expect(throws: PostgresError.self) { try await connection.pipeline(["SELECT 1"]) }
            break
        }
        #expect(try await count(connection) == 0)
        connection.close()
    }

    @Test("what is no COPY, or one in the other direction, is refused")
    func wrongStatement() async throws {
        let connection = try await connection()
        let none = await #expect(throws: PostgresError.self) {
            try await connection.copyIn("SELECT 1", Chunks(rows: 1))
        }
        #expect(none?.code == .usage)
        let query = await #expect(throws: PostgresError.self) { try await connection.query("COPY t TO STDOUT") }
        #expect(query?.code == .usage)
        let missing = await #expect(throws: PostgresError.self) {
            for try await _ in connection.copyOut("COPY nowhere TO STDOUT") {}
        }
        #expect(missing?.sqlState == .undefinedTable)
        #expect(try await count(connection) == 0)
        await #expect(throws: PostgresError.self) { try await connection.copyIn("COPY t TO STDOUT", Chunks(rows: 1)) }
        #expect(
            try await within {
                try await eventually { !connection.isOpen }; return true
            })
    }
}
