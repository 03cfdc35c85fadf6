/// The prepared statements of one connection, the least recently used leaving first.
struct StatementCache<Value> {
    /// The same text with other parameter types is another statement.
    struct Key: Hashable, Sendable {
        let text: String
        let types: [UInt32]
    }

    private struct Entry {
        var value: Value
        var lastUse: UInt64
    }

    let capacity: Int
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0

    init(capacity: Int) { self.capacity = max(1, capacity) }

    var count: Int { entries.count }

    /// Finds a statement and marks it as used.
    mutating func use(_ key: Key) -> Value? {
        guard let index = entries.index(forKey: key) else { return nil }
        uses += 1
        entries.values[index].lastUse = uses
        return entries.values[index].value
    }

    /// Keeps a statement; the answer is the one that had to leave for it.
    mutating func insert(_ value: Value, for key: Key) -> Value? {
        uses += 1
        let replaced = entries.updateValue(Entry(value: value, lastUse: uses), forKey: key)
        if let replaced { return replaced.value }
        guard entries.count > capacity else { return nil }
        // A scan is cheap beside the round trip of preparing that comes with every eviction.
        guard let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return nil }
        entries[oldest.key] = nil
        return oldest.value.value
    }

    mutating func remove(_ key: Key) -> Value? { entries.removeValue(forKey: key)?.value }
}
