import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit

@testable import Messaging
@testable import Routing
@testable import RoutingDomain

/// The parts of a case that tests look at.
struct SeenCase: Decodable, Equatable {
    struct Place: Decodable, Equatable {
        let id: OrganizationID
        let name: String?
    }
    struct Turn: Decodable, Equatable {
        let number: Int
        let step: String
        let organization: Place
        let box: Int?
        let mayAct: Bool
        let due: Deadline
    }
    struct Box: Decodable, Equatable {
        let number: Int
        let text: String
        let signerName: String
    }
    let stage: String
    let version: Int64
    let outcome: String?
    let turn: Turn?
    let boxes: [Box]
}

extension RoutingStage {
    /// A dossier of the member as Intake tells of it.
    func arrive(
        _ procedure: String, _ form: JSONValue, received organization: OrganizationID? = nil
    ) async throws -> DossierID {
        let id: DossierID = ids.next(at: time.now)
        try await deliver(
            DossierSubmitted(
                dossierId: id, code: try DossierCode("A35.11-261120-0009"), procedure: try ProcedureCode(procedure),
                procedureVersion: 1, applicantMemberId: member, enteredByMemberId: member,
                receivingOrganizationId: organization ?? places.communeA, receivedAt: time.now,
                acknowledgedAt: time.now,
                deadline: Deadline(at: time.now, calendarVersion: "test", provisional: false), form: form,
                attachments: []), key: id.value)
        return id
    }

    /// An officer acts, on the case as it stands where nothing else is said.
    func act(
        _ action: String, step: String, on dossier: DossierID, by officer: MemberID, turn: Int? = nil,
        version: Int64? = nil, text: String? = nil, fields: [String: String] = [:], key: String? = nil,
        headers: HTTPFields = [:]
    ) async throws -> TestAnswer {
        let standing = try await CaseStore.read(dossier, in: pool)
        let mine = standing?.turns.first { $0.step == step && officers[$0.organizationId] == officer }
        let seen = turn ?? mine?.number ?? standing?.turns.first { $0.step == step }?.number
        var body: [String: JSONValue] = [
            "action": .string(action), "step": .string(step), "turn": .integer(Int64(seen ?? 1)),
            "version": .integer(version ?? standing?.revision ?? 1),
        ]
        if let text { body["text"] = .string(text) }
        if !fields.isEmpty { body["fields"] = .object(fields.mapValues { .string($0) }) }
        return try await service.call(
            .post, "/v1/cases/\(dossier)/actions", token: service.token(member: officer),
            key: key ?? "key-\(ids.next(at: time.now))", headers: headers,
            json: String(decoding: ContractsJSON.encode(JSONValue.object(body)), as: UTF8.self))
    }

    /// Lets each officer on the way act in turn, as they would over HTTP.
    @discardableResult
    func walk(_ dossier: DossierID, until last: OrganizationID? = nil) async throws -> SeenCase {
        var seen = try await see(dossier, by: member)
        while let turn = seen.turn, turn.organization.id != last {
            let action = turn.step == "admit" ? "admit" : "approve"
            let answer = try await act(
                action, step: turn.step, on: dossier, by: officer(turn.organization.id), turn: turn.number)
            guard answer.status == .ok else { throw StageFault.unread }
            seen = try answer.json()
        }
        return seen
    }

    /// The case as a member sees it.
    func see(_ dossier: DossierID, by member: MemberID) async throws -> SeenCase {
        try await service.call(.get, "/v1/cases/\(dossier)", token: service.token(member: member)).json()
    }

    /// The types of the events of a case that were written to the outbox, in order of their versions.
    func events(of dossier: DossierID) async throws -> [String] {
        try await pool.query("SELECT type FROM outbox WHERE key = \(dossier) ORDER BY version").map {
            try $0.get("type", as: String.self)
                .replacingOccurrences(of: "hoso.case.", with: "").replacingOccurrences(of: ".v1", with: "")
        }
    }

    /// The last event of a type.
    func last<Payload: EventPayload>(_ type: Payload.Type, of dossier: DossierID) async throws -> Payload {
        let row = try await pool.queryOne(
            """
            SELECT data FROM outbox WHERE key = \(dossier) AND type = \(Payload.type)
            ORDER BY version DESC LIMIT 1
            """)
        return try ContractsJSON.decode(from: row.get("data", as: [UInt8].self))
    }

    func count(_ table: String) async throws -> Int64 {
        try await pool.queryOne("SELECT count(*) AS n FROM \(identifier: table)").get("n")
    }
}
