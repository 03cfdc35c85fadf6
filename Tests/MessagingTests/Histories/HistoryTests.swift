import TestStack
import Testing

@Suite("Random histories of the model")
struct HistoryTests {
    @Test("the promises hold in every history, whatever fails at whatever step")
    func model() {
        for crash in ["C2", "C3", "C4", "C5"] {
            FaultRecord.note(crash, "random histories of the model, a failure at any step", seed: SeededGenerator.seed)
        }
        for number in 0..<2_000 {
            let history = History(seed: SeededGenerator.seed &+ UInt64(number), steps: 100)
            guard MessagingModel.violation(in: history.steps) != nil else { continue }
            let shortest = history.shortest { MessagingModel.violation(in: $0) != nil }
            let violation = MessagingModel.violation(in: shortest.steps)
            Issue.record("\(violation.map(String.init(describing:)) ?? "")\n\(shortest)")
            return
        }
    }

    @Test("a seed draws the same history again")
    func repeatable() {
        #expect(History(seed: 7, steps: 100).steps == History(seed: 7, steps: 100).steps)
        #expect(History(seed: 7, steps: 100).steps != History(seed: 8, steps: 100).steps)
    }
}
