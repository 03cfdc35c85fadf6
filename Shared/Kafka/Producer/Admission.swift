/// Who may put how much into a queue with a bound: first come, first served.
///
/// Pure: it decides, and the shell around it resumes the waiters.
struct Admission {
    typealias Ticket = UInt64

    struct Demand: Equatable {
        var records: Int
        var bytes: Int
    }

    let limit: Demand
    private(set) var used = Demand(records: 0, bytes: 0)
    private var waiting: [(ticket: Ticket, demand: Demand)] = []
    private var nextTicket: Ticket = 0

    init(records: Int, bytes: Int) {
        limit = Demand(records: records, bytes: bytes)
    }

    var waiters: Int { waiting.count }

    /// The name under which somebody may wait.
    mutating func newTicket() -> Ticket {
        nextTicket += 1
        return nextTicket
    }

    /// Takes the room if there is some and nobody waits for it.
    mutating func enter(_ demand: Demand) -> Bool {
        guard waiting.isEmpty, hasRoom(for: demand) else { return false }
        take(demand)
        return true
    }

    /// Takes the room, or stands in line for it.
    ///
    /// - Returns: whether it was taken.
    mutating func enter(_ demand: Demand, orWaitAs ticket: Ticket) -> Bool {
        if enter(demand) { return true }
        waiting.append((ticket, demand))
        return false
    }

    /// Gives room back and returns who may go on now.
    mutating func release(_ demand: Demand) -> [Ticket] {
        used.records -= demand.records
        used.bytes -= demand.bytes
        return admitWaiting()
    }

    /// Somebody stops waiting, which may let those behind go on.
    ///
    /// - Returns: nil when that one had been admitted before.
    mutating func withdraw(_ ticket: Ticket) -> [Ticket]? {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        waiting.remove(at: index)
        return admitWaiting()
    }

    /// Nobody waits any more.
    mutating func withdrawAll() -> [Ticket] {
        defer { waiting = [] }
        return waiting.map(\.ticket)
    }

    private mutating func admitWaiting() -> [Ticket] {
        var admitted = 0
        while admitted < waiting.count, hasRoom(for: waiting[admitted].demand) {
            take(waiting[admitted].demand)
            admitted += 1
        }
        guard admitted > 0 else { return [] }
        defer { waiting.removeFirst(admitted) }
        return waiting[..<admitted].map(\.ticket)
    }

    /// What is larger than the whole bound is let in alone, or it would wait for ever.
    private func hasRoom(for demand: Demand) -> Bool {
        if used.records == 0 { return true }
        return used.records + demand.records <= limit.records && used.bytes + demand.bytes <= limit.bytes
    }

    private mutating func take(_ demand: Demand) {
        used.records += demand.records
        used.bytes += demand.bytes
    }
}
