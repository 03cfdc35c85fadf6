import Testing

@Suite("Broken variants of messaging")
struct BrokenVariantsTests {
    /// Always the same histories: whether a variant is caught does not depend on luck.
    static let histories = (1...3_000).map { History(seed: $0, steps: 100) }

    @Test("each is caught", arguments: Defect.allCases)
    func caught(defect: Defect) throws {
        let first = Self.histories.first { MessagingModel.violation(in: $0.steps, defect: defect) != nil }
        let history = try #require(first, "\(defect) is not caught")
        #expect(MessagingModel.violation(in: history.steps) == nil, "the history is no proof: \(history)")
    }
}
