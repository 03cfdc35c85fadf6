import Foundation
import Glibc
import Logging
import Postgres
import Synchronization
import SystemPackage

/// A PostgreSQL server of this test process alone, in a temporary directory and on a free port.
///
/// It runs without fsync, which is right for a server whose data nobody wants after the test and nowhere else. A shell
/// that reads from a pipe of this process stops it, by its process id, when the process ends in any way.
public final class PrivatePostgres: Sendable {
    /// The port on 127.0.0.1.
    public let port: UInt16
    let directory: String
    /// The watchdog's input; closing it ends the server.
    private let leash: FileDescriptor
    private let names = Atomic<Int>(0)
    private let admin = Locked<PostgresPool?>(nil)

    private static let sharedServer = Task { try await PrivatePostgres.own() }

    /// The server that all tests of the process share; whoever harms a server takes `own()`.
    public static func shared() async throws -> PrivatePostgres { try await sharedServer.value }

    /// Starts another server for one test; it ends when the last reference goes.
    ///
    /// - Parameter disk: gives it a disk of its own with so many megabytes, see `SmallDisk`.
    public static func own(disk: Int? = nil) async throws -> PrivatePostgres { try await PrivatePostgres(disk: disk) }

    private init(disk: Int? = nil) async throws {
        port = try freePort()
        let temporary = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        directory = "\(temporary)/hoso-postgres-\(getpid())-\(port)"
        try ServerCommand.prepare(directory: directory, disk: disk)
        leash = try await ServerCommand.startWatchdog(directory: directory)
        do {
            try await ServerCommand.initialize(directory: directory, port: port)
            try await ServerCommand.start(directory: directory)
        } catch {
            try? leash.close()
            throw error
        }
    }

    deinit { try? leash.close() }

    /// The URL of a database as a user; local connections need no password.
    public func url(database: String = "postgres", user: String = "postgres", port: UInt16? = nil) -> String {
        "postgresql://\(user)@127.0.0.1:\(port ?? self.port)/\(database)?sslmode=disable&gssencmode=disable"
    }

    /// Makes an empty database; the answer is its URL.
    public func freshDatabase() async throws -> String {
        let name = "test_\(names.wrappingAdd(1, ordering: .relaxed).newValue)"
        try await pool().execute("CREATE DATABASE \(identifier: name)")
        return url(database: name)
    }

    /// Makes a role with a schema of its own, as each service has; the answer is the role's URL.
    public func freshSchema(role: String = "role") async throws -> String {
        let name = "\(role)_\(names.wrappingAdd(1, ordering: .relaxed).newValue)"
        try await pool().withConnection { connection in
            try await connection.execute("CREATE ROLE \(identifier: name) LOGIN")
            try await connection.execute("CREATE SCHEMA AUTHORIZATION \(identifier: name)")
            try await connection.execute("ALTER ROLE \(identifier: name) SET search_path = \(identifier: name)")
        }
        return url(user: name)
    }

    private func pool() -> PostgresPool {
        admin.withLock { pool in
            if let pool { return pool }
            var configuration = PostgresConfiguration(url: url(), applicationName: "tests", size: 2)
            configuration.acquireTimeout = .seconds(30)
            let new = PostgresPool(configuration, logger: Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() })
            pool = new
            return new
        }
    }

    // MARK: Harm

    /// Stops the server: at once and without a checkpoint, or in order.
    public func stop(immediate: Bool = false) async throws {
        try await ServerCommand.stop(directory: directory, immediate: immediate)
    }

    /// Starts the server again on the same port.
    public func start() async throws {
        try await ServerCommand.start(directory: directory)
    }

    public func restart(immediate: Bool = false) async throws {
        try await stop(immediate: immediate)
        try await start()
    }

    /// Ends the server and all its processes with SIGKILL, as a power cut would.
    public func kill() throws { try signalAll(SIGKILL) }

    /// Stops the server and all its processes in their tracks; connections stay open and silent.
    public func freeze() throws { try signalAll(SIGSTOP) }

    public func thaw() throws { try signalAll(SIGCONT) }

    /// Takes the room on the server's own disk, all but so many megabytes; the answer gives it back.
    public func fillDisk(leaving megabytes: Int) throws -> SmallDisk.Ballast {
        try SmallDisk.fill(directory, leaving: megabytes)
    }

    private func signalAll(_ signal: Int32) throws {
        let main = try ServerCommand.processID(directory: directory)
        // The main process first, so that it starts no others meanwhile.
        for process in [main] + ServerCommand.children(of: main) { Glibc.kill(process, signal) }
    }
}
