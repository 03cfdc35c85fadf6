import TestStack
import Testing

/// Prints the seed at the start of each test, so that what it has drawn can be drawn again.
struct Seeded: TestTrait, SuiteTrait, TestScoping {
    var isRecursive: Bool { true }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        print("\(test.id): HOSO_TEST_SEED=\(SeededGenerator.seed)")
        try await function()
    }
}

extension Trait where Self == Seeded {
    static var seeded: Seeded { Seeded() }
}
