public import Contracts
public import Foundation
import Synchronization
import Trust

/// Where the ids of new events come from: drawn for a command, computed for an event that an event causes.
public protocol EventIDSource: Sendable {
    /// The id of the next event of this cause.
    func next() -> UUIDv7
}

/// What surrounds the writing of events: the moment, the trace, and the source of their ids.
public struct EventContext: Sendable {
    public let now: Date
    /// W3C `traceparent` of the request or message that is being handled.
    public let traceparent: String?
    public let ids: any EventIDSource

    /// The context of a command: its events get fresh ids.
    public init(now: Date, traceparent: String? = nil, ids: any IDSource) {
        self.init(now: now, traceparent: traceparent, eventIDs: DrawnEventIDs(now: now, ids: ids))
    }

    init(now: Date, traceparent: String?, eventIDs: any EventIDSource) {
        self.now = now
        self.traceparent = traceparent
        self.ids = eventIDs
    }
}

/// Fresh ids, for events that a person or another system causes.
struct DrawnEventIDs: EventIDSource {
    let now: Date
    let ids: any IDSource

    func next() -> UUIDv7 { ids.next(at: now) }
}

/// Ids computed from the causing event, so that a repeated cause cannot become a new fact.
final class ComputedEventIDs: EventIDSource {
    private let cause: UUIDv7
    private let consumer: String
    private let ordinal = Mutex(0)

    init(cause: UUIDv7, consumer: String) {
        self.cause = cause
        self.consumer = consumer
    }

    func next() -> UUIDv7 {
        let number = ordinal.withLock { value in
            defer { value += 1 }
            return value
        }
        return UUIDv7.computed(from: cause, consumer: consumer, ordinal: number)
    }
}

extension UUIDv7 {
    /// The id of the `ordinal`-th event that `consumer` writes because of `cause`: the time of the cause, the rest from
    /// a SHA-256 of all three.
    public static func computed(from cause: UUIDv7, consumer: String, ordinal: Int) -> UUIDv7 {
        computed(at: cause.time, from: "\(cause)/\(consumer)/\(ordinal)")
    }

    /// An id of the given time whose other bits are a hash of a name.
    static func computed(at time: Date, from name: String) -> UUIDv7 {
        let hash = Digest.sha256(Array(name.utf8))
        func word(_ range: Range<Int>) -> UInt64 { hash[range].reduce(0) { $0 << 8 | UInt64($1) } }
        return make(at: time, random: (word(0..<8), word(8..<16)))
    }
}
