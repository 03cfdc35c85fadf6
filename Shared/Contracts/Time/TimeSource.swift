public import Foundation
import Synchronization

/// Where the present moment comes from.
public protocol TimeSource: Sendable {
    /// The present moment, in whole milliseconds.
    var now: Date { get }
}

/// The system's clock, cut to the millisecond so that a moment is the same in memory, database and event.
public struct SystemTimeSource: TimeSource {
    public init() {}

    public var now: Date {
        Date(millisecondsSince1970: Int64((Date().timeIntervalSince1970 * 1_000).rounded(.down)))
    }
}

/// A clock that stands still until it is moved, for tests.
public final class ManualTimeSource: TimeSource {
    private let moment: Mutex<Date>

    public init(_ start: Date) { moment = Mutex(start) }

    public var now: Date { moment.withLock { $0 } }

    /// Moves the clock to `date`, also backwards.
    public func set(_ date: Date) { moment.withLock { $0 = date } }

    /// Moves the clock forward by `seconds`.
    public func advance(by seconds: TimeInterval) { moment.withLock { $0 += seconds } }
}

extension Date {
    /// The moment so many milliseconds after the beginning of 1970.
    public init(millisecondsSince1970 milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1_000)
    }

    /// The whole milliseconds since the beginning of 1970, rounded to the nearest, within ±285,000 years.
    public var millisecondsSince1970: Int64 {
        let value = (timeIntervalSince1970 * 1_000).rounded()
        return Int64(min(max(value, -9e15), 9e15))
    }
}
