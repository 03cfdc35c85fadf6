/// An event of a history.
struct HistoryEvent: Hashable, Sendable {
    let number: Int
    let key: Int
    /// The aggregate's version after it; 1 is the first.
    let version: Int64
}

extension HistoryEvent: CustomStringConvertible {
    var description: String { "event \(number) (key \(key), version \(version))" }
}

/// Who writes what: open transactions and the locks they hold on aggregates. An aggregate that another transaction holds
/// is not waited for; the step does nothing.
struct Writers {
    private var open: [Int: [HistoryEvent]] = [:]
    private var versions: [Int: Int64] = [:]
    private var nextNumber = 1

    /// Answers whether the writer had no transaction yet.
    mutating func begin(_ writer: Int) -> Bool {
        guard open[writer] == nil else { return false }
        open[writer] = []
        return true
    }

    mutating func append(_ writer: Int, key: Int) -> HistoryEvent? {
        let isHeld = open.contains { $0.key != writer && $0.value.contains { $0.key == key } }
        guard let mine = open[writer], !isHeld else { return nil }
        let last = mine.last { $0.key == key }?.version ?? versions[key] ?? 0
        let event = HistoryEvent(number: nextNumber, key: key, version: last + 1)
        nextNumber += 1
        open[writer] = mine + [event]
        return event
    }

    /// The events that are true now; `nil` without a transaction.
    mutating func commit(_ writer: Int) -> [HistoryEvent]? {
        guard let events = open.removeValue(forKey: writer) else { return nil }
        for event in events { versions[event.key] = event.version }
        return events
    }

    /// Answers whether there was a transaction.
    mutating func rollBack(_ writer: Int) -> Bool { open.removeValue(forKey: writer) != nil }
}
