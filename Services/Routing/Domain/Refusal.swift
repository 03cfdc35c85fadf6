public import Contracts

/// Why an act on a case is refused.
public struct Refusal: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// This person may not.
        case forbidden
        /// The case stands elsewhere.
        case conflict
        /// What was given cannot be used.
        case invalid
    }

    public let kind: Kind
    /// The stable id of the rule.
    public let rule: String
    /// The field at fault, for what is invalid.
    public let field: String?
    public let text: LocalizedText

    init(_ kind: Kind, _ rule: String, field: String? = nil, vietnamese: String, english: String) {
        self.kind = kind
        self.rule = rule
        self.field = field
        text = LocalizedText(vietnamese: vietnamese, english: english)
    }

    init(_ fault: InvalidValue) {
        self.init(
            .invalid, fault.rule, field: fault.field, vietnamese: fault.vietnamese, english: fault.english)
    }
}

extension Refusal {
    static let ownMatter = Refusal(
        .forbidden, "own-matter", vietnamese: "Không ai được giải quyết việc của chính mình.",
        english: "Nobody decides in a matter that concerns himself.")
    static let enteredDossier = Refusal(
        .forbidden, "entered-dossier", vietnamese: "Người nhập hồ sơ không được phê duyệt hồ sơ đó.",
        english: "Whoever entered a dossier does not decide on it.")
    public static let mayNotDecide = Refusal(
        .forbidden, "no-deciding-member", vietnamese: "Chỉ đảng viên chính thức đang sinh hoạt mới được quyết định.",
        english: "Only an official, active member decides.")
    static let noRoleHere = Refusal(
        .forbidden, "no-role-here", vietnamese: "Đồng chí không giữ vai trò xử lý bước này tại tổ chức đảng này.",
        english: "You do not hold the role that acts at this step in this organisation.")
    public static let noRoleAtOrganization = Refusal(
        .forbidden, "no-role-here", vietnamese: "Đồng chí không giữ vai trò của cấp uỷ tại tổ chức đảng này.",
        english: "You do not act for the committee of this organisation.")
    static let turnPassed = Refusal(
        .conflict, "turn-passed", vietnamese: "Bước này đã được xử lý; hãy tải lại hồ sơ.",
        english: "This turn is over already; read the case again.")
    static let caseChanged = Refusal(
        .conflict, "case-changed",
        vietnamese: "Hồ sơ đã thay đổi sau khi đồng chí xem; hãy tải lại trước khi quyết định.",
        english: "The case has changed since you read it; read it again before you decide.")
    static let versionUnknown = Refusal(
        .invalid, "version.unknown", field: "version", vietnamese: "Hồ sơ chưa có phiên bản này.",
        english: "The case has no such version yet.")
    static let notRunning = Refusal(
        .conflict, "not-running", vietnamese: "Hồ sơ không còn chờ xử lý.",
        english: "The case waits for nobody's action any more.")
    static let transfersHeld = Refusal(
        .conflict, "transfers-held", vietnamese: "Chưa thể chuyển: đảng viên còn việc đang được xem xét.",
        english: "The transfer waits until another matter of the member is settled.")
    static let officesNotHandedOver = Refusal(
        .conflict, "offices-not-handed-over",
        vietnamese: "Đảng viên còn giữ chức vụ, vai trò chưa bàn giao; hãy bàn giao và xác nhận (officesHandedOver).",
        english: "The member holds offices; have them handed over and confirm it (officesHandedOver).")
    static let letterNotSigned = Refusal(
        .conflict, "letter-not-signed", vietnamese: "Giấy giới thiệu chưa ký số xong; chưa thể in và giao.",
        english: "The letter is not signed yet: it cannot be printed and handed over.")
    static let boxIsSigned = Refusal(
        .conflict, "box-signed", vietnamese: "Ô này đã ký, không sửa được.",
        english: "This box is signed and cannot be changed.")
    static let periodNotAllowed = Refusal(
        .conflict, "period-not-allowed", vietnamese: "Thời gian sinh hoạt tạm thời không đúng thời hạn cho phép.",
        english: "The stay is shorter or longer than the procedure allows.")
    static let noStay = Refusal(
        .conflict, "no-stay", vietnamese: "Đảng viên không còn sinh hoạt tạm thời ở nơi khác.",
        english: "The member has no temporary stay any more.")
    static let stayTooLong = Refusal(
        .conflict, "stay-too-long", vietnamese: "Thời gian sinh hoạt tạm thời sẽ dài quá thời hạn cho phép.",
        english: "The stay would last longer than the procedure allows.")
    static let stayDayPast = Refusal(
        .conflict, "stay-day-past", vietnamese: "Ngày kết thúc được đề nghị đã qua; hãy yêu cầu bổ sung ngày khác.",
        english: "The last day that is asked for is past; ask the applicant for another one.")
    static let stayChangedMeanwhile = Refusal(
        .conflict, "stay-changed-meanwhile",
        vietnamese: "Thời gian sinh hoạt tạm thời đã được thay đổi sau khi hồ sơ này được nộp.",
        english: "The stay was changed after this dossier was submitted.")
    static let stayDayMissing = Refusal(
        .conflict, "stay-day-missing", vietnamese: "Hồ sơ chưa nêu đúng ngày kết thúc sinh hoạt tạm thời.",
        english: "The dossier names no usable last day of the stay.")
    static let purposeMissing = Refusal(
        .conflict, "purpose-missing", vietnamese: "Hồ sơ chưa nêu đúng mục đích lấy ý kiến.",
        english: "The dossier names no purpose of the opinion.")
    static let opinionNotDue = Refusal(
        .conflict, "opinion-not-due",
        vietnamese: "Đảng viên được miễn sinh hoạt nơi cư trú, không lấy ý kiến hằng năm.",
        english: "A member exempt from activity at the place of residence gets no annual opinion.")
    static let supplementAwaited = Refusal(
        .conflict, "supplement-awaited", vietnamese: "Hồ sơ đang chờ người nộp bổ sung.",
        english: "The case waits for the applicant's supplement already.")
    static let boxNotYours = Refusal(
        .forbidden, "box-not-yours", vietnamese: "Chỉ tổ chức đã ký ô này được đính chính.",
        english: "Only the organisation that signed the box corrects it.")
    static let firstBoxStands = Refusal(
        .conflict, "first-box", vietnamese: "Ô 1 sai thì phải huỷ giấy giới thiệu và cấp lại.",
        english: "An error in box 1 needs the letter cancelled and issued anew.")
    static let letterUsed = Refusal(
        .conflict, "letter-used", vietnamese: "Đảng viên đã được tiếp nhận, giấy giới thiệu không huỷ được nữa.",
        english: "The member is admitted; the letter cannot be cancelled any more.")
    static let letterCancelled = Refusal(
        .conflict, "letter-cancelled", vietnamese: "Giấy giới thiệu của lượt này đã bị huỷ.",
        english: "The letter of this turn was cancelled before.")
    static let unknownAction = Refusal(
        .invalid, "action.unknown", field: "action", vietnamese: "Bước này không có thao tác như vậy.",
        english: "There is no such action at this step.")
    static let textMissing = Refusal(
        .invalid, "text.required", field: "text", vietnamese: "Phải ghi nội dung hoặc lý do.",
        english: "A text or reason is needed.")
    static let textTooLong = Refusal(
        .invalid, "text.length", field: "text", vietnamese: "Nội dung dài quá 2.000 ký tự.",
        english: "The text is longer than 2,000 characters.")
    static let textUnprintable = Refusal(
        .invalid, "text.unprintable", field: "text", vietnamese: "Nội dung có ký tự không in được.",
        english: "The text holds characters that cannot be printed.")

    static func fieldMissing(_ name: String) -> Refusal {
        Refusal(
            .invalid, "field.required", field: "fields.\(name)", vietnamese: "Thiếu dữ liệu bắt buộc.",
            english: "This field is required.")
    }

    static func gradeUnknown(_ name: String, _ known: [String]) -> Refusal {
        Refusal(
            .invalid, "grade.unknown", field: "fields.\(name)",
            vietnamese: "Mức phải là một trong: \(known.joined(separator: ", ")).",
            english: "The grade must be one of: \(known.joined(separator: ", ")).")
    }

    static func fieldUnknown(_ name: String) -> Refusal {
        Refusal(
            .invalid, "field.unknown", field: "fields.\(name)", vietnamese: "Thao tác này không nhận dữ liệu đó.",
            english: "The action takes no such field.")
    }

    static func identifier(_ name: String) -> Refusal {
        Refusal(
            .invalid, "identifier.form", field: "fields.\(name)", vietnamese: "Mã định danh không hợp lệ.",
            english: "Not a valid identifier.")
    }

    static func confirmation(_ name: String) -> Refusal {
        Refusal(
            .invalid, "confirmation.form", field: "fields.\(name)", vietnamese: "Chỉ nhận giá trị true để xác nhận.",
            english: "Only true is taken, as a confirmation.")
    }

    static func outOfRange(_ name: String, _ vietnamese: String, _ english: String) -> Refusal {
        Refusal(.invalid, "field.range", field: "fields.\(name)", vietnamese: vietnamese, english: english)
    }

    static func unroutable(_ fault: RouteFault) -> Refusal {
        Refusal(
            .invalid, fault.rawValue, field: "fields.destinationCellId",
            vietnamese: "Không chuyển được đến tổ chức này.",
            english: "The case cannot be sent to this organisation.")
    }
}
