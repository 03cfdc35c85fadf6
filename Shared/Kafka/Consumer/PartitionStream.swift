/// The batches of one assigned partition, in order, until the partition is taken away.
///
/// For one reader. It ends (next is nil) when the partition is revoked, when the consumer ends or when the reading
/// task is cancelled; it throws when the partition cannot be read on, for example `.offsetOutOfRange`.
public final class PartitionStream: AsyncSequence, Sendable {
    public typealias Element = PartitionBatch
    public typealias Failure = KafkaError

    public let topicPartition: TopicPartition
    /// As the broker names it.
    let place: TopicPartition
    let id: UInt64
    let reader: PartitionReader
    private let client: ConsumerClient
    private let state: Guarded<State>
    private let cancellation = Wakeup()

    private struct State {
        /// Where the next batch starts; nil until the first record of a partition read from its beginning.
        var position: Int64?
        var isFinished = false
    }

    init(id: UInt64, _ reader: PartitionReader, start: StartOffset, client: ConsumerClient) {
        self.id = id
        self.reader = reader
        self.client = client
        place = reader.place
        topicPartition = client.names.here(reader.place)
        state = Guarded(State(position: start.position))
    }

    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let stream: PartitionStream

        public mutating func next(isolation actor: isolated (any Actor)?) async throws(KafkaError) -> PartitionBatch? {
            try await stream.nextBatch()
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(stream: self) }

    /// Where the next batch starts, once that is known.
    public var position: Int64? { state.withLock { $0.position } }

    /// Whether the partition has been taken away or is about to be; work in flight may still be finished.
    public var isFinished: Bool { state.withLock { $0.isFinished } }

    /// Tells Kafka how far this group has come. It is committed now and then and only informs: nobody starts there.
    public func report(_ nextOffset: Int64) {
        client.report(place, nextOffset)
    }

    /// Reads on from here, for example again after a batch was rolled back.
    ///
    /// Does nothing when the stream is finished.
    public func seek(to start: StartOffset) async throws(KafkaError) {
        let isFinished = state.withLock { state in
            state.position = start.position
            return state.isFinished
        }
        guard !isFinished else { return }
        try await client.seek(self, to: start)
    }

    fileprivate func nextBatch() async throws(KafkaError) -> PartitionBatch? {
        while !Task.isCancelled {
            let (position, isFinished) = state.withLock { ($0.position, $0.isFinished) }
            if isFinished { return nil }
            switch reader.read(from: position) {
            case .records(let records):
                if let batch = batch(records, from: position) { return batch }
            case .empty(let wasFull):
                if wasFull { client.hurry(self) }
                await reader.wakeup.wait()
            case .failed(let error):
                client.partitionFailed(error)
                throw error
            case .closed:
                return nil
            }
        }
        return nil
    }

    private func batch(_ records: [ConsumedRecord], from position: Int64?) -> PartitionBatch? {
        guard let first = records.first, let last = records.last else { return nil }
        let next = last.offset + 1
        state.withLock { $0.position = next }
        client.countRecords(records.count)
        return PartitionBatch(
            topic: topicPartition.topic, partition: topicPartition.partition, startOffset: position ?? first.offset,
            records: records, nextOffset: next, isFromBeginning: position == nil)
    }

    // MARK: - Ending

    /// No further batch; the reader learns it after its work in flight.
    func finish() {
        state.withLock { $0.isFinished = true }
        reader.wakeup.end()
    }

    /// The handler has had its time.
    func requestCancellation() {
        cancellation.end()
    }

    func cancellationRequested() async {
        await cancellation.wait()
    }
}
