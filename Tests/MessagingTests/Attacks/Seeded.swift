import TestStack
import Testing

/// Prints the seed at the start of each test, so that what it has drawn can be drawn again, and lets a few of them run at
/// a time: many brokers and databases at once would make each other, and all other tests, late.
struct Seeded: TestTrait, SuiteTrait, TestScoping {
    private static let lanes = Lanes(4)

    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        await Self.lanes.take()
        print("\(test.id): HOSO_TEST_SEED=\(SeededGenerator.seed)")
        do {
            try await function()
        } catch {
            await Self.lanes.give()
            throw error
        }
        await Self.lanes.give()
    }
}

/// So many places, given in the order of asking.
private actor Lanes {
    private var free: Int
    private var waiters: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func take() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiters.append($0) }
        }
    }

    func give() {
        if waiters.isEmpty { free += 1 } else { waiters.removeFirst().resume() }
    }
}

extension Trait where Self == Seeded {
    static var seeded: Seeded { Seeded() }
}
