import Logging

/// The thread of one connection: it connects, works through its mailbox, and ends.
struct ConnectionThread: Sendable {
    let mailbox: Mailbox
    let parameters: ConnectionParameters
    let configuration: PostgresConfiguration
    let logger: Logger
    /// Hears once whether the connection stands; with the number of the server's process.
    let opened: @Sendable (Result<Int32, PostgresError>) -> Void
    /// Hears once that a connection that stood is gone: why it was lost, or nil when it was closed.
    let ended: @Sendable (PostgresError?) -> Void
    let notified: @Sendable (PostgresNotification) -> Void

    /// Starts the thread.
    func start() {
        let started = OwnThread.start(name: "postgres") { run() }
        if !started {
            let error = PostgresError(.connection, "the system gives no more threads")
            mailbox.end(error)
            opened(.failure(error))
        }
    }

    private func run() {
        let wire: Wire
        do throws(PostgresError) {
            wire = try Wire(parameters, configuration: configuration, mailbox: mailbox)
        } catch {
            mailbox.end(error)
            opened(.failure(error))
            return
        }
        logger.debug("database connection opened", metadata: ["process": "\(wire.processID)"])
        opened(.success(wire.processID))
        let end = work(wire)
        mailbox.end(end ?? PostgresError(.connection, "the connection is closed"))
        ended(end)
    }

    /// Works until the connection is lost or closed; the answer is why it was lost.
    private func work(_ wire: Wire) -> PostgresError? {
        while true {
            switch mailbox.next() {
            case .job(let job):
                job.run(.success(wire))
            case .sleep:
                guard wire.idle() else { return wire.lost() }
            case .stop:
                return nil
            }
            wire.takeNotifications().forEach(notified)
            if wire.isBroken { return wire.lost() }
        }
    }
}
