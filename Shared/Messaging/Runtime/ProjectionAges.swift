public import Foundation
import Synchronization

/// How old the copies are that consumers keep: the time since each was last seen level with its topics.
///
/// Who decides by a copy (is this person an officer there?) asks first, and refuses for now when it is too old.
public final class ProjectionAges: Sendable {
    private let level = Mutex<[String: Date]>([:])

    public init() {}

    /// Seconds since the consumer was last level with the end of all its topics; `nil` when it never was.
    public func age(of consumer: String, now: Date) -> TimeInterval? {
        level.withLock { $0[consumer] }.map { max(0, now.timeIntervalSince($0)) }
    }

    /// The consumer was level at that moment.
    public func note(_ consumer: String, levelAt moment: Date) { level.withLock { $0[consumer] = moment } }
}
