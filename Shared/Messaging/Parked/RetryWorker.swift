import Contracts
import Foundation
import Logging
import Postgres

/// Tries waiting and retried messages again, key by key and in order.
struct RetryWorker: Sendable {
    let processor: BatchProcessor
    let logger: Logger
    /// How often due keys are looked for when nothing wakes the worker.
    let poll: Duration

    private var parked: ParkedStore { ParkedStore(consumer: processor.definition.name) }

    /// Works for ever; ends on cancellation.
    func run() async {
        var backoff = Backoff()
        while !Task.isCancelled {
            do {
                while try await retryOne() { try Task.checkCancellation() }
                backoff.reset()
                await processor.retryDue.wait(atMost: poll)
            } catch {
                guard !Task.isCancelled else { return }
                logger.warning("retry stopped", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    /// Works on one due key; answers whether there was one.
    ///
    /// A key whose message fails by the surroundings lets the others go first next time: it may be the only one that
    /// they trouble.
    func retryOne() async throws -> Bool {
        do {
            return try await work()
        } catch let trouble as KeyTrouble {
            let next = processor.time.now + processor.rules.retryPause(afterAttempts: trouble.key.attempts)
            try await parked.delay(trouble.key, to: next, in: processor.pool)
            throw trouble.cause
        }
    }

    private func work() async throws -> Bool {
        try await processor.pool.transaction { transaction in
            let now = processor.time.now
            guard let key = try await parked.nextDue(now: now, in: transaction) else { return false }
            let messages = try await parked.open(key, limit: processor.rules.savepoints, in: transaction)
            let arrivals = Arrivals()
            for message in messages {
                let fault = try await retry(message, in: transaction, arrivals: arrivals, now: now)
                if case .surroundings(let cause)? = fault { throw KeyTrouble(key: key, cause: cause) }
                if let fault {
                    try await keep(key, message, fault, now: now, in: transaction)
                    try ParkedStore.announce(arrivals.take(), now: now, in: transaction)
                    return true
                }
                try await parked.settle([message.id], as: "applied", by: nil, now: now, in: transaction)
            }
            // A full page may have more behind it: the key stays due.
            if messages.count < processor.rules.savepoints { try await parked.free(key, in: transaction) }
            try ParkedStore.announce(arrivals.take(), now: now, in: transaction)
            return true
        }
    }

    private func retry(
        _ message: StoredMessage, in transaction: PostgresTransaction, arrivals: Arrivals, now: Date
    ) async throws -> FaultKind? {
        switch processor.definition.read(message.record) {
        case .poison(_, _, let fault): return .message(fault)
        // The release that parked it knew the type, and its id is in the inbox: skipped now, it would be lost.
        case .unknown:
            return .message(MessageFault(code: "type.unknown", reason: "this release does not know the type"))
        case .known(let envelope, let effect):
            let scope = processor.scope(of: envelope, in: transaction, arrivals: arrivals, now: now)
            return await processor.attempt(effect, scope)
        }
    }

    private func keep(
        _ key: ParkedKey, _ message: StoredMessage, _ fault: FaultKind, now: Date, in transaction: PostgresTransaction
    ) async throws {
        switch fault {
        case .surroundings(let error): throw error
        case .message(let fault):
            try await parked.note(fault, on: message.id, in: transaction)
            try await park(key, message, fault, now: now, in: transaction)
        case .notYet(let notYet):
            let deadline = key.waitUntil ?? now + processor.rules.waitAtMost
            if now >= deadline, processor.parkingGuard.admitsOne() {
                let fault = MessageFault(code: "not-yet.deadline", reason: notYet.description)
                try await parked.note(fault, on: message.id, in: transaction)
                return try await park(key, message, fault, now: now, in: transaction)
            }
            let next = now + processor.rules.retryPause(afterAttempts: key.attempts)
            try await parked.postpone(
                key,
                to: .waiting(
                    for: notYet.waitingFor, until: deadline, nextAttempt: now < deadline ? min(deadline, next) : next),
                in: transaction)
        }
    }

    private func park(
        _ key: ParkedKey, _ message: StoredMessage, _ fault: MessageFault, now: Date,
        in transaction: PostgresTransaction
    ) async throws {
        try await parked.postpone(key, to: .untilAsked, in: transaction)
        // It said so when it was parked first; a message that only waited until now is news.
        guard key.isWaiting else { return }
        let news = ParkedMessage(
            record: message.record, clusterID: "", id: message.eventID, type: nil, fault: fault)
        try await processor.announceParked(news, attempt: key.attempts, now: now, in: transaction)
    }
}

/// The surroundings failed while a key was worked on.
private struct KeyTrouble: Error {
    let key: ParkedKey
    let cause: any Error
}
