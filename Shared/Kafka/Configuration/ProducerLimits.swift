/// How much a producer may hold that is not confirmed yet.
public struct ProducerLimits: Sendable {
    /// Records that wait to be sent or confirmed; further sends wait for room.
    public var records: Int
    /// The same in bytes, with what the client keeps beside each record.
    public var bytes: Int
    /// How long a fresh record may wait for company, to be sent in one request. What is sent as one batch is handed over
    /// at once, so that little is gained by waiting.
    public var linger: Duration

    public static let `default` = ProducerLimits()

    public init(records: Int = 20_000, bytes: Int = 24 << 20, linger: Duration = .microseconds(500)) {
        self.records = max(1, records)
        self.bytes = max(1, bytes)
        self.linger = linger
    }
}
