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

    @Test("a batch of a cluster that was replaced, applied after its reader went over, does not move the reader")
    func batchOfAnEarlierCluster() {
        let history: [Step] = [
            .append(writer: 1, key: 2), .append(writer: 0, key: 0), .commit(writer: 1), .commit(writer: 0), .relayReads,
            .relayLosesConfirmation, .fetch(2), .apply(.crashedAfter), .relayCrashes, .relayReads,
            .relayLosesConfirmation, .append(writer: 0, key: 1), .fetch(1), .relayCrashes, .brokerReplaced, .rebalance,
            .rebalance,
        ]
        #expect(MessagingModel.violation(in: history) == nil)
    }

    @Test("a seed draws the same history again")
    func repeatable() {
        #expect(History(seed: 7, steps: 100).steps == History(seed: 7, steps: 100).steps)
        #expect(History(seed: 7, steps: 100).steps != History(seed: 8, steps: 100).steps)
    }
}
