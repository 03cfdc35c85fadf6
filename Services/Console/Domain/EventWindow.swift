/// The newest events, looked at again and again, so that each is told once.
///
/// Numbers are drawn when events are written and become visible when they commit, so a lower one can appear after a
/// higher one: what is new is found by comparing with what was seen in the window before, not by a mark.
public struct EventWindow: Sendable {
    private var known: Set<Int64> = []
    private var isFirst = true

    public init() {}

    /// The events of the window that were not in any window before, oldest first. The first window is only remembered.
    public mutating func fresh(_ window: [SeenEvent]) -> [SeenEvent] {
        let lowest = window.map(\.number).min() ?? 0
        defer {
            // What fell out below cannot come back into the window.
            known = known.filter { $0 >= lowest }.union(window.map(\.number))
            isFirst = false
        }
        guard !isFirst else { return [] }
        return window.filter { !known.contains($0.number) }.sorted { $0.number < $1.number }
    }
}
