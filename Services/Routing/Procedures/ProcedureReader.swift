import Contracts
import RoutingDomain
import WorkingTime

/// Reads the values of a definition and goes on after a fault, so that an author is told all of them at once.
struct ProcedureReader {
    private(set) var faults: [ProcedureFileFault] = []
    /// Whether something is unreadable without which the rules of a definition would find faults that are none.
    private(set) var isIncomplete = false

    /// Notes a fault.
    mutating func note(_ fault: ProcedureFileFault, isIncomplete: Bool = false) {
        faults.append(fault)
        if isIncomplete { self.isIncomplete = true }
    }

    /// The values of a mapping, which must have some keys and may have others; every stray and missing one is noted.
    mutating func fields(
        _ place: YAMLPlace, required: [String] = [], optional: [String] = []
    ) -> [String: YAMLPlace] {
        var fields: [String: YAMLPlace] = [:]
        do {
            for (key, name, value) in try place.entries() {
                if required.contains(name) || optional.contains(name) {
                    fields[name] = value
                } else {
                    note(key.fault("key.unknown", "unknown key \(name)", "khoá \(name) không có nghĩa"))
                }
            }
        } catch {
            note(error, isIncomplete: true)
            return fields
        }
        for name in required where fields[name] == nil {
            note(
                place.fault("key.missing", "the key \(name) is missing", "thiếu khoá \(name)"), isIncomplete: true)
        }
        return fields
    }

    /// The elements of a list; none where there is no list.
    mutating func list(_ place: YAMLPlace?) -> [YAMLPlace] {
        value(place, [], isVital: true) { place throws(ProcedureFileFault) in try place.list() }
    }

    mutating func text(_ place: YAMLPlace?, isVital: Bool = false) -> String {
        value(place, "", isVital: isVital) { place throws(ProcedureFileFault) in try place.text() }
    }

    mutating func integer(_ place: YAMLPlace?, _ fallback: Int = 1) -> Int {
        value(place, fallback) { place throws(ProcedureFileFault) in try place.integer() }
    }

    mutating func flag(_ place: YAMLPlace?) -> Bool {
        value(place, false) { place throws(ProcedureFileFault) in try place.flag() }
    }

    mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ place: YAMLPlace?, _ fallback: Word, isVital: Bool = false
    ) -> Word {
        value(place, fallback, isVital: isVital) { place throws(ProcedureFileFault) in try place.word() }
    }

    /// The value, or the fallback where it is absent or cannot be read.
    ///
    /// - Parameter isVital: Whether the fallback would make the rules find faults that are none.
    mutating func value<Value>(
        _ place: YAMLPlace?, _ fallback: Value, isVital: Bool = false,
        _ read: (YAMLPlace) throws(ProcedureFileFault) -> Value
    ) -> Value {
        guard let place else { return fallback }
        do {
            return try read(place)
        } catch {
            note(error, isIncomplete: isVital)
            return fallback
        }
    }

    /// Vietnamese and English.
    mutating func title(_ place: YAMLPlace?) -> LocalizedText {
        guard let place else { return LocalizedText(vietnamese: "", english: "") }
        let fields = fields(place, required: ["vi", "en"])
        return LocalizedText(vietnamese: text(fields["vi"]), english: text(fields["en"]))
    }

    /// Working days or working hours.
    mutating func timeLimit(_ place: YAMLPlace?) -> TimeLimit {
        guard let place else { return .workingDays(1) }
        return timeLimit(in: fields(place, optional: ["workingDays", "workingHours"]), at: place)
    }

    /// Working days or working hours among the values of a mapping.
    mutating func timeLimit(in given: [String: YAMLPlace], at place: YAMLPlace) -> TimeLimit {
        switch (given["workingDays"], given["workingHours"]) {
        case (let days?, nil): return .workingDays(integer(days))
        case (nil, let hours?): return .workingHours(integer(hours))
        default:
            note(
                place.fault(
                    "limit.missing", "must have either workingDays or workingHours",
                    "phải có workingDays hoặc workingHours"))
            return .workingDays(1)
        }
    }

    /// Working time, or the next regular meeting.
    mutating func stepLimit(_ place: YAMLPlace?) -> StepLimit {
        guard let place, let entries = try? place.entries() else {
            return .working(timeLimit(place))
        }
        guard entries.contains(where: { $0.name == "nextMeeting" }) else { return .working(timeLimit(place)) }
        guard entries.count == 1, let meeting = entries.first?.value else {
            note(place.fault("limit.twice", "nextMeeting stands alone", "nextMeeting phải đứng một mình"))
            return .nextMeeting(atMostDays: 1)
        }
        return .nextMeeting(atMostDays: integer(fields(meeting, required: ["atMostDays"])["atMostDays"]))
    }
}
