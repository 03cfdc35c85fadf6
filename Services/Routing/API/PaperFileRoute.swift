import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import Postgres
import RoutingDomain
import ServiceKit

/// `POST /v1/cases/{dossierId}/paper-file`: an officer records what became of the sealed paper file that the member
/// carries. It is nobody's turn, and may be recorded after the case is over.
extension CaseDesk {
    func addPaperFile(to router: Router<HosoRequestContext>) {
        router.post("/v1/cases/:dossierId/paper-file") { request, context in
            let member = try context.requireMember()
            let id = try caseID(context, "dossierId")
            return try await kit.idempotent(request, context, as: PaperFileRequest.self) { body, transaction in
                try requireFreshRoles()
                return try await record(body, on: id, by: member.id, in: transaction)
            }
        }
    }

    private func record(
        _ body: PaperFileRequest, on id: DossierID, by member: MemberID, in transaction: PostgresTransaction
    ) async throws -> Reply {
        // Who may not look at the case records nothing in it.
        let (_, officer) = try await entitled(member, to: id, in: transaction)
        let command = CaseCommand.recordPaperFile(
            PaperFileEntry(
                officer: officer, state: body.state, on: body.on, text: body.text, reference: body.reference,
                police: body.police))
        do {
            guard
                let (running, around, _) = try await cases.apply(
                    command, to: id, actor: "\(member)", now: kit.time.now, in: transaction,
                    publisher: CommandPublisher(
                        outbox: kit.outbox, context: kit.eventContext(), transaction: transaction))
            else { throw Problem.notFound }
            try transaction.enqueue(
                kit.audit.statement(
                    "case.paper-file-recorded", subject: "\(id)", actor: "\(member)",
                    details: PaperFileAudit(running, body)))
            return try .json(.ok, CaseView(running, around: around, for: officer))
        } catch let refusal as Refusal {
            throw Problem(refusal)
        } catch is NotYet {
            // The copy of the directory is being rebuilt.
            throw Problem.projectionStale
        }
    }
}

/// What an officer sends.
private struct PaperFileRequest: Decodable, Sendable {
    let state: PaperFileState
    /// The day on which it happened.
    let on: Day
    let text: String?
    let reference: String?
    let police: String?

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// - Throws: `InvalidValue` also for a field that there is none of: a misspelt one would be lost for good.
    init(from decoder: any Decoder) throws {
        let given = try decoder.container(keyedBy: Key.self)
        func key(_ name: String) -> Key { Key(stringValue: name) }
        let known = ["state", "on", "text", "reference", "police"]
        if let stray = given.allKeys.map(\.stringValue).sorted().first(where: { !known.contains($0) }) {
            throw InvalidValue(
                field: stray, rule: "field.unknown", vietnamese: "Không có trường này.",
                english: "There is no such field.")
        }
        guard let state = PaperFileState(rawValue: try given.decode(String.self, forKey: key("state"))) else {
            let words = PaperFileState.allCases.map(\.rawValue).joined(separator: ", ")
            throw InvalidValue(
                field: "state", rule: "word.unknown", vietnamese: "Phải là một trong: \(words).",
                english: "Must be one of: \(words).")
        }
        self.state = state
        on = try given.decode(Day.self, forKey: key("on"))
        text = try given.decodeIfPresent(String.self, forKey: key("text"))
        reference = try given.decodeIfPresent(String.self, forKey: key("reference"))
        police = try given.decodeIfPresent(String.self, forKey: key("police"))
    }
}

/// What the audit row says of a record: never its text.
private struct PaperFileAudit: Encodable {
    let state: PaperFileState
    let on: Day
    let version: Int64
    let organizationId: OrganizationID?
    /// The absent officer for whom was acted.
    let forMemberId: MemberID?

    init(_ running: RunningCase, _ body: PaperFileRequest) {
        let last = running.paperFile?.records.last
        (state, on, version) = (body.state, body.on, running.version)
        (organizationId, forMemberId) = (last?.organizationId, last?.forMemberId)
    }
}
