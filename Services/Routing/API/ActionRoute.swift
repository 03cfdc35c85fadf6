import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import Metrics
import Postgres
import RoutingDomain
import ServiceKit

/// `POST /v1/cases/{dossierId}/actions`: an officer acts in the present turn.
extension CaseDesk {
    func addActions(to router: Router<HosoRequestContext>) {
        router.post("/v1/cases/:dossierId/actions") { request, context in
            let member = try context.requireMember()
            let id = try caseID(context, "dossierId")
            let preference = AnswerPreference(in: request.headers)
            return try await kit.idempotent(request, context, as: ActionRequest.self) { body, transaction in
                try requireFreshRoles()
                return try await act(body, on: id, by: member.id, preference, in: transaction)
            }
        }
    }

    private func act(
        _ body: ActionRequest, on id: DossierID, by member: MemberID, _ preference: AnswerPreference,
        in transaction: PostgresTransaction
    ) async throws -> Reply {
        let now = kit.time.now
        let (officer, locked) = try await officer(member, andCase: id, in: transaction)
        let command = CaseCommand.act(
            OfficerAction(
                officer: officer, action: body.action, step: body.step, turn: body.turn, version: body.version,
                text: body.text, fields: body.fields ?? [:]))
        let publisher = CommandPublisher(outbox: kit.outbox, context: kit.eventContext(), transaction: transaction)
        do {
            let (running, around, stayChange) = try await cases.apply(
                command, to: locked, actor: "\(member)", now: now, in: transaction, publisher: publisher)
            try transaction.enqueue(
                kit.audit.statement(
                    "case.acted", subject: "\(id)", actor: "\(member)",
                    details: ActionRecord(
                        step: body.step, action: body.action, version: running.version,
                        forMemberId: running.principal(of: member, at: now))))
            if let stayChange {
                try transaction.enqueue(
                    kit.audit.statement(
                        "case.stay-changed", subject: "\(stayChange.dossierId)", actor: "\(member)",
                        details: ["requestDossierId": "\(id)", "until": stayChange.until.text]))
            }
            count("done")
            switch preference {
            case .representation: return try .json(.ok, CaseView(running, around: around, for: officer))
            case .minimal:
                return try .json(.ok, ActionOutcome(running), headers: [.preferenceApplied: "return=minimal"])
            }
        } catch let refusal as Refusal {
            count(refusal.rule)
            // Who comes too late is told what happened meanwhile.
            guard refusal.kind == .conflict else { throw Problem(refusal) }
            let changes = try await CaseChanges.since(body.version, of: id, in: transaction)
            throw Problem(refusal).with(errors: changes.map(\.told))
        } catch is NotYet {
            // The copy of the directory is being rebuilt.
            throw Problem.projectionStale
        }
    }

    private func count(_ outcome: String) {
        Counter(label: "routing.actions", dimensions: [("outcome", outcome)]).increment()
    }
}

/// What an officer sends: what he does, and the turn and the version of the case that he saw when he decided.
struct ActionRequest: Decodable, Sendable {
    let action: String
    let step: String
    let turn: Int
    let version: Int64
    let text: String?
    let fields: [String: String]?
}

/// What an officer is told who works off a list (`Prefer: return=minimal`).
private struct ActionOutcome: Encodable {
    struct Turn: Encodable {
        let number: Int
        let step: String
        let organizationId: OrganizationID
    }

    let dossierId: DossierID
    /// As the whole case says it.
    let version: Int64
    let stage: RunningCase.Stage
    let outcome: String?
    /// Whose turn it is now.
    let turns: [Turn]

    init(_ running: RunningCase) {
        dossierId = running.dossierId
        version = running.revision
        stage = running.stage
        outcome = running.outcome
        turns = running.turns.map { Turn(number: $0.number, step: $0.step, organizationId: $0.organizationId) }
    }
}

/// What the audit row says of an action.
private struct ActionRecord: Encodable {
    let step: String
    let action: String
    let version: Int64
    /// The absent officer for whom was acted.
    let forMemberId: MemberID?
}
