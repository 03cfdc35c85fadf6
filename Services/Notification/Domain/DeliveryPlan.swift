public import Contracts
public import Foundation

/// What becomes of a delivery after an attempt.
public enum DeliveryOutcome: Sendable, Hashable {
    case sent
    /// The other side did not take it, or did not answer; it may next time.
    case failed(reason: String)
    /// It will never be taken: a wrong address, a refused content.
    case refused(reason: String)
}

/// When a delivery is tried again, as a pure decision.
public struct DeliveryPlan: Sendable {
    /// Attempts before it is given up (C).
    public let attempts: Int
    /// The pause after the first failed attempt, doubled each time, in seconds (C).
    public let firstPause: TimeInterval
    public let longestPause: TimeInterval

    public init(attempts: Int = 12, firstPause: TimeInterval = 5, longestPause: TimeInterval = 3_600) {
        self.attempts = attempts
        self.firstPause = firstPause
        self.longestPause = longestPause
    }

    /// The moment of the next attempt; nil when it is over, well or not.
    public func next(after outcome: DeliveryOutcome, attempt: Int, now: Date) -> Date? {
        guard case .failed = outcome, attempt < attempts else { return nil }
        let pause = firstPause * Double(1 << min(attempt - 1, 20))
        return now.addingTimeInterval(min(pause, longestPause))
    }
}

/// Which of a member's channels a rule may use: those he has and has agreed to.
public func usableChannels(_ wanted: [NoticeChannel], of channels: MemberState.Channels) -> [(NoticeChannel, String)] {
    wanted.compactMap { channel in
        switch channel {
        case .email: channels.consent.email ? channels.email.map { (channel, $0) } : nil
        case .sms: channels.consent.sms ? channels.phone.map { (channel, $0) } : nil
        default: nil
        }
    }
}
