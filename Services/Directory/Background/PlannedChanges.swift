import Contracts
import DirectoryDomain
import Foundation
import Logging
import Metrics
import NIOCore
import Postgres
import ServiceKit

/// Carries out what was planned when its day has come.
struct PlannedChanges: Sendable {
    let desk: DirectoryDesk

    private var kit: ServiceContext { desk.kit }

    /// Everything that is due.
    func run() async throws {
        while try await step() {}
    }

    /// Carries out the next one; false when none is due.
    ///
    /// One that the rules do not allow any more, or whose author lost his role, is refused and kept with the reason: a
    /// person has to decide again.
    func step() async throws -> Bool {
        try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            guard let planned = try await PlannedChangeStore.takeDue(by: desk.today, in: transaction) else {
                return false
            }
            do {
                try await transaction.savepoint { try await carryOut(planned, in: transaction) }
                try await PlannedChangeStore.settle(planned.id, as: .applied, at: kit.time.now, in: transaction)
            } catch let problem as Problem {
                try await refuse(planned, problem, cause: problem, in: transaction)
            } catch let error as PostgresError where error.isRetriable {
                throw error
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                // It would fail each time, and hold up all that is planned behind it.
                try await refuse(planned, .internalError, cause: error, in: transaction)
            }
            return true
        }
    }

    private func carryOut(_ planned: PlannedChange, in transaction: PostgresTransaction) async throws {
        guard let kind = OrganizationCommand.Kind(rawValue: planned.kind) else { throw Problem.notFound }
        let command = try OrganizationCommand(kind, from: ByteBuffer(string: planned.body))
        let visitor = try await author(of: planned, in: transaction)
        _ = try await desk.carryOut(
            command, on: planned.organizationId, by: visitor, from: planned.effectiveOn, in: transaction)
    }

    private func author(of planned: PlannedChange, in session: any PostgresQueryable) async throws -> Visitor {
        if planned.isOperator { return Visitor(planned.author, Authority(.operating, on: desk.today)) }
        guard let id = MemberID(planned.author) else { throw Problem.outsideAuthority }
        return try await desk.visitor(id, in: session)
    }

    private func refuse(
        _ planned: PlannedChange, _ problem: Problem, cause: any Error, in transaction: PostgresTransaction
    ) async throws {
        let text = problem.json(traceID: nil, englishFirst: false)
        try await PlannedChangeStore.settle(
            planned.id, as: .refused, problem: Array(text.utf8), at: kit.time.now, in: transaction)
        transaction.afterCommit {
            kit.logger.error(
                "a planned change could not be carried out; somebody has to decide again",
                metadata: [
                    "organization": "\(planned.organizationId)", "planned_change": "\(planned.id)",
                    "kind": "\(planned.kind)", "problem": "\(problem.id)", "error": "\(cause)",
                ])
            Counter(label: "directory.planned.refused").increment()
        }
    }
}
