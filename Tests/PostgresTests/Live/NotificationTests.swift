import Postgres
import TestStack
import Testing

@Suite("LISTEN and NOTIFY")
struct NotificationTests {
    @Test("what is sent after listening arrives, in order, on its channel only")
    func arrives() async throws {
        let channel = "channel \(UInt64.random(in: 0 ... .max))"
        let listener = try await freshConnection()
        let sender = try await freshConnection()
        let notifications = try await listener.notifications(channel)
        try await sender.notify(channel + "x", "other")
        for number in 0..<5 { try await sender.notify(channel, "\(number)") }
        var seen: [String] = []
        for try await notification in notifications {
            #expect(notification.channel == channel)
            #expect(notification.processID == sender.processID)
            seen.append(notification.payload)
            if seen.count == 5 { break }
        }
        #expect(seen == ["0", "1", "2", "3", "4"])
        listener.close()
        sender.close()
    }

    @Test("a notification leaves with the commit and not with a rollback")
    func transactional() async throws {
        let channel = "c\(UInt64.random(in: 0 ... .max))"
        let listener = try await freshConnection()
        let notifications = try await listener.notifications(channel)
        let sender = try await freshConnection()
        _ = try? await sender.transaction { transaction in
            try await transaction.notify(channel, "undone")
            throw PostgresError(.usage, "no")
        }
        try await sender.transaction { try await $0.notify(channel, "done") }
        for try await notification in notifications {
            #expect(notification.payload == "done")
            break
        }
        listener.close()
        sender.close()
    }

    @Test("notifications arrive between statements of the listener too")
    func busyListener() async throws {
        let connection = try await freshConnection()
        let notifications = try await connection.notifications("self")
        try await connection.notify("self", "a")
        _ = try await connection.query("SELECT 1")
        var iterator = notifications.makeAsyncIterator()
        #expect(try await iterator.next()?.payload == "a")
        connection.close()
    }

    @Test("the sequence ends when the connection is closed and throws when it is lost")
    func ends() async throws {
        let listener = try await freshConnection()
        var iterator = try await listener.notifications("c").makeAsyncIterator()
        listener.close()
        #expect(try await iterator.next() == nil)

        let doomed = try await freshConnection()
        let notifications = try await doomed.notifications("c")
        let server = try await PrivatePostgres.shared()
        let admin = try await PostgresConnection.open(testConfiguration(server.url()), logger: quietLogger)
        try await admin.execute("SELECT pg_terminate_backend(\(doomed.processID))")
        let error = await #expect(throws: PostgresError.self) { for try await _ in notifications {} }
        #expect(error?.code == .connection)
        #expect(!doomed.isOpen)
        admin.close()
    }

    @Test("a pool does not lend a listening connection again")
    func retired() async throws {
        let pool = try await freshPool(size: 1)
        let first = try await pool.withConnection { connection in
            _ = try await connection.notifications("c")
            return connection.id
        }
        let second = try await pool.withConnection { $0.id }
        #expect(first != second)
        await pool.close()
    }
}

@Suite("Advisory locks")
struct AdvisoryLockTests {
    @Test("a lock of a session excludes others until it is given back or the session ends")
    func session() async throws {
        let key = AdvisoryLockKey(named: "test \(UInt64.random(in: 0 ... .max))")
        let server = try await PrivatePostgres.shared()
        let configuration = testConfiguration(server.url())
        let one = try await PostgresConnection.open(configuration, logger: quietLogger)
        let two = try await PostgresConnection.open(configuration, logger: quietLogger)
        try await one.lockAdvisory(key)
        #expect(try await !two.tryLockAdvisory(key))
        #expect(try await one.unlockAdvisory(key))
        #expect(try await two.tryLockAdvisory(key))
        #expect(try await !one.unlockAdvisory(key))
        two.close()
        try await eventually { try await one.tryLockAdvisory(key) }
        one.close()
    }

    @Test("a lock of a transaction ends with it")
    func transaction() async throws {
        let key = AdvisoryLockKey(7_700_001)
        let server = try await PrivatePostgres.shared()
        let pool = PostgresPool(testConfiguration(server.url()), logger: quietLogger)
        try await pool.transaction { one in
            try await one.lockAdvisory(key)
            #expect(try await pool.transaction { try await $0.tryLockAdvisory(key) } == false)
        }
        #expect(try await pool.transaction { try await $0.tryLockAdvisory(key) })
        await pool.close()
    }

    @Test("a name always makes the same key")
    func names() {
        #expect(AdvisoryLockKey(named: "").value == Int64(bitPattern: 0xcbf2_9ce4_8422_2325))
        #expect(AdvisoryLockKey(named: "a").value == Int64(bitPattern: 0xaf63_dc4c_8601_ec8c))
    }
}
