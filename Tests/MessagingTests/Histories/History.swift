/// A history that can be drawn again, and cut down to what matters in it.
struct History: CustomStringConvertible {
    let seed: UInt64
    private(set) var steps: [Step]

    init(seed: UInt64, steps count: Int) {
        self.seed = seed
        var generator = HistoryGenerator(seed: seed)
        steps = generator.history(steps: count)
    }

    /// Without the steps that the violation does not need.
    func shortest(where isViolated: ([Step]) -> Bool) -> History {
        var copy = self
        var index = 0
        while index < copy.steps.count {
            var fewer = copy.steps
            fewer.remove(at: index)
            if isViolated(fewer) { copy.steps = fewer } else { index += 1 }
        }
        return copy
    }

    var description: String {
        "HOSO_TEST_SEED=\(seed)\n" + steps.map { "  \($0)" }.joined(separator: "\n")
    }
}
