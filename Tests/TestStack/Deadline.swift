/// How long a test waits for what has to come. Nothing is asserted about it.
///
/// Long, because a machine may be busy, because what other tests do in the same server holds up the relay and the sealer,
/// and because the embedded broker refuses a `SyncGroup` that comes after the leader's: another rebalance, five seconds.
public let patience = Duration.seconds(60)

/// A condition that did not come true in time.
public struct DeadlinePassed: Error, CustomStringConvertible {
    public let description: String
}

/// Waits until a condition holds, looking again and again, and throws when the deadline passes first.
public func eventually(
    _ what: String = "the condition", within limit: Duration = patience,
    isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw DeadlinePassed(description: "\(what) did not come true within \(limit)")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}

/// Runs something that must end in time; it is cancelled and an error thrown when it does not.
public func within<R: Sendable>(
    _ limit: Duration = patience, _ body: @escaping @Sendable () async throws -> R
) async throws -> R {
    try await withThrowingTaskGroup(of: R?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next(), let result = first else {
            throw DeadlinePassed(description: "the work did not end within \(limit)")
        }
        return result
    }
}
