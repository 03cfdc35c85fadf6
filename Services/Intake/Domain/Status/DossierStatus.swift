public import Contracts

/// Where a dossier stands, as those entitled see it (article 5.8).
public enum DossierStatus: String, Codable, Hashable, Sendable, CaseIterable {
    /// Acknowledged; nobody has acted yet.
    case received
    case inProgress = "in-progress"
    /// A body asked the applicant for what is missing: the clock stands until it comes.
    case awaitingSupplement = "awaiting-supplement"
    /// Nobody was found to act, or a body returned it: a person decides how it goes on.
    case onHold = "on-hold"
    /// Everything is decided; the result is being signed.
    case awaitingResult = "awaiting-result"
    /// The signed result is there.
    case resultIssued = "result-issued"
    case completed
    case refused
    case withdrawn

    /// Whether nothing more happens to the dossier.
    public var isFinal: Bool {
        switch self {
        case .completed, .refused, .withdrawn: true
        case .received, .inProgress, .awaitingSupplement, .onHold, .awaitingResult, .resultIssued: false
        }
    }

    /// The status in words.
    public var text: LocalizedText {
        switch self {
        case .received: LocalizedText(vietnamese: "Đã tiếp nhận", english: "Received")
        case .inProgress: LocalizedText(vietnamese: "Đang xử lý", english: "In progress")
        case .awaitingSupplement: LocalizedText(vietnamese: "Chờ bổ sung hồ sơ", english: "Waiting for your supplement")
        case .onHold: LocalizedText(vietnamese: "Chờ xem xét", english: "Waiting for a decision on the way")
        case .awaitingResult: LocalizedText(vietnamese: "Chờ ký kết quả", english: "The result is being signed")
        case .resultIssued: LocalizedText(vietnamese: "Đã có kết quả", english: "The result was issued")
        case .completed: LocalizedText(vietnamese: "Đã hoàn thành", english: "Completed")
        case .refused: LocalizedText(vietnamese: "Không được chấp thuận", english: "Refused")
        case .withdrawn: LocalizedText(vietnamese: "Đã rút hồ sơ", english: "Withdrawn")
        }
    }
}
