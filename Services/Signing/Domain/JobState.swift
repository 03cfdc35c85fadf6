public import Foundation

/// Where a signature job stands.
public enum JobState: String, Hashable, Sendable, CaseIterable {
    /// To be signed, now or after a wait.
    case waiting
    /// Signed, registered and told.
    case issued
    /// It cannot be signed as it was asked for; a new request is needed.
    case failed
    /// What was asked for cannot be read: it was set aside for a person, who makes it wait again after the repair.
    case unreadable
}

/// Why a job was not done this time.
public enum JobFailure: Error, Hashable, Sendable {
    /// What was asked for cannot become a document: trying again gives the same. The reason is a stable name.
    case ofRequest(String)
    /// The seal, the register or the machine is at fault: tried again. The reason is a stable name.
    case ofSurroundings(String)

    public var reason: String {
        switch self {
        case .ofRequest(let reason), .ofSurroundings(let reason): reason
        }
    }
}

/// When a job is tried again: soon, then at twice the distance each time, up to a limit.
public struct RetrySchedule: Hashable, Sendable {
    /// In seconds.
    public let first: TimeInterval
    /// In seconds.
    public let longest: TimeInterval
    /// The attempt with which the case is told that its result is late.
    public let announcedAt: Int

    public init(first: TimeInterval, longest: TimeInterval, announcedAt: Int) {
        self.first = first
        self.longest = longest
        self.announcedAt = announcedAt
    }

    /// What follows from a failure.
    public enum Consequence: Hashable, Sendable {
        case retry(at: Date, announced: Bool)
        case giveUp
    }

    /// - Parameter attempt: how often it was tried, this time included.
    public func consequence(of failure: JobFailure, attempt: Int, now: Date) -> Consequence {
        switch failure {
        case .ofRequest: .giveUp
        case .ofSurroundings:
            .retry(
                at: now.addingTimeInterval(min(longest, first * pow(2, Double(min(max(attempt, 1), 40) - 1)))),
                announced: attempt == announcedAt)
        }
    }
}
