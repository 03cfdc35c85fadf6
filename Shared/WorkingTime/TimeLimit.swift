public import Contracts

/// A time limit (thời hạn) in working time; in JSON `{"workingHours": 8}` or `{"workingDays": 2}`.
public enum TimeLimit: Hashable, Sendable {
    case workingHours(Int)
    case workingDays(Int)

    /// The largest number accepted.
    public static let largest = 5_000

    /// Throws unless the number is between 1 and `largest`.
    public func check(field: String = "limit") throws(InvalidValue) {
        let number =
            switch self {
            case .workingHours(let number), .workingDays(let number): number
            }
        guard (1...TimeLimit.largest).contains(number) else {
            throw InvalidValue(
                field: field, rule: "limit.range", vietnamese: "Thời hạn phải từ 1 đến \(TimeLimit.largest).",
                english: "The limit must be between 1 and \(TimeLimit.largest).")
        }
    }
}

extension TimeLimit: Codable {
    private enum CodingKeys: String, CodingKey {
        case workingHours
        case workingDays
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let hours = try container.decodeIfPresent(Int.self, forKey: .workingHours)
        let days = try container.decodeIfPresent(Int.self, forKey: .workingDays)
        switch (hours, days) {
        case (let hours?, nil): self = .workingHours(hours)
        case (nil, let days?): self = .workingDays(days)
        default:
            throw DecodingError.dataCorrupted(
                .init(codingPath: container.codingPath, debugDescription: "either workingHours or workingDays"))
        }
        try check(field: container.codingPath.map(\.stringValue).joined(separator: "."))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .workingHours(let hours): try container.encode(hours, forKey: .workingHours)
        case .workingDays(let days): try container.encode(days, forKey: .workingDays)
        }
    }
}
