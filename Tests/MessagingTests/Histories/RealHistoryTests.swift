import TestStack
import Testing

@Suite("Random histories on PostgreSQL")
struct RealHistoryTests {
    @Test("the promises hold in the product too")
    func product() async throws {
        for crash in ["C2", "C3", "C4", "C5"] {
            FaultRecord.note(crash, "random histories on PostgreSQL, a failure at any step", seed: SeededGenerator.seed)
        }
        for number in 0..<20 {
            let history = History(seed: SeededGenerator.seed &+ UInt64(number), steps: 80)
            let violation = try await RealMessaging.violation(in: history.steps, on: .make())
            guard let violation else { continue }
            Issue.record("\(violation)\n\(history)")
            return
        }
    }
}
