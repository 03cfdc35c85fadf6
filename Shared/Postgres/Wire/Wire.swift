import CLibPQ
import Glibc

/// One connection of libpq and all calls on it; it lives on its own thread and never leaves it.
///
/// libpq runs non-blocking here: whatever it waits for, the thread polls the socket together with the mailbox, so a
/// cancellation gets through, and no wait is without a bound when one is configured.
final class Wire {
    struct Prepared {
        let name: String
        let layout: RowLayout
    }

    let connection: OpaquePointer
    let mailbox: Mailbox
    private let lastWord = LastWord()
    var state = ConnectionState()
    var statements: StatementCache<Prepared>
    var parameters = ParameterBuffer()
    /// The server's statements that nobody here uses any more; they go with the next preparation.
    var deallocations: [String] = []
    var statementCount = 0
    /// How long the server may be silent in the middle of an operation.
    let answerBound: Duration?
    /// Beyond this the connection is given up.
    var deadline: ContinuousClock.Instant?
    var cancelRequest: CancelRequest?
    var wasCancelled = false
    /// When a cancellation that has had no effect yet is sent again.
    var nextCancel: ContinuousClock.Instant?
    private static let cancelPause: Duration = .milliseconds(50)

    /// How long the server may take to answer a cancellation, and to clean up.
    let cancelGrace: Duration
    /// A service has ten seconds to stop; nothing here may use them up.
    private static let longestCancelGrace: Duration = .seconds(5)

    /// Connects; blocks up to `connect_timeout` for each address.
    init(
        _ parameters: ConnectionParameters, configuration: PostgresConfiguration, mailbox: Mailbox
    ) throws(PostgresError) {
        guard let connection = parameters.withArrays({ PQconnectdbParams($0, $1, 0) }) else {
            throw PostgresError(.connection, "libpq is out of memory")
        }
        guard PQstatus(connection) == CONNECTION_OK else {
            let message = Self.message(of: connection)
            PQfinish(connection)
            throw PostgresError(.connection, message)
        }
        self.connection = connection
        self.mailbox = mailbox
        statements = StatementCache(capacity: configuration.statementCacheSize)
        answerBound = configuration.statementTimeout.map { $0 + configuration.answerGrace }
        cancelGrace = min(configuration.answerGrace, Self.longestCancelGrace)
        PQsetnonblocking(connection, 1)
        lastWord.listen(on: connection)
    }

    deinit { PQfinish(connection) }

    var isBroken: Bool {
        state.phase == .lost || lastWord.error != nil || PQstatus(connection) != CONNECTION_OK
    }

    static func message(of connection: OpaquePointer) -> String {
        guard let text = PQerrorMessage(connection) else { return "unknown error" }
        return String(cString: text).split(separator: "\n").joined(separator: "; ")
    }

    func lost() -> PostgresError { lastWord.error ?? .lost(Self.message(of: connection)) }

    /// The bound for one operation.
    enum Bound: Sendable {
        case configured
        case none
        case within(Duration)
        /// For what cleans up after a failure.
        case cleanup
    }

    /// Runs one operation through the state machine and leaves the connection ready, in COPY, or lost.
    func perform<T>(
        _ operation: ConnectionState.Operation, bound: Bound = .configured,
        _ body: () throws(PostgresError) -> T
    ) throws(PostgresError) -> T {
        try state.begin(operation)
        startClock(bound)
        wasCancelled = false
        do throws(PostgresError) {
            let result = try body()
            try settleCancel()
            finish()
            return result
        } catch {
            throw failed(error)
        }
    }

    private func failed(_ cause: PostgresError) -> PostgresError {
        var error = cause
        if !isBroken && !error.endsConnection {
            do throws(PostgresError) { try settleCancel() } catch let later { error = later }
        }
        if isBroken || error.endsConnection { return state.lose(error) }
        finish()
        // The server may have become a standby: a new connection looks for the primary again.
        if error.sqlState == .readOnlyTransaction { mailbox.retire() }
        if wasCancelled && error.sqlState == .queryCanceled { error.code = .cancelled }
        return error
    }

    private func finish() {
        let block: ConnectionState.Block =
            switch PQtransactionStatus(connection) {
            case PQTRANS_IDLE: .none
            case PQTRANS_INERROR: .failed
            default: .open
            }
        state.finish(block: block, copies: isCopying)
        deadline = nil
    }

    /// Set by the COPY operations while the server is in COPY.
    var isCopying = false

    private func startClock(_ bound: Bound) {
        currentBound =
            switch bound {
            case .configured: answerBound
            case .none: nil
            case .within(let time): time
            case .cleanup: cancelGrace
            }
        restartClock()
    }

    private var currentBound: Duration?

    /// Gives the server the whole time again, after each answer of several.
    func restartClock() { deadline = currentBound.map { ContinuousClock.now + $0 } }
}

// MARK: - Waiting

extension Wire {
    /// Waits until the socket is ready; true when there is something to read.
    func wait(writing: Bool = false) throws(PostgresError) -> Bool {
        while true {
            let events = poll(writing: writing)
            if events.woken {
                mailbox.drainWake()
                if mailbox.takeCancelWanted() { beginCancel() }
            }
            repeatCancel()
            if events.readable || events.writable { return events.readable }
            if let deadline, ContinuousClock.now >= deadline {
                throw .lost("the server gave no answer in time")
            }
        }
    }

    private func poll(
        reading: Bool = true, writing: Bool = false
    ) -> (readable: Bool, writable: Bool, woken: Bool) {
        let events = (reading ? POLLIN : 0) | (writing ? POLLOUT : 0)
        var descriptors = [
            pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0),
            pollfd(fd: mailbox.wakeDescriptor, events: Int16(POLLIN), revents: 0),
        ]
        var timeout: Int32 = -1
        if let next = [deadline, nextCancel].compactMap(\.self).min() {
            timeout = Int32(clamping: max(0, (next - ContinuousClock.now).milliseconds))
        }
        _ = Glibc.poll(&descriptors, 2, timeout)
        // A hang-up or an error shows itself when libpq reads.
        let readable = descriptors[0].revents & ~Int16(POLLOUT) != 0
        return (readable, descriptors[0].revents & Int16(POLLOUT) != 0, descriptors[1].revents != 0)
    }

    /// Sends everything libpq holds, reading meanwhile, so that neither side can block the other.
    func flush() throws(PostgresError) {
        while true {
            switch PQflush(connection) {
            case 0: return
            case 1:
                // What cannot be read shows itself when the answer is fetched.
                if try wait(writing: true), PQconsumeInput(connection) == 0 { return }
            default: return
            }
        }
    }

    /// The next result of libpq; nil marks the end of a statement.
    func nextResult() throws(PostgresError) -> OpaquePointer? {
        while PQisBusy(connection) == 1 {
            _ = try wait()
            // On failure libpq has the cause, perhaps the server's own last word, in its next result.
            if PQconsumeInput(connection) == 0 { break }
        }
        return PQgetResult(connection)
    }

    func beginCancel() {
        guard cancelRequest == nil else { return }
        wasCancelled = true
        cancelRequest = CancelRequest(connection, mailbox: mailbox)
        let limit = ContinuousClock.now + cancelGrace
        deadline = min(deadline ?? limit, limit)
        nextCancel = ContinuousClock.now + Self.cancelPause
    }

    /// Sends a cancellation again: the server ignores one that comes before it has begun with the statement.
    private func repeatCancel() {
        guard let next = nextCancel, next <= ContinuousClock.now else { return }
        nextCancel = ContinuousClock.now + Self.cancelPause
        guard let request = cancelRequest, request.isDone else { return }
        cancelRequest = CancelRequest(connection, mailbox: mailbox)
    }

    /// Waits until a cancellation that was sent has reached the server, so that it cannot hit what comes next.
    func settleCancel() throws(PostgresError) {
        nextCancel = nil
        guard let request = cancelRequest else { return }
        let limit = ContinuousClock.now + cancelGrace
        while !request.isDone {
            guard ContinuousClock.now < limit else { throw .lost("the server took no cancellation") }
            var descriptor = pollfd(fd: mailbox.wakeDescriptor, events: Int16(POLLIN), revents: 0)
            _ = Glibc.poll(&descriptor, 1, Int32(clamping: (limit - ContinuousClock.now).milliseconds))
            mailbox.drainWake()
        }
        cancelRequest = nil
    }

    /// Waits without a job; true when the connection still stands.
    func idle() -> Bool {
        deadline = nil
        nextCancel = nil
        // The rows of a COPY wait in the socket, and so with the server, until somebody asks for them.
        let events = poll(reading: state.phase != .copyingOut)
        if events.woken { mailbox.drainWake() }
        return !events.readable || PQconsumeInput(connection) == 1
    }

    /// The notifications that arrived with the last answers.
    func takeNotifications() -> [PostgresNotification] {
        var notifications: [PostgresNotification] = []
        while let notification = PQnotifies(connection) {
            notifications.append(
                PostgresNotification(
                    channel: String(cString: notification.pointee.relname),
                    payload: String(cString: notification.pointee.extra),
                    processID: notification.pointee.be_pid))
            PQfreemem(notification)
        }
        return notifications
    }
}

extension Wire {
    /// The number of the server's process.
    var processID: Int32 { PQbackendPID(connection) }

    /// Where the connection stands for whoever uses it next: a COPY that is left open counts as a transaction.
    var standing: ConnectionState.Block { state.phase == .ready ? state.block : .open }
}
