import Contracts
import Foundation
import Hummingbird
import Messaging
import Postgres
import RoutingDomain
import RoutingProcedures
import ServiceKit

/// `GET` and `POST /v1/procedures`: the definitions that cases run by, and the publication of a further version. Every
/// process uses it from its commit on; running cases keep theirs.
extension CaseDesk {
    func addProcedures(to router: Router<HosoRequestContext>) {
        router.post("/v1/procedures") { request, context in
            let subject = try context.requireOperator().subject
            return try await kit.idempotent(request, context, as: PublicationRequest.self) { body, transaction in
                try await publish(body, by: subject, in: transaction)
            }
        }
        router.get("/v1/procedures") { _, context in
            _ = try context.requireOperator()
            try await settleDefinitions()
            return try Reply.json(.ok, PublicationList(try await Publication.list(in: kit.pool)))
        }
        router.get("/v1/procedures/:procedure/versions/:version") { _, context in
            _ = try context.requireOperator()
            guard let procedure = context.parameters.get("procedure").flatMap({ try? ProcedureCode($0) }),
                let version = context.parameters.get("version").flatMap({ Int($0) })
            else { throw Problem.notFound }
            try await settleDefinitions()
            guard let found = try await Publication.find(procedure, version: version, in: kit.pool) else {
                throw Problem.notFound
            }
            return try Reply.json(.ok, PublicationText(publication: found.publication, yaml: found.yaml))
        }
    }

    /// Sees to it once that the schema has what this program brings along, and tells what differs.
    func settleDefinitions() async throws {
        guard !cases.definitions.isSettled else { return }
        try await kit.pool.transaction { transaction in
            try await Publication.lock(in: transaction)
            try await bringDefinitions(in: transaction)
        }
        try await cases.definitions.compare(in: kit.pool)
        cases.definitions.settle()
    }

    /// Keeps in the schema what this program brings along; the caller holds the lock of publications.
    private func bringDefinitions(in transaction: PostgresTransaction) async throws {
        try await cases.definitions.bring(by: "service:\(kit.service.rawValue)", at: kit.time.now, in: transaction)
    }

    private func publish(
        _ body: PublicationRequest, by subject: String, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let now = kit.time.now
        let decision = try body.decision.checked(today: Day(containing: now))
        let definition: ProcedureDefinition
        do {
            definition = try ProcedureDefinition.read(yaml: body.yaml, file: "yaml")
        } catch {
            throw Problem(error)
        }
        let (procedure, version) = (definition.procedure, definition.version)
        // Of two who publish at once, one sees what the other did.
        try await Publication.lock(in: transaction)
        try await bringDefinitions(in: transaction)
        let standing = try await Publication.find(procedure, version: version, in: transaction)
        let isSame = standing?.yaml == body.yaml
        if let standing, isSame, standing.publication.decision == decision {
            return try .json(.ok, standing.publication)
        }
        let next = try await Publication.newest(of: procedure, in: transaction).map { $0 + 1 } ?? 1
        guard version == next else {
            throw Problem.version(of: body.yaml, isTaken: standing != nil, isSame: isSame, next: next)
        }
        let publication = try await Publication.insert(
            procedure, version: version, yaml: body.yaml, decision, by: subject, at: now, in: transaction)
        try await kit.audit.record(
            "procedure.published", subject: "\(procedure)@\(version)", actor: subject, details: decision,
            in: transaction)
        try NotYet.arrived(Definitions.name(procedure, version: version), now: now, in: transaction)
        return try .json(.created, publication)
    }
}

/// A definition and the decision by which it is published.
private struct PublicationRequest: Decodable, Sendable {
    let yaml: String
    let decision: PublicationDecision.Entry
}

/// What is published, by procedure.
private struct PublicationList: Encodable {
    struct Item: Encodable {
        let procedure: ProcedureCode
        let newest: Int
        /// The newest first.
        let versions: [Publication]
    }

    let items: [Item]

    init(_ published: [Publication]) {
        items = Dictionary(grouping: published, by: \.procedure).sorted { $0.key < $1.key }.compactMap {
            procedure, versions in
            versions.first.map { Item(procedure: procedure, newest: $0.version, versions: versions) }
        }
    }
}

private struct PublicationText: Encodable {
    let publication: Publication
    let yaml: String
}

extension Problem {
    /// What an author is told of a definition that cannot be used.
    fileprivate init(_ faults: ProcedureFileFaults) {
        self.init(
            .unprocessableContent, id: "procedure-definition", vietnamese: "Định nghĩa thủ tục không dùng được",
            english: "The definition of the procedure cannot be used", errors: faults.faults.map(FieldError.init))
    }

    /// What an author is told whose version is not the next one.
    fileprivate static func version(of yaml: String, isTaken: Bool, isSame: Bool, next: Int) -> Problem {
        let text =
            switch (isTaken, isSame) {
            case (true, true):
                LocalizedText(
                    vietnamese: "phiên bản này có cùng nội dung nhưng không theo quyết định này; kế tiếp là \(next)",
                    english: "this version has this text, but not by this decision; the next one is \(next)")
            case (true, false):
                LocalizedText(
                    vietnamese: "phiên bản này đã công bố với nội dung khác; phiên bản kế tiếp là \(next)",
                    english: "this version is published with another text; the next one is \(next)")
            case (false, _):
                LocalizedText(
                    vietnamese: "phải là \(next), kế tiếp phiên bản mới nhất",
                    english: "must be \(next), the next after the newest")
            }
        let faults = ProcedureFileFaults(
            isTaken ? "version.published" : "version.next", at: "version", of: yaml, file: "yaml", text: text)
        return Problem(
            .conflict, id: "procedure-version", vietnamese: "Không phải phiên bản kế tiếp của thủ tục",
            english: "This is not the next version of the procedure", errors: faults.faults.map(FieldError.init))
    }
}

extension FieldError {
    /// What is wrong at a place of a definition.
    fileprivate init(_ fault: ProcedureFileFault) {
        self.init(
            field: fault.path.isEmpty ? "$" : fault.path, rule: fault.rule, vietnamese: fault.text.vietnamese,
            english: fault.text.english, line: fault.line, column: fault.column)
    }
}
