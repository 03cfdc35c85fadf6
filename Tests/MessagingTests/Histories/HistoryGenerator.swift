import TestStack

/// Draws histories; the same seed draws the same one.
///
/// Each history has its own weather: some families of faults never happen in it and others all the time. Where everything
/// happens a little, three faults hardly ever meet.
struct HistoryGenerator {
    private struct Kind: Sendable {
        var weight: Int
        let family: Family
        let make: @Sendable (inout SeededGenerator) -> Step

        init(_ weight: Int, _ family: Family, _ make: @escaping @Sendable (inout SeededGenerator) -> Step) {
            self.weight = weight
            self.family = family
            self.make = make
        }
    }

    private enum Family: CaseIterable {
        case work, rollingBack, delivery, lead, cluster, batch, ownership
    }

    private var random: SeededGenerator
    private var kinds: [Kind]

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        kinds = Self.all
        for family in Family.allCases where family != .work {
            let factor = [0, 0, 1, 5].randomElement(using: &random) ?? 1
            for index in kinds.indices where kinds[index].family == family { kinds[index].weight *= factor }
        }
    }

    mutating func history(steps: Int) -> [Step] { (0..<steps).map { _ in step() } }

    private mutating func step() -> Step {
        var place = Int.random(in: 0..<kinds.reduce(0) { $0 + $1.weight }, using: &random)
        let kind = kinds.first { kind in
            place -= kind.weight
            return place < 0
        }
        return kind?.make(&random) ?? .relayReads
    }

    private static let all: [Kind] = [
        Kind(14, .work) { .append(writer: writer(&$0), key: key(&$0)) },
        Kind(10, .work) { .commit(writer: writer(&$0)) },
        Kind(11, .work) { _ in .relayReads },
        Kind(14, .work) { .relaySends(.random(in: 1...2, using: &$0)) },
        Kind(11, .work) { _ in .relayFinishes },
        Kind(8, .work) { .fetch(.random(in: 1...3, using: &$0)) },
        Kind(7, .work) { _ in .apply(.committed) },
        Kind(2, .rollingBack) { .begin(writer: writer(&$0)) },
        Kind(2, .rollingBack) { .rollBack(writer: writer(&$0)) },
        Kind(2, .delivery) { _ in .relayLosesConfirmation },
        Kind(2, .delivery) { _ in .relayAttemptFails },
        Kind(1, .delivery) { _ in .relayFinishesUnheard },
        Kind(2, .delivery) { _ in .relayCrashes },
        Kind(4, .lead) { _ in .relaySaysStateAgain },
        Kind(4, .lead) { _ in .relayFreezes },
        Kind(4, .lead) { .relayThaws(sending: .random(in: 0...2, using: &$0)) },
        Kind(1, .cluster) { _ in .brokerReplaced },
        Kind(1, .cluster) { _ in .brokerReturns },
        Kind(6, .batch) { .apply(ending(&$0)) },
        Kind(3, .ownership) { .applyLate(ending(&$0)) },
        Kind(2, .ownership) { _ in .rebalance },
        Kind(1, .ownership) { _ in .projectionEmptied },
    ]

    private static func writer(_ random: inout SeededGenerator) -> Int { .random(in: 0..<Step.writers, using: &random) }
    private static func key(_ random: inout SeededGenerator) -> Int { .random(in: 0..<Step.keys, using: &random) }
    private static func ending(_ random: inout SeededGenerator) -> Step.Ending {
        Step.Ending.allCases.randomElement(using: &random) ?? .committed
    }
}
