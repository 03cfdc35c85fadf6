public import Contracts
import Foundation
public import Hummingbird
import NIOCore

/// What a route knows of the request it answers, beside the request itself.
public struct HosoRequestContext: RequestContext {
    public typealias Source = ApplicationRequestContextSource

    /// Kept for the router.
    public var coreContext: CoreRequestContextStorage
    /// Where this request stands in its trace.
    public internal(set) var trace: TraceContext
    /// The largest body that is read, in bytes.
    public internal(set) var maxUploadSize: Int
    /// Who asks, or why that is not known.
    var identity: Identity
    private let channel: any Channel

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        var generator = SystemRandomNumberGenerator()
        trace = TraceContext.root(sampled: false, using: &generator)
        maxUploadSize = 1_048_576
        identity = .none
    }

    /// Decodes JSON bodies and names the field and the rule that a bad one breaks.
    public var requestDecoder: RequestBodyDecoder { RequestBodyDecoder() }
    /// Encodes answers as the suite writes JSON.
    public var responseEncoder: ReplyEncoder { ReplyEncoder() }

    /// The address of the other end of the connection, without its port; a proxy's, when there is one.
    public var remoteAddress: String? { channel.remoteAddress?.ipAddress }
}
