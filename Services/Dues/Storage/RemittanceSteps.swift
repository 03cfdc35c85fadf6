import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit

/// What people do with a remittance, each step with its trail, postings and event in one transaction.
struct RemittanceSteps: Sendable {
    let kit: ServiceContext

    /// What a step says beside who took it.
    struct Note: Sendable {
        var reference: String?
        var reason: String?
        /// Whether the money came as cash, which the cash-books tell of.
        var inCash = false
    }

    /// The remittance, locked until the transaction ends.
    static func locked(
        _ id: RemittanceID, in transaction: PostgresTransaction
    ) async throws -> RemittanceRow? {
        try await transaction.queryOptional("SELECT * FROM remittances WHERE remittance_id = \(id) FOR UPDATE")
            .map(RemittanceRow.init)
    }

    /// Takes the step, or throws that it cannot be taken in this state.
    func take(
        _ trigger: RemittanceTrigger, _ row: RemittanceRow, _ note: Note, by officer: MemberID, actor: String,
        in transaction: PostgresTransaction
    ) async throws -> RemittanceRow {
        guard let state = RemittanceGraph.state(after: trigger, in: row.state), let superior = row.superiorId else {
            throw Problem.remittanceState(row.state, trigger)
        }
        let context = kit.eventContext()
        let changed = try await transaction.pipeline([
            """
            UPDATE remittances SET state = \(state), version = version + 1,
                paid_by = \(trigger == .reported ? officer : row.paidBy)
            WHERE remittance_id = \(row.remittanceId) RETURNING *
            """,
            """
            INSERT INTO remittance_steps (remittance_id, version, trigger, state, actor, reference, reason, at)
            VALUES (\(row.remittanceId), \(row.version + 1), \(trigger), \(state), \(actor), \(note.reference),
                \(note.reason), \(context.now))
            """,
        ])
        if state == .acknowledged {
            var ledger = LedgerRows()
            let holder = row.superiorHolderId ?? superior
            ledger.add(
                Posting.acknowledgement(
                    row.passed, from: row.organizationId, to: superior,
                    holders: (note.inCash ? holder : row.holderId, holder)),
                remittance: row.remittanceId, now: context.now, ids: kit.ids)
            if let insertion = ledger.insertion(at: context.now) { try await transaction.execute(insertion) }
            try await kit.outbox.append(
                RemittanceAcknowledged(
                    remittanceId: row.remittanceId, fromOrganizationId: row.organizationId,
                    toOrganizationId: superior, month: row.month, passed: row.passed, how: .confirmed,
                    acknowledgedAt: context.now),
                key: row.remittanceId.value, version: row.version + 1, context: context, in: transaction)
        }
        try await kit.audit.record(
            "remittance.\(trigger.rawValue)", subject: "\(row.remittanceId)", actor: actor,
            details: ["month": row.month.text, "passed": "\(row.passed.amount)"], in: transaction)
        guard let after = changed[0].rows.first else { throw Problem.notFound }
        return try RemittanceRow(row: after)
    }
}

extension Problem {
    /// The step has no way out of the state.
    static func remittanceState(_ state: RemittanceState, _ trigger: RemittanceTrigger) -> Problem {
        Problem(
            .conflict, id: "remittance-state", vietnamese: "Khoản trích nộp không ở trạng thái phù hợp",
            english: "The remittance does not stand where this can be done",
            errors: [
                FieldError(
                    field: "state", rule: "remittance.\(trigger.rawValue)",
                    vietnamese: "Khoản trích nộp đang ở trạng thái \(state.words.vietnamese).",
                    english: "The remittance is \(state.words.english).")
            ])
    }
}
