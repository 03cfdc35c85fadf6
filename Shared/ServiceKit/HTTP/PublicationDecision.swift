public import Contracts

/// The decision (quyết định công bố) by which rules or definitions are published, changed or replaced.
public struct PublicationDecision: Codable, Hashable, Sendable {
    public let number: String
    public let day: Day
    /// Who decided.
    public let body: String

    /// As it is kept.
    public init(number: String, day: Day, body: String) {
        self.number = number
        self.day = day
        self.body = body
    }

    /// As somebody entered it.
    public struct Entry: Decodable, Sendable {
        let number: String
        let day: String
        let body: String

        /// The decision, when it can be one: of today at the latest.
        public func checked(today: Day) throws(InvalidValue) -> PublicationDecision {
            let day = try Day(checking: day, field: "decision.day")
            try EnteredText.requirePast(day, today: today, field: "decision.day")
            return PublicationDecision(
                number: try EnteredText.line(number, field: "decision.number"), day: day,
                body: try EnteredText.line(body, field: "decision.body"))
        }
    }
}

/// What holds of what people enter about a decision.
public enum EnteredText {
    /// The longest number, name or reason.
    private static let longest = 200

    /// One line of text.
    public static func line(_ text: String, field: String) throws(InvalidValue) -> String {
        guard (1...longest).contains(text.count), text.contains(where: { !$0.isWhitespace }),
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else {
            throw InvalidValue(
                field: field, rule: "text.line", vietnamese: "Phải là một dòng từ 1 đến \(longest) ký tự.",
                english: "It must be one line of 1 to \(longest) characters.")
        }
        return text
    }

    /// A decision cannot be of a day to come.
    public static func requirePast(_ day: Day, today: Day, field: String) throws(InvalidValue) {
        guard day <= today else {
            throw InvalidValue(
                field: field, rule: "decision.later", vietnamese: "Ngày quyết định không được sau hôm nay.",
                english: "The day of the decision must not be after today.")
        }
    }
}
