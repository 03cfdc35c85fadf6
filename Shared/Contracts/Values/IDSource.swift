public import Foundation
import Synchronization

/// Where new ids come from.
public protocol IDSource: Sendable {
    /// A new id that bears the moment `date`.
    func next(at date: Date) -> UUIDv7
}

extension IDSource {
    /// A new id of the kind that is wanted.
    public func next<Kind>(_ kind: Identifier<Kind>.Type = Identifier<Kind>.self, at date: Date) -> Identifier<Kind> {
        Identifier(next(at: date))
    }
}

/// Random ids that never go backwards within one process and one millisecond.
public final class SystemIDSource: IDSource {
    private let last = Mutex<(milliseconds: Int64, first: UInt64, second: UInt64)>((-1, 0, 0))

    public init() {}

    public func next(at date: Date) -> UUIDv7 {
        let milliseconds = date.millisecondsSince1970
        let random = last.withLock { last in
            if milliseconds == last.milliseconds, last.second < UUIDv7.largestSecond {
                // The same millisecond: a step of random size keeps the order and stays unpredictable.
                last.second = min(last.second + UInt64.random(in: 1...0xFFFF_FFFF), UUIDv7.largestSecond)
            } else if milliseconds == last.milliseconds {
                last.first += 1
                last.second = UInt64.random(in: 0...UUIDv7.largestSecond)
            } else {
                // The highest bits stay free, so that a burst has room to count up.
                last = (
                    milliseconds, UInt64.random(in: 0...0x7FF), UInt64.random(in: 0...(UUIDv7.largestSecond >> 1))
                )
            }
            return (last.first, last.second)
        }
        return UUIDv7.make(at: date, random: random)
    }
}

/// Ids that depend on a seed and a counter only, for tests.
public final class SequentialIDSource: IDSource {
    private let seed: UInt64
    private let counter = Mutex<UInt64>(0)

    public init(seed: UInt64 = 0) { self.seed = seed }

    public func next(at date: Date) -> UUIDv7 {
        let number = counter.withLock { counter in
            counter += 1
            return counter
        }
        return UUIDv7.make(at: date, random: (seed >> 16, number << 16 | seed & 0xFFFF))
    }
}

extension UUIDv7 {
    static let largestSecond: UInt64 = 0x3FFF_FFFF_FFFF_FFFF
}
