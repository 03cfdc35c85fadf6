/// Where in a history something happens; the steps that bring it to rest have no number.
struct Moment: Equatable, CustomStringConvertible {
    let number: Int?
    let step: Step

    var description: String { "\(number.map { "step \($0)" } ?? "the end"), \(step)" }
}

/// What must hold in every history. The model and the real code tell what they do; the first broken promise is kept.
struct Invariants {
    enum Promise: String, Sendable {
        case everyEventArrives = "I1, every committed event is in the log and applied"
        case oneEffect = "I2, one effect for each event"
        case order = "I3, order within a key"
        case onlyCommitted = "I3, what was not committed never appears"
        case newestStateLast = "the last record of a key is its newest state"
    }

    struct Violation: Error, Equatable, CustomStringConvertible {
        let promise: Promise
        let what: String
        let moment: Moment

        var description: String { "\(promise.rawValue): \(what), at \(moment)" }
    }

    /// What happens now, for the message.
    var moment = Moment(number: nil, step: .relayReads)
    private(set) var violation: Violation?
    /// Grows with everything that happens.
    private(set) var activity = 0

    private var committed: Set<HistoryEvent> = []
    private var logs: [Int: Log] = [:]
    private var effects = Seen()

    private struct Log {
        var seen = Seen()
        var last: [Int: HistoryEvent] = [:]
    }

    private struct Seen {
        var events: Set<HistoryEvent> = []
        var versions: [Int: Int64] = [:]

        /// Answers the version that an event wrongly follows: first appearances of a key are 1, 2, 3, ….
        mutating func take(_ event: HistoryEvent) -> Int64? {
            guard events.insert(event).inserted else { return nil }
            let before = versions[event.key] ?? 0
            versions[event.key] = max(before, event.version)
            return event.version == before + 1 ? nil : before
        }
    }

    mutating func committed(_ events: [HistoryEvent]) {
        activity += 1
        committed.formUnion(events)
    }

    mutating func appended(_ event: HistoryEvent, cluster: Int) {
        activity += 1
        let gap = logs[cluster, default: Log()].seen.take(event)
        judge(event, after: gap, "in the log of cluster \(cluster)")
        logs[cluster]?.last[event.key] = event
    }

    mutating func applied(_ event: HistoryEvent) {
        activity += 1
        if effects.events.contains(event) { fail(.oneEffect, "\(event) has a second effect") }
        let gap = effects.take(event)
        judge(event, after: gap, "in the effects")
    }

    /// The effects are gone on purpose, to be made again.
    mutating func emptied() {
        activity += 1
        effects = Seen()
    }

    /// At rest, in the cluster that is there now.
    mutating func finish(cluster: Int) {
        let log = logs[cluster] ?? Log()
        for event in committed.sorted(by: { $0.number < $1.number }) {
            if !log.seen.events.contains(event) {
                fail(.everyEventArrives, "\(event) is not in the log of cluster \(cluster)")
            }
            if !effects.events.contains(event) { fail(.everyEventArrives, "\(event) has no effect") }
        }
        for (key, last) in log.last where last.version != log.seen.versions[key] {
            fail(.newestStateLast, "\(last) is the last of key \(key)")
        }
    }

    mutating func fail(_ promise: Promise, _ what: String) {
        guard violation == nil else { return }
        violation = Violation(promise: promise, what: what, moment: moment)
    }

    private mutating func judge(_ event: HistoryEvent, after version: Int64?, _ place: String) {
        if !committed.contains(event) { fail(.onlyCommitted, "\(event) appears \(place)") }
        if let version { fail(.order, "\(event) follows version \(version) \(place)") }
    }
}
