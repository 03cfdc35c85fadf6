/// The ways a notice reaches somebody.
public enum NoticeChannel: String, Codable, Hashable, Sendable, CaseIterable {
    /// The account on the portal.
    case portal
    case email
    case sms
    /// The app.
    case push
}
