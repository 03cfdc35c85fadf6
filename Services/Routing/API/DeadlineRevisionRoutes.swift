import Contracts
import Foundation
import Hummingbird
import Logging
import Postgres
import RoutingDomain
import ServiceKit
import WorkingTime

/// `GET` and `POST /v1/deadline-revisions`: what the present calendar makes of the open deadlines, and its approval.
extension CaseDesk {
    func addDeadlineRevisions(to router: Router<HosoRequestContext>) {
        router.get("/v1/deadline-revisions") { request, context in
            _ = try context.requireOperator()
            let limit = try Query.limit(request)
            let mark = try Query.value("after", request, OpenDeadlines.Mark.init)
            return try Reply.json(.ok, try await revisions(after: mark, limit: limit))
        }
        router.post("/v1/deadline-revisions") { request, context in
            let subject = try context.requireOperator().subject
            return try await kit.idempotent(request, context, as: ApprovalRequest.self) { body, transaction in
                try await approve(body.calendarVersion, by: subject, in: transaction)
            }
        }
    }

    /// What would change, case by case; nothing is changed.
    private func revisions(after mark: OpenDeadlines.Mark?, limit: Int) async throws -> RevisionList {
        let version = cases.reader.calendar.version
        return try await kit.pool.transaction(TransactionOptions(isReadOnly: true)) { transaction in
            let marks = try await OpenDeadlines.behind(version, after: mark, limit: limit + 1, in: transaction)
            var items: [RevisionList.Item] = []
            var unreadable: [DossierID] = []
            for mark in marks.prefix(limit) {
                do {
                    if let item = try await revision(at: mark, in: transaction) { items.append(item) }
                } catch let error as PostgresError {
                    throw error
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    // One that cannot be computed hides no other.
                    unreadable.append(mark.dossierId)
                    kit.logger.error(
                        "the deadline of a case cannot be computed",
                        metadata: ["dossier": "\(mark.dossierId)", "error": "\(error)"])
                }
            }
            return RevisionList(
                calendarVersion: version, approval: try await CalendarApproval.read(version, in: transaction),
                items: items, unreadable: unreadable, next: marks.count > limit ? marks.prefix(limit).last?.text : nil)
        }
    }

    /// What would change of one turn; nil when nothing does.
    private func revision(
        at mark: OpenDeadlines.Mark, in transaction: PostgresTransaction
    ) async throws -> RevisionList.Item? {
        guard let running = try await CaseStore.read(mark.dossierId, in: transaction),
            let turn = running.turns.first(where: { $0.number == mark.turn })
        else { return nil }
        let around = try await cases.circumstances(of: running, now: kit.time.now, in: transaction)
        return try RevisionList.Item(turn, of: running, around)
    }

    private func approve(
        _ version: String, by subject: String, in transaction: PostgresTransaction
    ) async throws -> Reply {
        // What was seen is what is applied: another calendar than that of this process was not listed here.
        guard version == cases.reader.calendar.version else {
            throw Problem.conflict.with(
                vietnamese: "Dịch vụ đang dùng lịch làm việc khác.", english: "The service runs on another calendar.")
        }
        try await CalendarApproval.give(version, by: subject, at: kit.time.now, in: transaction)
        try await kit.audit.record("calendar.approved", subject: version, actor: subject, in: transaction)
        return try .json(.accepted, try await CalendarApproval.read(version, in: transaction))
    }
}

private struct ApprovalRequest: Decodable, Sendable {
    let calendarVersion: String
}

/// What the present calendar makes of the open deadlines.
struct RevisionList: Encodable {
    struct Item: Encodable {
        let dossierId: DossierID
        let code: DossierCode
        let procedure: ProcedureCode
        let step: String
        let turn: Int
        let organizationId: OrganizationID
        let before: Deadline
        let after: Deadline

        /// - Returns: nil for a turn whose deadline stays as it is.
        init?(_ turn: RunningCase.Turn, of running: RunningCase, _ around: Circumstances) throws {
            guard let revision = try DeadlineRevision.of(turn, in: around) else { return nil }
            dossierId = running.dossierId
            code = running.code
            procedure = running.procedure
            step = turn.step
            self.turn = turn.number
            organizationId = turn.organizationId
            before = revision.before
            after = revision.after
        }
    }

    /// The calendar of the process that answers.
    let calendarVersion: String
    /// Absent until the calendar is approved.
    let approval: CalendarApproval?
    let items: [Item]
    /// Cases whose deadlines cannot be computed: their definition or their member is unknown here. The log says more.
    let unreadable: [DossierID]
    /// Give it as `after` for the next page; absent on the last one.
    let next: String?
}

extension OpenDeadlines.Mark {
    /// Reads a mark that `text` wrote.
    init?(_ text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count >= 3, let turn = Int32(parts[parts.count - 1]),
            let id = DossierID(String(parts[parts.count - 2]))
        else { return nil }
        // The name of a calendar may hold the separator too.
        self.init(calendar: parts.dropLast(2).joined(separator: "_"), dossierId: id, turn: Int(turn))
    }

    var text: String { "\(calendar)_\(dossierId)_\(turn)" }
}
