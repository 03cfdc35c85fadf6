import Contracts
import Foundation
import Logging
import Messaging
import Metrics
import Postgres
import RoutingDomain
import ServiceKit

/// Background work on running cases: a page of them is locked, each is looked at alone, and what came of it is kept
/// and published in one transaction.
///
/// Two processes share the work: a case that one of them holds is skipped by the other. A process that dies leaves
/// nothing half done; what it had locked is found again by the next round.
struct CaseSweep: Sendable {
    let desk: CaseDesk
    /// For the log and the metrics.
    let name: String
    /// The rule: what becomes of a case.
    let rule: @Sendable (RunningCase, Circumstances) throws -> CaseChange

    /// How many cases share a transaction. Each has a savepoint of its own, of which a transaction bears about 60 well.
    static let page = 50

    private var kit: ServiceContext { desk.kit }

    /// What came of a page.
    struct Outcome {
        /// How many rows the query gave: a case stands in it once for each of its turns.
        var rows = 0
        var seen: [DossierID] = []
        /// How many of them the rule changed.
        var changed = 0
        /// The rule could not be applied: the log says why.
        var failed: [DossierID] = []
    }

    /// Works on the locked cases that `query` gives, with their `dossier_id` and `document`.
    func work(_ query: SQL, in transaction: PostgresTransaction) async throws -> Outcome {
        var outcome = Outcome()
        for row in try await transaction.query(query) {
            let id: DossierID = try row.get("dossier_id")
            outcome.rows += 1
            // All its turns were looked at together.
            guard !outcome.seen.contains(id) else { continue }
            outcome.seen.append(id)
            do {
                let changed = try await transaction.savepoint { try await look(at: row, in: transaction) }
                if changed { outcome.changed += 1 }
            } catch let error as PostgresError where error.isRetriable {
                throw error
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                // It would fail each time, and hold up all that comes behind it.
                outcome.failed.append(id)
                report(id, error)
            }
        }
        return outcome
    }

    private func look(at row: PostgresRow, in transaction: PostgresTransaction) async throws -> Bool {
        let before = try CaseStore.running(row)
        let around = try await desk.cases.circumstances(of: before, now: kit.time.now, in: transaction)
        let change = try rule(before, around)
        try desk.cases.keep(
            change, of: before, around, actor: Self.actor, in: transaction,
            publisher: CommandPublisher(outbox: kit.outbox, context: kit.eventContext(), transaction: transaction))
        for event in change.events { try await record(event, of: change.running.dossierId, in: transaction) }
        return change.running != before
    }

    private func record(
        _ event: CaseEvent, of id: DossierID, in transaction: PostgresTransaction
    ) async throws {
        try await kit.audit.record(
            event.auditAction, subject: "\(id)", actor: Self.actor, details: SweepRecord(event), in: transaction)
        transaction.afterCommit { event.count() }
    }

    private func report(_ id: DossierID, _ error: any Error) {
        kit.logger.error(
            "\(name): a case could not be worked on", metadata: ["dossier": "\(id)", "error": "\(error)"])
        Counter(label: "routing.sweep.failed", dimensions: [("job", name)]).increment()
    }

    private static let actor = ServiceName.routing.actor
}

/// What the audit says of something that happened by itself.
private struct SweepRecord: Encodable {
    let step: String?
    let organizationId: OrganizationID?
    let level: DeadlineAlertLevel?

    init(_ event: CaseEvent) {
        switch event {
        case .deadlineAlert(let alert): (step, organizationId) = (alert.step, alert.organizationId)
        case .deadlineMoved(let moved): (step, organizationId) = (moved.step, moved.organizationId)
        case .stepEntered(let entered): (step, organizationId) = (entered.step, entered.organizationId)
        case .unroutable(let vacant): (step, organizationId) = (vacant.step, vacant.organizationId)
        default: (step, organizationId) = (nil, nil)
        }
        level = event.alertLevel
    }
}

extension CaseEvent {
    fileprivate var auditAction: String { Self.shortName(of: payload.typeName) }

    fileprivate var alertLevel: DeadlineAlertLevel? {
        if case .deadlineAlert(let alert) = self { alert.level } else { nil }
    }

    fileprivate func count() {
        Counter(
            label: "routing.sweep.events", dimensions: [("event", auditAction), ("level", alertLevel?.rawValue ?? "")]
        ).increment()
    }
}

extension EventPayload {
    fileprivate var typeName: String { Self.type }
}

extension ServiceName {
    /// How the service signs what it does by itself.
    fileprivate var actor: String { "service:\(rawValue)" }
}
