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

/// Numbers that depend on the seed alone.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
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
