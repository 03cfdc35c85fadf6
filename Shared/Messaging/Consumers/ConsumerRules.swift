public import Foundation

/// What a consumer does when; all configuration (C).
public struct ConsumerRules: Sendable {
    /// Messages in one transaction while each has its savepoint: more than 64 are slow to look through.
    public var savepoints = 50
    /// A message that waits for another topic is parked after this long.
    public var waitAtMost: TimeInterval = 24 * 3_600
    /// Between two attempts of a waiting message that nothing has woken: doubled from the first to the last.
    public var firstRetry: TimeInterval = 1
    public var lastRetry: TimeInterval = 300
    /// Event ids older than this are in the inbox no more: the longest retention of a topic and a week.
    public var inboxRetention: TimeInterval = 37 * 86_400
    /// A consumer stops before it parks more than this share of a minute's messages, once `parkingMinimumKeys` are
    /// reached, or more than `parkingMaximumKeys` keys.
    public var parkingShare = 0.05
    public var parkingMinimumKeys = 20
    public var parkingMaximumKeys = 1_000

    public init() {}

    func retryPause(afterAttempts attempts: Int32) -> TimeInterval {
        min(firstRetry * pow(2, Double(min(attempts, 30))), lastRetry)
    }
}
