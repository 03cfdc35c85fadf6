import HTTPTypes
import Trust

/// One request as the `Idempotency-Key` tells it from others.
public struct IdempotencyKey: Sendable, Hashable {
    /// Who asks: the same key of another caller is another key.
    public let caller: String
    /// The header's value.
    public let name: String
    /// Method, path and query, as they came in.
    public let request: String
    /// SHA-256 of the body.
    public let bodyDigest: [UInt8]

    /// Describes a request.
    public init(caller: String, name: String, request: String, body: [UInt8]) {
        self.init(caller: caller, name: name, request: request, bodyDigest: Digest.sha256(body))
    }

    init(caller: String, name: String, request: String, bodyDigest: [UInt8]) {
        self.caller = caller
        self.name = name
        self.request = request
        self.bodyDigest = bodyDigest
    }

    /// The key in the headers of a request; throws the problem to answer with.
    static func name(in headers: HTTPFields) throws(Problem) -> String {
        guard var value = headers[.idempotencyKey], !value.isEmpty else { throw .idempotencyKeyMissing }
        // The header's standard writes a quoted string; most clients leave the quotes away.
        if value.count >= 2, value.first == "\"", value.last == "\"" { value = String(value.dropFirst().dropLast()) }
        let isVisible = value.utf8.allSatisfy { (33...126).contains($0) }
        guard isVisible, (8...128).contains(value.utf8.count) else { throw .idempotencyKeyMalformed }
        return value
    }
}
