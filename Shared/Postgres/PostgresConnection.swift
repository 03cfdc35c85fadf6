public import Logging
import Synchronization

/// One connection to the server with a thread of its own.
///
/// Every call of libpq on it happens on that thread, one after the other; a task hands its statement over and is
/// resumed with the result. Statements of several tasks on one connection run in the order they came.
public final class PostgresConnection: PostgresSession {
    /// Numbers connections within this process, for logs.
    public let id: UInt64
    /// The number of the server's process behind this connection, as in `pg_stat_activity`.
    public var processID: Int32 { server.number }

    let mailbox: Mailbox
    private let subscriptions = Subscriptions()
    private let server = ServerProcess()
    private let logger: Logger

    private static let lastID = Atomic<UInt64>(0)

    /// The number of the server's process; a class, so that it can be shared with the thread.
    private final class ServerProcess: Sendable {
        private let value = Atomic<Int32>(0)
        var number: Int32 { value.load(ordering: .relaxed) }
        func set(_ number: Int32) { value.store(number, ordering: .relaxed) }
    }

    private let parameters: ConnectionParameters
    private let configuration: PostgresConfiguration

    init(
        _ parameters: ConnectionParameters, configuration: PostgresConfiguration, logger: Logger
    ) throws(PostgresError) {
        id = Self.lastID.wrappingAdd(1, ordering: .relaxed).newValue
        mailbox = try Mailbox()
        self.parameters = parameters
        self.configuration = configuration
        self.logger = logger
    }

    deinit { mailbox.stop() }

    /// Starts to connect; to be called once. Both answers come on the connection's thread.
    func start(
        opened: @escaping @Sendable (PostgresError?) -> Void,
        lost: @escaping @Sendable (PostgresError) -> Void = { _ in }
    ) {
        // The thread holds what it needs but not this object, so that dropping the object ends the thread.
        ConnectionThread(
            mailbox: mailbox, parameters: parameters, configuration: configuration, logger: logger,
            opened: { [server] result in
                switch result {
                case .success(let process):
                    server.set(process)
                    opened(nil)
                case .failure(let error): opened(error)
                }
            },
            ended: { [subscriptions] error in
                subscriptions.end(error)
                if let error { lost(error) }
            },
            notified: { [subscriptions] in subscriptions.deliver($0) }
        ).start()
    }

    /// Opens a connection that belongs to the caller alone.
    ///
    /// Throws `.configuration` for a URL that cannot be read and `.connection` when the server cannot be reached or
    /// refuses.
    public static func open(
        _ configuration: PostgresConfiguration, logger: Logger
    ) async throws(PostgresError) -> PostgresConnection {
        let parameters = try ConnectionParameters(configuration)
        let connection = try PostgresConnection(parameters, configuration: configuration, logger: logger)
        let error = await HandOver<PostgresError?>.value { handOver in
            connection.start(opened: { handOver.give($0) })
        }
        if let error { throw error }
        return connection
    }

    /// Closes the connection after the statements it already has.
    public func close() { mailbox.stop() }

    /// Cancels the statement that runs now, if one does; its caller gets `.cancelled`.
    public func cancelCurrent() { mailbox.cancelCurrent() }

    /// Whether the connection can still be used, as far as is known here.
    public var isOpen: Bool { mailbox.ended == nil }
}

// MARK: - Statements

extension PostgresConnection {
    private var lane: StatementLane { StatementLane(connection: self, scope: nil) }

    @discardableResult
    public func execute(_ sql: SQL) async throws(PostgresError) -> Int { try await lane.run(sql).affected }

    public func query(_ sql: SQL) async throws(PostgresError) -> [PostgresRow] { try await lane.run(sql).rows }

    public func pipeline(_ statements: [SQL]) async throws(PostgresError) -> [PostgresResult] {
        try await lane.pipeline(statements)
    }

    @discardableResult
    public func copyIn(
        _ statement: SQL, _ chunks: some AsyncSequence<[UInt8], any Error> & Sendable
    ) async throws -> Int { try await lane.copyIn(statement, chunks) }

    public func copyOut(_ statement: SQL) -> PostgresCopyOut { lane.copyOut(statement) }

    /// Runs a text of several statements without parameters; without BEGIN in it they are one transaction.
    public func executeScript(_ text: String) async throws(PostgresError) {
        try SQL(unsafe: text).validate()
        _ = try await perform { wire throws(PostgresError) in
            try wire.script(text, opening: [], bound: .configured, isInTransaction: false)
        }
    }

    /// Runs a transaction on this connection: it commits when the body returns and rolls back when it throws.
    @discardableResult
    public func transaction<R: Sendable>(
        _ options: TransactionOptions = TransactionOptions(), isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresTransaction) async throws -> R
    ) async throws -> R {
        let transaction = PostgresTransaction(connection: self, options: options)
        let result: R
        do {
            result = try await body(transaction)
            try await transaction.flush()
        } catch {
            await transaction.rollback()
            throw error
        }
        try await transaction.commit()
        return result
    }
}

// MARK: - Jobs

extension PostgresConnection {
    /// Runs a job on the connection's thread; cancelling the task cancels the job.
    func perform<T: Sendable>(
        _ body: @escaping @Sendable (Wire) throws(PostgresError) -> T
    ) async throws(PostgresError) -> T {
        if Task.isCancelled { throw .taskCancelled }
        let id = mailbox.newJobID()
        return try await withTaskCancellationHandler {
            await submit(id, isCancellable: true, body)
        } onCancel: {
            mailbox.cancel(id)
        }.get()
    }

    /// Runs a job that a cancelled task still has to do: commit, rollback, cleaning up.
    func performToEnd<T: Sendable>(
        _ body: @escaping @Sendable (Wire) throws(PostgresError) -> T
    ) async throws(PostgresError) -> T {
        try await submit(mailbox.newJobID(), isCancellable: false, body).get()
    }

    /// Leaves a job whose outcome nobody waits for.
    func postAtEnd(_ body: @escaping @Sendable (Wire) throws(PostgresError) -> Void) {
        mailbox.post(
            Mailbox.Job(id: mailbox.newJobID()) { [mailbox] wire in
                guard case .success(let wire) = wire else { return }
                do throws(PostgresError) { try body(wire) } catch {}
                mailbox.finishCurrent(block: wire.standing)
            })
    }

    private func submit<T: Sendable>(
        _ id: UInt64, isCancellable: Bool, _ body: @escaping @Sendable (Wire) throws(PostgresError) -> T
    ) async -> Result<T, PostgresError> {
        // A job is run exactly once, by the thread or by the mailbox that refuses it.
        await HandOver<Result<T, PostgresError>>.value { handOver in
            mailbox.post(
                Mailbox.Job(id: id) { [mailbox] wire in
                    let result: Result<T, PostgresError>
                    switch wire {
                    case .failure(let error): result = .failure(error)
                    case .success(let wire):
                        do throws(PostgresError) { result = .success(try body(wire)) } catch {
                            result = .failure(error)
                        }
                        mailbox.finishCurrent(block: wire.standing)
                    }
                    handOver.give(result)
                })
            // A cancellation before the job was posted found nothing to cancel.
            if isCancellable && Task.isCancelled { mailbox.cancel(id) }
        }
    }
}

// MARK: - Notifications

extension PostgresConnection {
    /// Listens to a channel; what is sent from now on arrives in the sequence.
    ///
    /// The sequence keeps the newest 1,024 that nobody has read yet: a notification is a hint to look, not a fact. It
    /// throws when the connection is lost and ends when it is closed.
    public func notifications(_ channel: String) async throws(PostgresError) -> PostgresNotifications {
        // A pool must not hand a listening connection to the next caller.
        mailbox.retire()
        let notifications = subscriptions.subscribe(to: channel)
        try await execute("LISTEN \(identifier: channel)")
        return notifications
    }
}
