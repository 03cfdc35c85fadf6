import Contracts
import Foundation
import Logging
import Messaging
import Metrics
import Postgres
import ServiceKit
import ServiceLifecycle
import SigningDomain

/// Does the jobs that wait, one after the other on each of its hands; other processes do the same beside it.
struct SigningWorker: Service {
    let kit: ServiceContext
    let issuing: Issuing
    /// What is done while no result waits.
    let receipts: ReceiptWork
    let schedule: RetrySchedule
    let wakeUp: WakeUp
    /// How many jobs are worked on at once.
    let hands: Int

    func run() async throws {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // A call can be lost with the process that made it, and postponed jobs call nobody.
                await repeatUntilShutdown(every: .milliseconds(500), logger: kit.logger, name: "signing.poll") {
                    wakeUp.call()
                }
            }
            group.addTask {
                await cancelWhenGracefulShutdown {
                    for await _ in wakeUp.calls {
                        do {
                            try await drain()
                        } catch is CancellationError {
                            return
                        } catch {
                            kit.logger.warning("signing failed", metadata: ["error": "\(error)"])
                        }
                    }
                }
            }
        }
    }

    /// Works until nothing waits any more.
    func drain() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<hands {
                group.addTask {
                    while try await step() { try Task.checkCancellation() }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Does one job, of a result before that of a receipt; false when none waits.
    func step() async throws -> Bool {
        if try await issueResult() { return true }
        return try await receipts.step()
    }

    /// The job's lock is held from here to the commit. What fails is undone to the savepoint, and the failure is
    /// written under the same lock.
    private func issueResult() async throws -> Bool {
        try await kit.pool.transaction { transaction in
            guard let taking = try await JobStore.take(now: kit.time.now, in: transaction) else { return false }
            guard case .job(let job) = taking else {
                if case .unreadable(let job, let cause) = taking { try await setAside(job, cause, in: transaction) }
                return true
            }
            let failed = try await FailedAttempt.of(transaction) {
                let result = try await issuing.issue(job, in: transaction)
                try await JobStore.finish(job.key, .issued, now: kit.time.now, in: transaction)
                note("issued", job.key, ["result": "\(result.resultId)", "bytes": "\(result.size)"])
            }
            if let failed { try await fail(job, failed.failure, cause: failed.cause, in: transaction) }
            return true
        }
    }

    /// A job that cannot be read would be the first to be taken for ever: it makes way, and a person is called. The case
    /// hears that its result is late.
    private func setAside(_ job: JobKey, _ cause: any Error, in transaction: PostgresTransaction) async throws {
        let now = kit.time.now
        let reason = "request-unreadable"
        try await JobStore.finish(job, .unreadable, reason: reason, now: now, in: transaction)
        try await announce(reason, of: job, isFinal: false, now: now, in: transaction)
        kit.logger.error(
            "a signature job cannot be read and was set aside",
            metadata: [
                "dossier": "\(job.dossierId)", "documentType": "\(job.documentType)", "version": "\(job.version)",
                "error": "\(cause)",
            ])
        note(reason, job, [:])
    }

    private func fail(
        _ job: TakenJob, _ failure: JobFailure, cause: any Error, in transaction: PostgresTransaction
    ) async throws {
        let now = kit.time.now
        switch schedule.consequence(of: failure, attempt: job.attempts + 1, now: now) {
        case .giveUp:
            try await JobStore.finish(job.key, .failed, reason: failure.reason, now: now, in: transaction)
            try await announce(failure.reason, of: job.key, isFinal: true, now: now, in: transaction)
        case .retry(let moment, let announced):
            try await JobStore.postpone(job.key, to: moment, reason: failure.reason, in: transaction)
            if announced { try await announce(failure.reason, of: job.key, isFinal: false, now: now, in: transaction) }
        }
        kit.logger.warning(
            "a result could not be issued",
            metadata: [
                "dossier": "\(job.request.dossierId)", "reason": "\(failure.reason)", "attempt": "\(job.attempts + 1)",
                "error": "\(cause)",
            ])
        note(failure.reason, job.key, [:])
    }

    private func announce(
        _ reason: String, of job: JobKey, isFinal: Bool, now: Date, in transaction: PostgresTransaction
    ) async throws {
        let version = try await RegisterStore.countEvent(of: job.dossierId, in: transaction)
        let event = ResultFailed(
            dossierId: job.dossierId, documentType: job.documentType, version: job.version,
            issuingOrganizationId: job.issuingOrganizationId, reason: reason, final: isFinal, failedAt: now)
        try await kit.outbox.append(
            event, key: job.dossierId.value, version: version,
            context: EventContext(now: now, traceparent: job.traceparent, ids: kit.ids), in: transaction)
    }

    private func note(_ outcome: String, _ job: JobKey, _ metadata: Logger.Metadata) {
        Counter(label: "signing.jobs", dimensions: [("outcome", outcome)]).increment()
        guard outcome == "issued" else { return }
        kit.logger.info(
            "a result was issued", metadata: metadata.merging(["dossier": "\(job.dossierId)"]) { $1 })
    }
}
