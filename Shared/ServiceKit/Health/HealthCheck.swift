/// One thing that must stand for the service to do its work.
public struct HealthCheck: Sendable {
    /// Its name in the report: `pool`, `schema`, `broker`.
    public var name: String
    /// Looks. It is cancelled after a second, and has to return then.
    public var look: @Sendable () async -> HealthState

    /// Describes a check.
    public init(_ name: String, look: @escaping @Sendable () async -> HealthState) {
        self.name = name
        self.look = look
    }
}

extension HealthCheck {
    /// What it finds, or that it found nothing in time: a probe that waits is worse than one that says no.
    ///
    /// A check that was cancelled is not waited for: to give up a question to a silent server takes seconds.
    func lookInTime(_ limit: Duration = .seconds(1)) async -> HealthState {
        let (answers, answer) = AsyncStream.makeStream(of: HealthState.self)
        let look = Task { answer.yield(await self.look()) }
        let clock = Task {
            try await Task.sleep(for: limit)
            look.cancel()
            // A check that had to give up may know at once what it waited for.
            try await Task.sleep(for: limit / 5)
            answer.yield(.failed("no answer within a second"))
        }
        defer {
            look.cancel()
            clock.cancel()
        }
        for await state in answers { return state }
        return .failed("not checked")
    }
}

/// What a check found.
public enum HealthState: Sendable, Hashable {
    /// It stands.
    case ok
    /// The work goes on, but not all of it; says why, without personal data.
    case degraded(String)
    /// The work cannot be done; says why, without personal data.
    case failed(String)

    var name: String {
        switch self {
        case .ok: "ok"
        case .degraded: "degraded"
        case .failed: "failed"
        }
    }

    var reason: String? {
        switch self {
        case .ok: nil
        case .degraded(let reason), .failed(let reason): reason
        }
    }
}
