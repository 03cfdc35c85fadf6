import Contracts
import Foundation
import HTTPTypes
import Kafka
import NIOCore
import Postgres
import Testing

@testable import ServiceKit

@Suite("Problems")
struct ProblemTests {
    @Test("a problem is RFC 9457 with both languages, and the language asked for comes first")
    func json() throws {
        let problem = Problem.invalidFields.with(vietnamese: "Chi tiết", english: "Detail").with(errors: [
            FieldError(field: "form.name", rule: "missing", vietnamese: "Thiếu", english: "Missing")
        ])
        struct Shape: Decodable {
            struct Fault: Decodable {
                var field: String
                var rule: String
                var message: String
                var messageVi: String
                var messageEn: String
            }
            var type: String
            var status: Int
            var title: String
            var titleVi: String
            var titleEn: String
            var detail: String
            var traceId: String
            var errors: [Fault]
        }
        let shape = try JSONDecoder().decode(
            Shape.self, from: Data(problem.json(traceID: "abc", englishFirst: true).utf8))
        #expect(shape.type == "urn:hoso:problem:invalid-fields" && shape.status == 422)
        #expect(shape.title == shape.titleEn && shape.titleVi != shape.titleEn && shape.detail == "Detail")
        #expect(shape.traceId == "abc")
        #expect(shape.errors.first?.message == "Missing" && shape.errors.first?.messageVi == "Thiếu")
    }

    @Test(
        "the language is chosen by Accept-Language, Vietnamese unless English stands first",
        arguments: [
            (nil, false), ("vi", false), ("en", true), ("en-US,en;q=0.9", true), ("vi,en;q=0.8", false),
            ("vi;q=0.2, en;q=0.9", true), ("fr", false), ("*", false), ("en;q=abc", true),
        ] as [(String?, Bool)])
    func language(header: String?, english: Bool) {
        #expect(Problem.prefersEnglish(header) == english)
    }

    @Test("errors of the surroundings say that trying again may help")
    func mapping() {
        #expect(Problem(describing: PostgresError(.poolTimeout, "")).status == .serviceUnavailable)
        #expect(Problem(describing: PostgresError(.poolTimeout, "")).headers[.retryAfter] != nil)
        #expect(Problem(describing: PostgresError(.connection, "")).status == .serviceUnavailable)
        #expect(Problem(describing: KafkaError(.timedOut)).status == .serviceUnavailable)
        #expect(Problem(describing: PostgresError(.commitOutcomeUnknown, "")).id == "outcome-unknown")
        #expect(Problem(describing: PostgresError(.server, "", sqlState: .deadlockDetected)).id == "conflict")
        #expect(Problem(describing: PostgresError(.server, "", sqlState: .syntaxError)) == .internalError)
        // Nobody changed the data meanwhile: it is the server that cannot write now.
        for state in [SQLState.readOnlyTransaction, .diskFull, .outOfMemory, .adminShutdown] {
            #expect(Problem(describing: PostgresError(.server, "", sqlState: state)) == .unavailable)
        }
    }

    @Test("an invalid value names its field and rule")
    func invalidValue() {
        let problem = Problem(
            describing: InvalidValue(field: "code", rule: "code.form", vietnamese: "Sai", english: "Wrong"))
        #expect(problem.status == .unprocessableContent)
        #expect(problem.errors == [FieldError(field: "code", rule: "code.form", vietnamese: "Sai", english: "Wrong")])
    }

    struct Body: Codable {
        struct Person: Codable {
            var id: String
            var age: Int
        }
        var people: [Person]
        var at: Date
        var code: OrganizationCode?
    }

    @Test(
        "a body that does not decode names the field and the rule",
        arguments: [
            (#"{"people":[{"id":"a","age":1}]}"#, "at", "missing"),
            (#"{"people":[{"id":"a","age":"1"}],"at":"2026-11-20T00:00:00Z"}"#, "people[0].age", "wrong-type"),
            (#"{"people":[{"id":"a"}],"at":"2026-11-20T00:00:00Z"}"#, "people[0].age", "missing"),
            (#"{"people":[],"at":"yesterday"}"#, "at", "malformed"),
            (#"{"people":null,"at":"2026-11-20T00:00:00Z"}"#, "people", "missing"),
            (#"[]"#, "$", "wrong-type"),
            (#"{"people":[],"at":"2026-11-20T00:00:00Z","code":"nonsense"}"#, "code", "organization-code.form"),
        ])
    func decoding(body: String, field: String, rule: String) throws {
        let problem = try #require(throws: Problem.self) {
            try RequestBodyDecoder.decode(Body.self, from: .init(string: body))
        }
        #expect(problem.status == .unprocessableContent)
        #expect(problem.errors.first?.field == field)
        if field == "code" {
            #expect(problem.errors.first?.rule.isEmpty == false)
        } else {
            #expect(problem.errors.first?.rule == rule)
        }
    }

    @Test("a body that is no JSON tells the position")
    func malformed() throws {
        let problem = try #require(throws: Problem.self) {
            try RequestBodyDecoder.decode(Body.self, from: .init(string: "{\n  \"people\": ]"))
        }
        #expect(problem.id == "malformed-body" && problem.status == .badRequest)
        #expect(problem.detail?.english.contains("line 2") == true, "\(problem)")
    }

    @Test(
        "the first place that is no JSON is found",
        arguments: [
            ("{\n  \"a\": ]", 2, 8), ("", 1, 1), ("[1,]", 1, 4), ("{\"a\":01}", 1, 6), ("{\"a\" 1}", 1, 6),
            ("[1] 2", 1, 5), ("\"\u{1}\"", 1, 2), ("\"\\x\"", 1, 2), ("[nul]", 1, 5), ("{1:2}", 1, 2), ("[1", 1, 3),
            (String(repeating: "[", count: 600), 1, 513),
        ])
    func firstFault(text: String, line: Int, column: Int) {
        #expect(JSONFault.first(in: Array(text.utf8)) == JSONFault(line: line, column: column))
    }

    @Test(
        "JSON has no fault",
        arguments: ["{}", " [1, -0.5e+3, \"\\u00e9 x\\n\", true, false, null, {\"a\": {}}] ", "7", "\"đảng\""])
    func noFault(text: String) {
        #expect(JSONFault.first(in: Array(text.utf8)) == nil)
    }

    @Test("an empty body and another format are told apart")
    func otherBodies() throws {
        let empty = try #require(throws: Problem.self) {
            try RequestBodyDecoder.decode(Body.self, from: .init(string: ""))
        }
        #expect(empty.id == "malformed-body")
        let xml = try #require(throws: Problem.self) {
            try RequestBodyDecoder.decode(Body.self, from: .init(string: "<a/>"), contentType: "application/xml")
        }
        #expect(xml.status == .unsupportedMediaType)
    }
}
