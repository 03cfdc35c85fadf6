/// How a pool stood at one moment.
public struct PoolHealth: Sendable {
    /// The connections that stand.
    public var total: Int
    /// Those of them that nobody uses.
    public var idle: Int
    /// The callers that wait for one.
    public var waiting: Int
    /// Why connecting failed the last time, while it fails.
    public var lastError: PostgresError?
    /// Whether the last attempt to connect succeeded; false before the first one has.
    public var reachable: Bool
}
