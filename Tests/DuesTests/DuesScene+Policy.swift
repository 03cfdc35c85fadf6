import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Dues

extension DuesScene {
    struct PolicyList: Decodable, Sendable {
        struct Item: Decodable, Sendable {
            struct Decision: Decodable, Sendable {
                let number: String
            }

            let version: Int
            let state: String
            let decision: Decision?
        }

        let inForce: Int
        let items: [Item]
    }

    /// The bundled document with another minimum wage in region I.
    static func policy(minimum: Int64) throws -> JSONValue {
        guard
            case .object(var document) = try ContractsJSON.decode(JSONValue.self, from: DuesPolicyBook.bundledDocument),
            var minima = document["minima"]?.array, case .object(var first) = minima[0],
            case .object(var amounts) = first["amounts"]
        else { throw CancellationError() }
        amounts["I"] = .integer(minimum)
        first["amounts"] = .object(amounts)
        minima[0] = .object(first)
        document["minima"] = .array(minima)
        return .object(document)
    }

    /// The same document with another value in its first version of the rates.
    static func replacing(_ document: JSONValue, _ name: String, _ value: JSONValue) -> JSONValue {
        guard case .object(var parts) = document, var rates = parts["rates"]?.array, case .object(var first) = rates[0]
        else { return document }
        first[name] = value
        rates[0] = .object(first)
        parts["rates"] = .array(rates)
        return .object(parts)
    }

    func get(_ path: String) async throws -> TestAnswer {
        try await service.call(.get, path, token: try await service.operatorToken())
    }

    func post(_ path: String, _ json: String = "{}", by name: String = "author") async throws -> TestAnswer {
        try await service.call(
            .post, path, token: try await service.operatorToken(name), key: UUID().uuidString, json: json)
    }

    @discardableResult
    func propose(_ document: JSONValue, on day: String = "2026-11-20") async throws -> TestAnswer {
        let text = String(decoding: try ContractsJSON.encode(document), as: UTF8.self)
        let decision = #"{"number": "12-QĐ/TW", "day": "\#(day)", "body": "Ban Mẫu"}"#
        return try await post("/v1/policies", #"{"document": \#(text), "decision": \#(decision)}"#)
    }

    func approve(_ version: Int, by name: String = "second") async throws -> TestAnswer {
        try await post("/v1/policies/\(version)/approval", by: name)
    }

    func startComparison(_ version: Int, _ month: String) async throws {
        let answer = try await post("/v1/policies/\(version)/comparisons", #"{"month": "\#(month)"}"#)
        #expect(answer.status == .accepted, "\(answer.text)")
    }

    /// Compares a version with the one in force, to the end.
    @discardableResult
    func compare(_ version: Int, _ month: String) async throws -> ComparisonShape {
        try await startComparison(version, month)
        try await parts.comparer.drain()
        return try await get("/v1/policies/\(version)/comparison?month=\(month)").json()
    }

    struct ComparisonShape: Decodable, Sendable {
        struct Category: Decodable, Sendable {
            let category: DuesCategory?
            let sums: PolicyComparison.Sums
        }

        let state: String
        let members: Int
        let total: PolicyComparison.Sums
        let categories: [Category]
        let assessedMonthsChanged: [String]
    }

    func startRun(_ month: String) async throws {
        let answer = try await post("/v1/assessment-runs", #"{"month": "\#(month)"}"#)
        #expect(answer.status == .accepted, "\(answer.text)")
    }

    /// What a member owes, by month.
    func amounts(of member: MemberID) async throws -> [String: Int64] {
        let rows = try await pool.query("SELECT month, amount FROM assessments WHERE member_id = \(member)")
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.get("month"), try $0.get("amount")) })
    }

    func distinctAmounts() async throws -> [Int64] {
        try await pool.query("SELECT DISTINCT amount FROM assessments ORDER BY amount").map { try $0.get("amount") }
    }
}
