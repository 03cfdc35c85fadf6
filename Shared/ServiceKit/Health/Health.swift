import Contracts
import Synchronization

/// Knows whether the process lives and whether it can do its work.
public final class Health: Sendable {
    private struct State {
        var checks: [HealthCheck] = []
        var schema: HealthState = .failed("not checked yet")
        var listener: HealthState = .failed("does not listen yet")
        var isStopping = false
    }

    private let state = Mutex(State())
    /// Requests pass only while the schema stands; read on every request.
    private let usable = Atomic<Bool>(false)

    /// Knows nothing yet: not ready.
    public init() {}

    /// Adds checks.
    public func add(_ checks: [HealthCheck]) { state.withLock { $0.checks += checks } }

    /// Notes what was found about the schema.
    public func schema(_ found: HealthState) {
        state.withLock { $0.schema = found }
        usable.store(found == .ok, ordering: .releasing)
    }

    /// Notes that the listener stands, or why not.
    public func listener(_ found: HealthState) { state.withLock { $0.listener = found } }

    /// Notes that the process drains: it takes no further requests.
    public func stops() { state.withLock { $0.isStopping = true } }

    /// Whether the schema was found good enough for this program.
    public var schemaIsUsable: Bool { usable.load(ordering: .acquiring) }

    /// Looks at everything.
    public func report() async -> HealthReport {
        let (checks, known) = state.withLock { state in
            var known: [(name: String, state: HealthState)] = [
                // A faulty configuration never gets as far as a listener; it stands here for those who read the report.
                ("configuration", .ok), ("schema", state.schema), ("listener", state.listener),
            ]
            if state.isStopping { known.append(("lifecycle", .failed("stopping"))) }
            return (state.checks, known)
        }
        let found = await withTaskGroup(of: (Int, HealthState).self) { group in
            for (index, check) in checks.enumerated() {
                group.addTask { (index, await check.lookInTime()) }
            }
            var states: [(name: String, state: HealthState)] = checks.map { ($0.name, .ok) }
            for await (index, state) in group { states[index].state = state }
            return states
        }
        return HealthReport(known + found)
    }
}
