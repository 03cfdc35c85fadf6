public import Contracts
public import Foundation

extension DeadlineClock {
    /// The limit of article 14.3: an incomplete dossier is told of within 8 working hours.
    public static let completenessLimit = TimeLimit.workingHours(8)

    /// Extends the limit once, as article 14.3 allows for what is complex.
    ///
    /// - Parameters:
    ///   - hours: Further working hours, at most as many as the rules say.
    ///   - reason: What the applicant is told.
    ///   - isComplex: Whether the procedure or the dossier is marked complex.
    ///   - moment: When the reason is sent, before the first limit ends.
    public mutating func extend(
        byHours hours: Int, reason: String, isComplex: Bool, at moment: Date, in time: WorkingTime
    ) throws(InvalidValue) {
        guard case .workingHours = limit else { throw ExtensionFault.notInHours.fault }
        guard isComplex else { throw ExtensionFault.notComplex.fault }
        guard self.extension == nil else { throw ExtensionFault.twice.fault }
        guard hours > 0, hours <= time.rules.maximumExtensionHours else { throw ExtensionFault.tooLong.fault }
        guard reason.contains(where: { !$0.isWhitespace }) else { throw ExtensionFault.noReason.fault }
        guard moment >= startedAt else { throw ClockFault.backwards.fault }
        if let end = deadline(in: time)?.at, moment >= end { throw ExtensionFault.tooLate.fault }
        self.extension = Extension(hours: hours, reason: reason, grantedAt: moment)
    }
}

/// Why a limit cannot be extended.
enum ExtensionFault: String {
    case notInHours = "extension.not-in-hours"
    case notComplex = "extension.not-complex"
    case twice = "extension.twice"
    case tooLong = "extension.too-long"
    case noReason = "extension.no-reason"
    case tooLate = "extension.too-late"

    var fault: InvalidValue {
        let (field, vietnamese, english) = texts
        return InvalidValue(field: field, rule: rawValue, vietnamese: vietnamese, english: english)
    }

    private var texts: (String, String, String) {
        switch self {
        case .notInHours:
            ("limit", "Chỉ gia hạn thời hạn tính theo giờ làm việc.", "Only a limit in working hours can be extended.")
        case .notComplex:
            ("isComplex", "Chỉ gia hạn với trường hợp phức tạp.", "Only what is complex can be extended.")
        case .twice: ("extension", "Thời hạn đã được gia hạn một lần.", "The limit was extended once already.")
        case .tooLong: ("hours", "Thời gian gia hạn vượt mức cho phép.", "The extension is longer than allowed.")
        case .noReason: ("reason", "Phải nêu rõ lý do gia hạn.", "The reason must be stated.")
        case .tooLate:
            ("at", "Phải thông báo gia hạn trước khi hết hạn.", "It must be told before the first limit ends.")
        }
    }
}
