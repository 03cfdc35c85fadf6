public import Foundation

/// How long to wait before a gateway is asked again.
public struct GrowingPause: Hashable, Sendable {
    /// After the first question, in seconds.
    public let first: TimeInterval
    /// Each pause is so many times the one before, at least once.
    public let factor: Double
    /// No pause is longer, in seconds.
    public let longest: TimeInterval

    public init(first: TimeInterval, factor: Double, longest: TimeInterval) {
        self.first = first
        self.factor = max(factor, 1)
        self.longest = longest
    }

    /// The pause after so many questions.
    public func after(_ asked: Int) -> TimeInterval {
        min(first * pow(factor, Double(max(asked, 1) - 1)), longest)
    }
}
