import CLibPQ
import Glibc
import Synchronization

/// One request to the server to cancel the statement that runs.
///
/// PQcancel opens a connection of its own and blocks until the server has read the request, so it runs on a thread of
/// its own. The connection starts nothing new until `isDone`: the server raises the signal before it closes that
/// connection, and ignores it when idle, so the next statement cannot be hit.
///
/// `@unchecked Sendable`: the PGcancel is written once before the thread starts, libpq allows PQcancel from any
/// thread, and it is freed in `deinit`, when neither side holds it any more.
final class CancelRequest: @unchecked Sendable {
    private let handle: OpaquePointer
    private let mailbox: Mailbox
    private let done = Atomic(false)

    /// Sends the request for what runs on this connection now; nil when the connection is gone.
    init?(_ connection: OpaquePointer, mailbox: Mailbox) {
        guard let handle = PQgetCancel(connection) else { return nil }
        self.handle = handle
        self.mailbox = mailbox
        let started = OwnThread.start(name: "pg-cancel") { [self] in send() }
        if !started { done.store(true, ordering: .releasing) }
    }

    deinit { PQfreeCancel(handle) }

    var isDone: Bool { done.load(ordering: .acquiring) }

    private func send() {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
            // A failure needs no answer here: the connection gives up at its own deadline.
            _ = PQcancel(handle, message.baseAddress, 256)
        }
        done.store(true, ordering: .releasing)
        mailbox.wake()
    }
}
