import Contracts

/// What is wrong with a record of figures that could be read.
enum FigureFault: String, CaseIterable, Sendable {
    /// Neither a personal ID nor an insurance number.
    case noPerson = "no-person"
    /// Nobody here has the number.
    case unknownPerson = "unknown-person"
    /// Personal ID and insurance number are those of two people.
    case twoPersons = "two-persons"
    /// A month to come, one too long ago, or another than was asked for.
    case monthOutside = "month-outside"
    /// The same employer says two amounts for one month.
    case twice = "figure-twice"

    var field: String {
        switch self {
        case .noPerson, .unknownPerson: "personalId"
        case .twoPersons: "insuranceNumber"
        case .monthOutside: "month"
        case .twice: "amount"
        }
    }

    /// Whether it says that the file is wrong: people whom nobody knows here may well stand in a right one.
    var isOfFile: Bool { self != .unknownPerson }

    /// What a person reads.
    var text: LocalizedText {
        switch self {
        case .noPerson:
            say(
                "Thiếu cả số định danh cá nhân và mã số bảo hiểm xã hội.",
                "Neither a personal ID nor an insurance number.")
        case .unknownPerson: say("Không có đảng viên mang số này.", "No member has this number.")
        case .twoPersons:
            say("Số định danh và mã số bảo hiểm là của hai người.", "The two numbers are those of two people.")
        case .monthOutside:
            say(
                "Tháng ở trong tương lai, đã quá lâu, hoặc không phải tháng được hỏi.",
                "The month lies ahead, too far back, or was not asked for.")
        case .twice:
            say("Cùng một đơn vị có hai số khác nhau trong tháng.", "The same employer has two amounts for the month.")
        }
    }

    private func say(_ vietnamese: String, _ english: String) -> LocalizedText {
        LocalizedText(vietnamese: vietnamese, english: english)
    }
}
