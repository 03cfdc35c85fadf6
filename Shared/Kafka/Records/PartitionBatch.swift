/// Records that follow each other in one partition.
///
/// `startOffset` is where this fetch stood: the end of the batch before, or the point that was sought. Offsets may be
/// missing before the first record and between records (compaction, transaction markers). Whoever keeps its position
/// beside its data compares it with `startOffset`: a difference means that another consumer has taken over.
public struct PartitionBatch: Sendable {
    public let topic: String
    public let partition: Int32
    public let startOffset: Int64
    public let records: [ConsumedRecord]
    /// The offset after the last record.
    public let nextOffset: Int64
    /// Whether nothing of the partition comes before: the first batch after reading began, or went back, to the beginning.
    public let isFromBeginning: Bool

    public init(
        topic: String, partition: Int32, startOffset: Int64, records: [ConsumedRecord], nextOffset: Int64,
        isFromBeginning: Bool = false
    ) {
        self.topic = topic
        self.partition = partition
        self.startOffset = startOffset
        self.records = records
        self.nextOffset = nextOffset
        self.isFromBeginning = isFromBeginning
    }
}
