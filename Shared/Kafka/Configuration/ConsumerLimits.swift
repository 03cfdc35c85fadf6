/// How much a consumer holds, and how long it waits when partitions move.
public struct ConsumerLimits: Sendable {
    /// The most records of one batch.
    public var batchRecords: Int
    /// The most bytes of one batch; a single record may be larger.
    public var batchBytes: Int
    /// Records read ahead for each partition.
    public var prefetchRecords: Int
    /// Bytes read ahead for each partition, rounded up to KiB. At most one further fetch comes on top.
    public var prefetchBytes: Int
    /// Bytes asked for each partition in one fetch.
    public var fetchBytes: Int
    /// How long a handler may finish its work when its partition is taken away, before its task is cancelled.
    public var revocation: Duration
    /// How long a cancelled handler may take before the partition is given up without it.
    public var cancellation: Duration
    /// How long finding the start offsets of new partitions may take.
    public var assignment: Duration
    /// How long leaving the group may take, in all.
    public var closing: Duration
    /// How often reported offsets are committed to Kafka.
    public var reporting: Duration

    public static let `default` = ConsumerLimits()

    public init(
        batchRecords: Int = 500, batchBytes: Int = 1 << 20, prefetchRecords: Int = 2_000,
        prefetchBytes: Int = 1 << 20, fetchBytes: Int = 512 << 10, revocation: Duration = .seconds(10),
        cancellation: Duration = .seconds(5), assignment: Duration = .seconds(30), closing: Duration = .seconds(6),
        reporting: Duration = .milliseconds(500)
    ) {
        self.batchRecords = max(1, batchRecords)
        self.batchBytes = max(1, batchBytes)
        self.prefetchRecords = max(1, prefetchRecords)
        self.prefetchBytes = max(1024, prefetchBytes)
        self.fetchBytes = max(1024, fetchBytes)
        self.revocation = revocation
        self.cancellation = cancellation
        self.assignment = assignment
        self.closing = closing
        self.reporting = reporting
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, never negative: what librdkafka's time-outs take.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? 0 : Int32.max }
        let rounded = whole + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(clamping: max(0, rounded))
    }
}
