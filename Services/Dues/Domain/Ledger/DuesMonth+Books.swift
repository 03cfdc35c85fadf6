public import Contracts
public import Foundation

/// A month of the books is that of the moment of posting in Vietnam.
extension DuesMonth {
    /// Whoever posted in the last moment of a month has committed an hour later.
    private static let grace: TimeInterval = 3_600

    public var start: Date { firstDay.start }
    /// The first moment that is not of the month any more.
    public var end: Date { next.start }
    /// From when on it can be closed.
    public var closableFrom: Date { end.addingTimeInterval(Self.grace) }
}
