/// What the driver of a consumer hears: from the polling thread, from handlers, from timers, from outside.
enum ConsumerEvent: Sendable {
    case assigned([TopicPartition])
    case revoked([TopicPartition], isLost: Bool)
    case resolved(Result<[TopicPartition: StartOffset], any Error>)
    case started([PartitionStream])
    case handlerEnded(UInt64, (any Error)?)
    case deadline(Int)
    case shutdown
    case failed(any Error)
}

/// What the polling thread is asked to do.
enum ConsumerCommand: Sendable {
    case assign([Rebalancing.Start])
    case unassign([TopicPartition])
    case seek(PartitionStream, StartOffset, CheckedContinuation<KafkaError?, Never>)
    case pause([TopicPartition])
    case resume([TopicPartition])
    /// A reader whose queue had been full waits for more.
    case hurry(PartitionStream)
}
