public import Foundation

/// The moment at which a time limit ends, with the calendar it was computed from.
public struct Deadline: Codable, Hashable, Sendable {
    /// The end of the limit.
    public let at: Date
    /// The version of the official calendar used.
    public let calendarVersion: String
    /// Whether a year without an announced calendar was touched, so that the moment may still change.
    public let provisional: Bool

    public init(at: Date, calendarVersion: String, provisional: Bool) {
        self.at = at
        self.calendarVersion = calendarVersion
        self.provisional = provisional
    }
}
