public import Contracts
import Foundation

extension OfficialCalendar {
    /// The calendar that comes with this program; a newer one is loaded with `init(json:)`.
    public static func bundled() throws(InvalidValue) -> OfficialCalendar {
        try OfficialCalendar(json: PackageResources.calendar_vn_json)
    }

    /// The calendar of a JSON document, or what is wrong with it and where.
    public init(json: [UInt8]) throws(InvalidValue) {
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: Data(json))
        } catch let error as DecodingError {
            throw CalendarFault.json.at(error.place)
        } catch {
            throw CalendarFault.json.at("calendar")
        }
        guard document.timeZone == "Asia/Ho_Chi_Minh" else { throw CalendarFault.timeZone.at("timeZone") }
        var weekdays: Set<Int> = []
        for name in document.workingWeekdays {
            guard let index = Document.weekdays.firstIndex(of: name), weekdays.insert(index + 1).inserted else {
                throw CalendarFault.weekdays.at("workingWeekdays")
            }
        }
        var years: [Int: Year] = [:]
        for (name, year) in document.years.sorted(by: { $0.key < $1.key }) {
            guard let number = Int(name), name == String(number) else { throw CalendarFault.year.at("years.\(name)") }
            years[number] = Year(
                holidays: try Document.days(year.holidays, field: "years.\(name).holidays"),
                workingDays: try Document.days(year.workingSaturdays ?? [], field: "years.\(name).workingSaturdays"),
                provisional: year.provisional ?? false)
        }
        try self.init(
            version: document.version, workingWeekdays: weekdays,
            officeHours: try OfficeHours(texts: document.officeHours), years: years)
    }

    private struct Document: Decodable {
        struct Year: Decodable {
            let holidays: [String]
            let workingSaturdays: [String]?
            let provisional: Bool?
        }

        static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

        let timeZone: String
        let version: String
        let workingWeekdays: [String]
        let officeHours: [[String]]
        let years: [String: Year]

        static func days(_ texts: [String], field: String) throws(InvalidValue) -> Set<Day> {
            var days: Set<Day> = []
            for (index, text) in texts.enumerated() {
                let place = "\(field)[\(index)]"
                guard days.insert(try Day(checking: text, field: place)).inserted else {
                    throw CalendarFault.twice.at(place)
                }
            }
            return days
        }
    }
}

extension DecodingError {
    /// The path in the document, as far as it is known.
    fileprivate var place: String {
        let path: [any CodingKey] =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                context.codingPath
            case .keyNotFound(let key, let context): context.codingPath + [key]
            @unknown default: []
            }
        return path.isEmpty ? "calendar" : path.map(\.stringValue).joined(separator: ".")
    }
}
