import Contracts
import Foundation
import HTTPTypes
import RoutingProcedures
import ServiceKit
import ServiceTestKit
import Testing

@testable import Routing

/// What is wrong with a definition, as the interface tells it.
struct SeenFaults: Decodable {
    struct Fault: Decodable {
        let field: String
        let rule: String
        let line: Int?
        let column: Int?
        let messageVi: String
        let messageEn: String
    }
    let errors: [Fault]
}

struct SeenPublications: Decodable {
    struct Item: Decodable {
        let procedure: String
        let newest: Int
        let versions: [Publication]
    }
    let items: [Item]
}

/// Definitions for tests.
enum TestDefinition {
    static let decision = PublicationDecision(
        number: "15-QĐ/TW", day: Day(containing: TestTimes.start), body: "Ban Mẫu Trung ương")

    /// The definition of the program under another version, with other replacements.
    static func text(
        _ file: String = "official-transfer.yaml", version: Int, _ replacements: [String: String] = [:]
    ) throws -> String {
        var text = try #require(ProcedureCatalogue.texts[file])
        for (old, new) in replacements.merging(["\nversion: 1\n": "\nversion: \(version)\n"], uniquingKeysWith: { $1 })
        {
            try #require(text.contains(old), "the text has no \(old)")
            text = text.replacing(old, with: new)
        }
        return text
    }

    /// One working day for the cell instead of its next meeting.
    static let hastened = ["nextMeeting: { atMostDays: 30 }": "workingDays: 1"]
}

extension RoutingStage {
    /// An operator publishes a definition.
    func publish(
        _ yaml: String, decision: PublicationDecision = TestDefinition.decision, key: String? = nil,
        token: String? = nil
    ) async throws -> TestAnswer {
        let body: JSONValue = [
            "yaml": .string(yaml),
            "decision": [
                "number": .string(decision.number), "day": .string("\(decision.day)"), "body": .string(decision.body),
            ],
        ]
        let bearer = if let token { token } else { try await service.operatorToken() }
        return try await service.call(
            .post, "/v1/procedures", token: bearer, key: key ?? "key-\(ids.next(at: time.now))",
            json: String(decoding: ContractsJSON.encode(body), as: UTF8.self))
    }

    /// What is published.
    func published() async throws -> [SeenPublications.Item] {
        let answer = try await service.call(.get, "/v1/procedures", token: service.operatorToken())
        return try answer.json(SeenPublications.self).items
    }
}
