import ServiceTestKit
import TestSeed
import TestStack
import Testing

@testable import Dues

@Suite("Whole histories of a member's money")
struct MoneyHistoryTests {
    @Test(
        "whatever comes in whatever order, killed in the middle or not: no đồng twice, and everything comes to its end")
    func histories() async throws {
        FaultRecord.note(
            "S2", "callbacks, files, refunds and decisions of one order by chance, killed in the middle",
            seed: SeededGenerator.seed)
        FaultRecord.note(
            "G5", "success, failure, refunds and charge-backs of one order in any order", seed: SeededGenerator.seed)
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            var numbers = SeededGenerator(seed: SeededGenerator.seed)
            try await MoneyHistory.plantDoom(refunds.scene)
            _ = try await SettledFile.vnpay.bring([], day: "2026-11-20", refunds.scene)
            for round in 1...4 {
                var history = try await MoneyHistory(refunds, paper, round: round, numbers)
                for _ in 0..<10 { try await history.step() }
                try await history.finish()
                numbers = history.numbers
            }
        }
    }
}
