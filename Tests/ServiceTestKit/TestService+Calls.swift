public import Contracts
public import Foundation
public import HTTPTypes
import HummingbirdTesting
import NIOCore
import ServiceKit

/// What a service under test answered.
public struct TestAnswer: Sendable {
    /// The status.
    public let status: HTTPResponse.Status
    /// The headers.
    public let headers: HTTPFields
    /// The body.
    public let body: Data

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a value.
    public func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try ContractsJSON.decoder.decode(type, from: body)
    }

    /// The stable name of the problem, when the answer is one.
    public var problem: String? {
        struct Shape: Decodable { var type: String }
        guard let type = try? json(Shape.self).type else { return nil }
        return type.hasPrefix("urn:hoso:problem:") ? String(type.dropFirst("urn:hoso:problem:".count)) : nil
    }

    /// The fields that the problem names, with the rule that each breaks.
    public var faults: [String: String] {
        struct Shape: Decodable {
            struct Fault: Decodable {
                var field: String
                var rule: String
            }
            var errors: [Fault]?
        }
        let faults = (try? json(Shape.self).errors) ?? []
        return Dictionary(faults.map { ($0.field, $0.rule) }, uniquingKeysWith: { first, _ in first })
    }
}

extension TestService {
    /// Calls the service.
    ///
    /// - Parameters:
    ///   - token: a bearer token from ``token(member:level:)`` or ``operatorToken()``.
    ///   - key: the `Idempotency-Key`.
    public func call(
        _ method: HTTPRequest.Method, _ uri: String, token: String? = nil, key: String? = nil,
        headers: HTTPFields = [:], body: [UInt8]? = nil
    ) async throws -> TestAnswer {
        var headers = headers
        if let token { headers[.authorization] = "Bearer \(token)" }
        if let key { headers[.idempotencyKey] = key }
        let response = try await client.executeRequest(
            uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) })
        return TestAnswer(
            status: response.status, headers: response.headers, body: Data(response.body.readableBytesView))
    }

    /// Calls the service with a JSON body given as text.
    public func call(
        _ method: HTTPRequest.Method, _ uri: String, token: String? = nil, key: String? = nil,
        headers: HTTPFields = [:], json: String
    ) async throws -> TestAnswer {
        var headers = headers
        headers[.contentType] = "application/json"
        return try await call(method, uri, token: token, key: key, headers: headers, body: Array(json.utf8))
    }

    /// A token of a member.
    public func token(member: MemberID, level: Int = 2) async throws -> String {
        try await signer.sign(
            .init(subject: "\(member)", level: level, expiresAt: kit.time.now.addingTimeInterval(3_600)))
    }

    /// A token of somebody who runs the suite.
    public func operatorToken(_ name: String = "test") async throws -> String {
        try await signer.sign(
            .init(
                subject: "operator:\(name)", roles: [Caller.operatorRole],
                expiresAt: kit.time.now.addingTimeInterval(3_600)))
    }
}
