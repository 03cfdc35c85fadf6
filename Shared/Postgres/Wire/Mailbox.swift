import CLibPQ
import Glibc

/// What the tasks leave for a connection's thread: jobs, cancellations, the end.
///
/// The thread waits on its socket and on an eventfd at once, so one write wakes it whatever it waits for.
final class Mailbox: Sendable {
    /// Work for the thread; it gets the wire, or the reason why there is none.
    struct Job: Sendable {
        let id: UInt64
        let run: @Sendable (Result<Wire, PostgresError>) -> Void
    }

    enum Next {
        case job(Job)
        case sleep
        case stop
    }

    private struct State {
        var jobs: [Job] = []
        var current: UInt64?
        var isCancelWanted = false
        var isSleeping = false
        var isStopping = false
        var ended: PostgresError?
        var isRetired = false
        var block = ConnectionState.Block.none
        var nextID: UInt64 = 0
    }

    private let state = Guarded(State())
    /// Readable when the thread should look here.
    let wakeDescriptor: Int32

    init() throws(PostgresError) {
        wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeDescriptor >= 0 else { throw PostgresError(.connection, "no file descriptor is left") }
    }

    deinit { close(wakeDescriptor) }

    // MARK: From the tasks

    func newJobID() -> UInt64 {
        state.withLock {
            $0.nextID += 1
            return $0.nextID
        }
    }

    func post(_ job: Job) {
        let (refusal, wakes) = state.withLock { state -> (PostgresError?, Bool) in
            if let ended = state.ended { return (ended, false) }
            if state.isStopping { return (PostgresError(.connection, "the connection is closed"), false) }
            state.jobs.append(job)
            defer { state.isSleeping = false }
            return (nil, state.isSleeping)
        }
        if let refusal { job.run(.failure(refusal)) }
        if wakes { wake() }
    }

    /// Cancels a job: it never starts, or its statement is cancelled. A job that is done is left alone.
    func cancel(_ id: UInt64) {
        let (waiting, wakes) = state.withLock { state -> (Job?, Bool) in
            if let index = state.jobs.firstIndex(where: { $0.id == id }) {
                return (state.jobs.remove(at: index), false)
            }
            guard state.current == id else { return (nil, false) }
            state.isCancelWanted = true
            return (nil, true)
        }
        waiting?.run(.failure(.taskCancelled))
        if wakes { wake() }
    }

    /// Cancels whatever runs now.
    func cancelCurrent() {
        let runs = state.withLock { state in
            if state.current != nil { state.isCancelWanted = true }
            return state.current != nil
        }
        if runs { wake() }
    }

    /// Lets the thread end after the jobs it already has.
    func stop() {
        state.withLock {
            $0.isStopping = true
            $0.isSleeping = false
        }
        wake()
    }

    var ended: PostgresError? { state.withLock { $0.ended } }
    /// Where the last statement left the server's transaction block.
    var block: ConnectionState.Block { state.withLock { $0.block } }

    /// Whether a pool should not use the connection again.
    var isRetired: Bool { state.withLock { $0.isRetired } }
    func retire() { state.withLock { $0.isRetired = true } }

    // MARK: From the thread

    func next() -> Next {
        state.withLock { state in
            if !state.jobs.isEmpty {
                let job = state.jobs.removeFirst()
                state.current = job.id
                state.isCancelWanted = false
                return .job(job)
            }
            if state.isStopping { return .stop }
            state.isSleeping = true
            return .sleep
        }
    }

    /// Notes that the current job is over; to be called before its caller hears of the result.
    func finishCurrent(block: ConnectionState.Block) {
        state.withLock {
            $0.current = nil
            $0.isCancelWanted = false
            $0.block = block
        }
    }

    /// Whether the current job is to be cancelled; true once.
    func takeCancelWanted() -> Bool {
        state.withLock { state in
            defer { state.isCancelWanted = false }
            return state.isCancelWanted
        }
    }

    /// Ends the mailbox and refuses what still waits in it.
    func end(_ error: PostgresError) {
        let jobs = state.withLock { state in
            if state.ended == nil { state.ended = error }
            defer { state.jobs = [] }
            return state.jobs
        }
        for job in jobs { job.run(.failure(error)) }
    }

    func wake() {
        var one: UInt64 = 1
        // It can only fail when the counter is full, and then the thread is awake anyway.
        _ = write(wakeDescriptor, &one, 8)
    }

    func drainWake() {
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, 8)
    }
}
