import Foundation

/// A value that several tasks and threads of a test share.
///
/// `@unchecked Sendable`: the value is touched only while the lock is held. It is Foundation's lock since the thread
/// sanitizer knows that one.
public final class Locked<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    public init(_ value: sending Value) { self.value = value }

    public func withLock<R>(_ body: (inout Value) throws -> R) rethrows -> R {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}

/// A count that several tasks change.
public final class Tally: Sendable {
    private let count = Locked(0)

    public init() {}

    public var value: Int { count.withLock { $0 } }
    public func add(_ number: Int = 1) { count.withLock { $0 += number } }
}
