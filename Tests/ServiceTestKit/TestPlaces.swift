/// So many services of tests at once: all tests of a module begin together, and the shared server has 200 connections.
actor TestPlaces {
    static let shared = TestPlaces(32)

    /// Whether the task has a place: a service that is made beside another one of the same test takes none.
    @TaskLocal private static var hasPlace = false

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ places: Int) { free = places }

    nonisolated func withPlace<R: Sendable>(_ body: @Sendable () async throws -> R) async throws -> R {
        guard !Self.hasPlace else { return try await body() }
        await take()
        do {
            let result = try await Self.$hasPlace.withValue(true) { try await body() }
            await giveBack()
            return result
        } catch {
            await giveBack()
            throw error
        }
    }

    private func take() async {
        guard free == 0 else {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    private func giveBack() {
        // A place goes from hand to hand while somebody waits.
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
