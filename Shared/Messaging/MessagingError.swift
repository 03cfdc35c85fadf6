/// What can go wrong in messaging itself, apart from the database's and the broker's own errors.
public enum MessagingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The batch does not start where this consumer stands: its reader is no longer the owner of the partition.
    case stalePosition(expected: Int64?, found: Int64)
    /// Too much was about to be parked within a minute; the consumer has stopped.
    case parkingLimit(keys: Int, share: Double)
    /// A topic of the catalogue has another number of partitions than the broker's.
    case partitionCount(topic: String, expected: Int, found: Int)
    /// Something that this module itself guarantees does not hold.
    case unexpected(String)

    public var description: String {
        switch self {
        case .stalePosition(let expected, let found):
            "the batch starts at \(found), the stored position is \(expected.map(String.init) ?? "none")"
        case .parkingLimit(let keys, let share):
            "\(keys) keys (\(Int(share * 100))% of the messages) were about to be parked within a minute"
        case .partitionCount(let topic, let expected, let found):
            "topic \(topic) has \(found) partitions, the catalogue says \(expected)"
        case .unexpected(let what): what
        }
    }
}
