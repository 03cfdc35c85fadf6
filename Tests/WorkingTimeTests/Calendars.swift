import Contracts
import Foundation
import WorkingTime

/// The calendar that ships, default hours.
func standard(rules: DeadlineRules = .standard) throws -> WorkingTime {
    WorkingTime(calendar: try OfficialCalendar.bundled(), rules: rules)
}

/// A moment in Vietnam, written `2026-11-20 15:30`.
func at(_ text: String) throws -> Date {
    let parts = text.split(separator: " ")
    let seconds = parts[1].split(separator: ":").count == 2 ? ":00" : ""
    guard let moment = RFC3339.moment(of: "\(parts[0])T\(parts[1])\(seconds)+07:00") else {
        throw InvalidValue(field: text, rule: "test", vietnamese: "", english: "not a moment")
    }
    return moment
}

/// The same, to read in a failed expectation.
func local(_ moment: Date?) -> String {
    guard let moment else { return "none" }
    let text = RFC3339.text(of: moment.addingTimeInterval(7 * 3_600))
    let cut = text.hasSuffix(":00.000Z") ? 8 : 1
    return text.dropLast(cut).replacingOccurrences(of: "T", with: " ")
}

/// The rule that an act breaks, or nil when it breaks none.
func brokenRule(_ act: () throws -> Void) -> String? {
    do {
        try act()
        return nil
    } catch let fault as InvalidValue {
        return fault.rule
    } catch {
        return "another error: \(error)"
    }
}
