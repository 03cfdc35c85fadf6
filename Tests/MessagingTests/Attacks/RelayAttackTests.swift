import Contracts
import Kafka
import Postgres
import TestStack
import Testing

@testable import Messaging

@Suite("Attacks on relays", .serialized, .seeded)
struct RelayAttackTests {
    @Test("commits out of order, beside a long transaction and an old snapshot, are all sent while both are open")
    func disorder() async throws {
        FaultRecord.note("D7", "an old snapshot held from before the first event until all of them are sent")
        FaultRecord.note("D8", "commits out of the order of their rows, with a long transaction open elsewhere")
        try await AttackScene.run(keys: 12) { scene in
            let (elsewhere, writers) = (try await open(scene, count: 2), try await open(scene, count: 4))
            defer { for session in elsewhere + writers { session.close() } }
            try await elsewhere[0].execute("BEGIN")
            let long: UInt64 = try await elsewhere[0].queryOne("SELECT pg_current_xact_id() AS id").get("id")
            try await elsewhere[1].execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
            try await elsewhere[1].execute("SELECT count(*) FROM outbox")
            let (_, relay) = scene.relay(page: 5)
            var isOpen = Array(repeating: false, count: writers.count)
            var left = 150
            while left > 0 || isOpen.contains(true) {
                let writer = scene.number(in: 0...writers.count - 1)
                let isEnding = left == 0 || scene.number(in: 1...3) == 1
                if isEnding, isOpen[writer] {
                    try await writers[writer].execute("COMMIT")
                    scene.outbox.committed.raise()
                    isOpen[writer] = false
                } else if !isEnding {
                    if !isOpen[writer] { try await writers[writer].execute("BEGIN") }
                    isOpen[writer] = true
                    // Each writer has its own keys, as if it held their row locks.
                    let key = scene.dossiers[writer + 4 * scene.number(in: 0...2)]
                    try await writers[writer].execute(try scene.event(of: key))
                    left -= 1
                }
            }
            try await scene.untilSent()
            let snapshot: String = try await elsewhere[0].queryOne("SELECT pg_current_snapshot()::text AS now").get(
                "now")
            #expect(try #require(TransactionSnapshot(snapshot)).minimum <= long, "the long transaction is still open")
            #expect(
                try await elsewhere[1].queryOne("SELECT count(*) FROM outbox").get("count", as: Int64.self) == 0,
                "the old snapshot is still held")
            #expect(
                try await scene.intake.count(
                    "SELECT count(*) FROM outbox a JOIN outbox b ON a.seq < b.seq AND a.xid > b.xid") > 0,
                "row numbers and transactions are in different orders")
            try await scene.judge()
            relay.cancel()
            _ = await relay.result
        }
    }

    @Test("a relay killed after its records are in the log and before its position is repeated, never skipped")
    func killedBeforePosition() async throws {
        FaultRecord.note("C3", "a relay killed after its records are in the log and before its position")
        try await AttackScene.run { scene in
            let kills = 2
            for _ in 0..<kills {
                let guardian = try await open(scene, count: 1)[0]
                try await guardian.execute("BEGIN")
                try await guardian.execute("LOCK TABLE relay_positions IN SHARE ROW EXCLUSIVE MODE")
                let before = try await scene.logSize()
                // Before the relay, so that it takes all of it at once.
                try await scene.write(20)
                let (_, relay) = scene.relay()
                try await eventually("it is in the topic, and the position waits") {
                    let waiting = try await scene.intake.count(
                        """
                        SELECT count(*) FROM pg_locks WHERE relation = 'relay_positions'::regclass AND NOT granted
                        """)
                    let size = try await scene.logSize()
                    return size >= before + 20 && waiting == 1
                }
                relay.cancel()
                _ = await relay.result
                guardian.close()
            }
            #expect(try await scene.intake.count("SELECT count(*) FROM relay_positions") == 0)
            let (_, relay) = scene.relay()
            try await scene.write(20)
            try await scene.untilSent()
            #expect(try await scene.logSize() >= scene.written + 20 * kills, "what was sent before was sent again")
            try await scene.judge()
            relay.cancel()
            _ = await relay.result
        }
    }

    @Test("a frozen relay that comes back repeats old events behind its successor's, and none has a second effect")
    func frozen() async throws {
        FaultRecord.note("C7", "a relay frozen while its records are on their way, back after another led")
        try await AttackScene.run { scene in
            let proxy = try TCPProxy(to: scene.intake.server.port)
            defer { proxy.close() }
            let isMoving = Locked(true)
            let (first, frozen) = scene.relay(
                connection: scene.intake.link(through: proxy), gate: ConnectionGate { isMoving.withLock { $0 } })
            try await scene.write(10)
            try await scene.untilSent()
            #expect(first.status.isLeading)
            // It has read more and queued it; then it stands still with all its links.
            isMoving.withLock { $0 = false }
            try scene.cluster.stopBroker()
            try await scene.writeAtOnce(scene.dossiers)
            try await eventually("it waits for the broker with what it has read") {
                try await leaders(scene, query: "SELECT 1") == 1
            }
            proxy.freeze()
            try await eventually("the server ends its session") {
                try await leaders(scene) == 0
            }
            try scene.cluster.startBroker()
            let (second, successor) = scene.relay()
            try await scene.write(10)
            try await eventually("another leads") { second.status.isLeading }
            try await scene.untilSent()
            let before = try await scene.logSize()
            #expect(before == 20 + scene.dossiers.count)
            isMoving.withLock { $0 = true }
            try await eventually("the frozen one hands out what it had") {
                try await scene.logSize() == before + scene.dossiers.count
            }
            proxy.thaw()
            try await eventually("it learns that it has lost the lead") { !first.status.isLeading }
            try await scene.judge()
            for task in [frozen, successor] {
                task.cancel()
                _ = await task.result
            }
        }
    }

    @Test("two relays whose leader loses its session again and again under load lose and reorder nothing")
    func leadChanges() async throws {
        FaultRecord.note("C8", "two relays whose leader loses its session again and again")
        try await AttackScene.run { scene in
            let relays = [scene.relay(page: 10), scene.relay(page: 10)]
            let ended = Tally()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await scene.write(200) }
                group.addTask {
                    for _ in 0..<5 {
                        try await Task.sleep(for: .milliseconds(scene.number(in: 20...200)))
                        ended.add(
                            Int(
                                try await scene.intake.count(
                                    "SELECT count(pg_terminate_backend(pid)) FROM (\(Self.leader)) leader")))
                        try await eventually("somebody leads again") { try await leaders(scene) == 1 }
                    }
                }
                try await group.waitForAll()
            }
            try await scene.untilSent()
            #expect(ended.value >= 3, "leaders lost their sessions")
            #expect(scene.told.count(of: "relay lost the lead") >= 3)
            try await scene.judge()
            for (_, task) in relays {
                task.cancel()
                _ = await task.result
            }
        }
    }

    // MARK: The scene

    private static let leader: SQL = """
        SELECT a.pid, a.query, a.state FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
        WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()
          AND a.application_name LIKE '%.relay'
        """

    private func leaders(_ scene: AttackScene, query: String? = nil) async throws -> Int64 {
        try await scene.intake.count(
            "SELECT count(*) FROM (\(Self.leader)) leader WHERE \(query)::text IS NULL OR query = \(query)")
    }

    private func open(_ scene: AttackScene, count: Int) async throws -> [PostgresConnection] {
        var sessions: [PostgresConnection] = []
        for _ in 0..<count {
            sessions.append(try await .open(scene.intake.configuration, logger: scene.told.logger))
        }
        return sessions
    }
}
