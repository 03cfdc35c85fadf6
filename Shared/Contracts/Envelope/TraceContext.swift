/// The `traceparent` of the W3C Trace Context: which request or event caused this one.
public struct TraceContext: Hashable, Sendable, LosslessStringConvertible {
    /// Sixteen bytes as lower-case hexadecimal, never all zero.
    public let traceID: String
    /// Eight bytes as lower-case hexadecimal, never all zero.
    public let spanID: String
    /// Whether the caller recorded the trace.
    public let isSampled: Bool

    /// Reads a header; a later version than 00 is read by the fields known today.
    public init?(_ description: String) {
        let parts = description.split(separator: "-", omittingEmptySubsequences: false)
        let expected = [2, 32, 16, 2]
        guard parts.count >= 4, zip(parts, expected).allSatisfy({ $0.utf8.count == $1 }),
            parts.prefix(4).allSatisfy({ $0.utf8.allSatisfy(Hexadecimal.isLowercase) }), parts[0] != "ff",
            parts[0] != "00" || parts.count == 4, let flags = UInt8(parts[3], radix: 16),
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        traceID = String(parts[1])
        spanID = String(parts[2])
        isSampled = flags & 1 == 1
    }

    private init(traceID: String, spanID: String, isSampled: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
    }

    /// The beginning of a new trace.
    public static func root(sampled: Bool = true, using generator: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(
            traceID: Hexadecimal.text(generator.next()) + Hexadecimal.text(nonZero(&generator)),
            spanID: Hexadecimal.text(nonZero(&generator)), isSampled: sampled)
    }

    /// A step caused by this one, in the same trace.
    public func child(using generator: inout some RandomNumberGenerator) -> TraceContext {
        TraceContext(
            traceID: traceID, spanID: Hexadecimal.text(TraceContext.nonZero(&generator)), isSampled: isSampled)
    }

    /// The header's value, version 00.
    public var description: String { "00-\(traceID)-\(spanID)-\(isSampled ? "01" : "00")" }

    private static func nonZero(_ generator: inout some RandomNumberGenerator) -> UInt64 {
        while true {
            let value: UInt64 = generator.next()
            if value != 0 { return value }
        }
    }
}
