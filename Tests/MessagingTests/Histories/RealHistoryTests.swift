import TestStack
import Testing

@Suite("Random histories on PostgreSQL")
struct RealHistoryTests {
    @Test("the promises hold in the product too")
    func product() async throws {
        for number in 0..<20 {
            let history = History(seed: SeededGenerator.seed &+ UInt64(number), steps: 80)
            let violation = try await RealMessaging.violation(in: history.steps, on: .make())
            guard let violation else { continue }
            Issue.record("\(violation)\n\(history)")
            return
        }
    }
}
