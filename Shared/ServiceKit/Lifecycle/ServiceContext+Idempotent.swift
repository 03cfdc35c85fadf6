public import Hummingbird
import NIOCore
public import Postgres

extension ServiceContext {
    /// Answers a request that creates something: the effect and the answer are kept in one transaction, and a repeat
    /// with the same `Idempotency-Key` gets the same answer without another effect.
    ///
    /// Throws a problem when the key is missing (400), was used for another request (422), or the same request is being
    /// worked on for longer than the lock time-out (409). An effect that throws leaves nothing behind.
    ///
    /// - Parameters:
    ///   - body: the type of the JSON body.
    ///   - effect: changes what there is to change, through the given transaction only, and says what to answer.
    public func idempotent<Body: Decodable & Sendable>(
        _ request: Request, _ context: HosoRequestContext, as body: Body.Type = Body.self,
        options: TransactionOptions = TransactionOptions(),
        _ effect: (Body, PostgresTransaction) async throws -> Reply
    ) async throws -> Reply {
        let claim = try await claim(request, context)
        let decoded = try RequestBodyDecoder.decode(body, from: claim.body, contentType: request.headers[.contentType])
        return try await idempotency.perform(claim.key, options: options) { try await effect(decoded, $0) }
    }

    /// The same for a request whose body is not decoded, or is empty.
    ///
    /// - Parameter limit: how many bytes the body may have; the service's common limit where it is nil.
    public func idempotent(
        _ request: Request, _ context: HosoRequestContext, upTo limit: Int? = nil,
        options: TransactionOptions = TransactionOptions(),
        _ effect: (ByteBuffer, PostgresTransaction) async throws -> Reply
    ) async throws -> Reply {
        let claim = try await claim(request, context, upTo: limit)
        return try await idempotency.perform(claim.key, options: options) { try await effect(claim.body, $0) }
    }

    /// The same for a body that is too large to hold.
    ///
    /// - Parameter read: takes the body in, and says its SHA-256.
    public func idempotent<Body>(
        _ request: Request, _ context: HosoRequestContext, options: TransactionOptions = TransactionOptions(),
        reading read: () async throws -> (body: Body, digest: [UInt8]),
        _ effect: (Body, PostgresTransaction) async throws -> Reply
    ) async throws -> Reply {
        let caller = try context.callerIfSignedIn()?.subject ?? "anonymous"
        let name = try IdempotencyKey.name(in: request.headers)
        let (body, digest) = try await read()
        let key = IdempotencyKey(
            caller: caller, name: name, request: "\(request.method.rawValue) \(request.uri.string)",
            bodyDigest: digest)
        return try await idempotency.perform(key, options: options) { try await effect(body, $0) }
    }

    private func claim(
        _ request: Request, _ context: HosoRequestContext, upTo limit: Int? = nil
    ) async throws -> (key: IdempotencyKey, body: ByteBuffer) {
        let caller = try context.callerIfSignedIn()?.subject ?? "anonymous"
        // The header is checked before the body is read: a wrong client should hear of it cheaply.
        let name = try IdempotencyKey.name(in: request.headers)
        let body = try await request.body.collect(upTo: limit ?? context.maxUploadSize)
        let key = IdempotencyKey(
            caller: caller, name: name, request: "\(request.method.rawValue) \(request.uri.string)",
            body: Array(body.readableBytesView))
        return (key, body)
    }
}
