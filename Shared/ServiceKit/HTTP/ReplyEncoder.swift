import Contracts
import Foundation
import HTTPTypes
public import Hummingbird
import NIOCore

/// Encodes answers as the suite writes JSON.
public struct ReplyEncoder: ResponseEncoder {
    // Making one costs more than writing a small answer with it; it is not changed after it is made.
    private static let encoder = ContractsJSON.encoder

    /// Encodes one answer with the status 200.
    public func encode(_ value: some Encodable, from request: Request, context: some RequestContext) throws -> Response
    {
        let data = try Self.data(value)
        return Response(
            status: .ok, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: data)))
    }

    static func data(_ value: some Encodable) throws -> Data { try encoder.encode(value) }
}
