import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Dues

/// Exports over a real connection, whose reader stops, goes away, or is left alone by the database.
@Suite("Exports whose reader or database goes away")
struct ExportConnectionTests {
    /// Some 75 MB: more than all buffers on the way hold.
    private static let rows = 120_000

    private typealias Line = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private struct Reading {
        let scene: DuesScene
        let inbound: NIOAsyncChannelInboundStream<ByteBuffer>

        /// How many exports of the scene PostgreSQL works on.
        func underWay() async throws -> Int { try await scene.exportsUnderWay() }
    }

    private func run(
        _ settings: [String: String] = [:], whileStalled: @Sendable (Reading) async throws -> Void,
        afterwards: @Sendable (DuesScene) async throws -> Void = { _ in }
    ) async throws {
        try await DuesScene.run(["dues.export.parallel": "1"].merging(settings) { $1 }) { scene in
            try await scene.pool.execute(
                """
                INSERT INTO exceptions (exception_id, kind, owner_id, amount, raised_at, assignee)
                SELECT uuid_v7(\(scene.kit.time.now)), 'overpaid', \(scene.cell), n, \(scene.kit.time.now),
                    repeat('x', 500)
                FROM generate_series(1, \(Self.rows)) AS n
                """)
            let token = try await scene.service.operatorToken()
            try await listening(scene) { port in
                let line = try await connect(port)
                try await line.executeThenClose { inbound, outbound in
                    try await outbound.write(
                        ByteBuffer(
                            string: """
                                GET /v1/organizations/\(scene.cell)/exports/exceptions?from=2026-11 HTTP/1.1\r
                                Host: localhost\r
                                Authorization: Bearer \(token)\r
                                \r

                                """))
                    try await eventually { try await scene.exportsUnderWay() == 1 }
                    try await whileStalled(Reading(scene: scene, inbound: inbound))
                }
                try await afterwards(scene)
            }
        }
    }

    private func connect(_ port: Int) async throws -> Line {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.socketOption(.so_rcvbuf), value: 65_536)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try Line(wrappingChannelSynchronously: channel) }
            }
    }

    /// The service behind a socket, for the time of the body.
    private func listening(_ scene: DuesScene, _ body: (Int) async throws -> Void) async throws {
        let (ports, port) = AsyncStream<Int>.makeStream()
        let routes = scene.service.parts.routes
        let application = Application(
            responder: try ServiceRouter.build(scene.kit, routes: routes),
            configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { port.yield($0.localAddress?.port ?? 0) }, logger: Logger(label: "test.dues"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await application.run() }
            for await port in ports.prefix(1) { try await body(port) }
            group.cancelAll()
        }
    }

    @Test("a whole file has its end, and every row")
    func whole() async throws {
        try await run { reading in
            var (letters, end): (Int, [UInt8]) = (0, [])
            for try await piece in reading.inbound {
                let bytes = Array(piece.readableBytesView)
                letters += bytes.count { $0 == UInt8(ascii: "x") }
                end = Array((end + bytes).suffix(7))
                if end == Array("\r\n0\r\n\r\n".utf8) { break }
            }
            #expect(letters >= Self.rows * 500)
        }
    }
}

extension DuesScene {
    func exportsUnderWay() async throws -> Int {
        try await count(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE state = 'active' AND query LIKE 'COPY%'
                AND query LIKE '%' || replace(\(cell)::uuid::text, '-', '') || '%'
            """)
    }

    func exportTraces() async throws -> Int {
        try await count("SELECT count(*) FROM audit WHERE action LIKE 'export.%'")
    }
}
