public import HTTPTypes
public import Hummingbird
import NIOCore

/// An answer that can be stored and given again: status, headers, body.
public struct Reply: Sendable, Equatable, ResponseGenerator {
    /// The HTTP status.
    public var status: HTTPResponse.Status
    /// The headers that belong to the answer itself.
    public var headers: HTTPFields
    /// The body.
    public var body: [UInt8]

    /// An answer of bytes.
    public init(_ status: HTTPResponse.Status, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An answer that says something as JSON.
    public static func json(
        _ status: HTTPResponse.Status = .ok, _ value: some Encodable, headers: HTTPFields = [:]
    ) throws -> Reply {
        var headers = headers
        headers[.contentType] = "application/json; charset=utf-8"
        return Reply(status, headers: headers, body: [UInt8](try ReplyEncoder.data(value)))
    }

    /// The answer to this request.
    public func response(from request: Request, context: some RequestContext) -> Response {
        Response(
            status: status, headers: headers,
            body: body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
