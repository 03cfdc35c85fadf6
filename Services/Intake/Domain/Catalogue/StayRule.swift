import Contracts

/// A stay that a form asks for: its first and last day, why, and for how long the reason allows it.
public struct StayRule: Codable, Hashable, Sendable {
    /// An allowed length in months. One of `atMost` and `under` is given.
    public struct Length: Codable, Hashable, Sendable {
        public let atLeast: Int
        public let atMost: Int?
        public let under: Int?

        public init(atLeast: Int, atMost: Int? = nil, under: Int? = nil) {
            self.atLeast = atLeast
            self.atMost = atMost
            self.under = under
        }

        /// The last day of the longest stay that begins on a day.
        func lastDay(from day: Day) -> Day {
            atMost.map { day.adding(months: $0).adding(days: -1) } ?? day.adding(months: under ?? 0).adding(days: -2)
        }
    }

    /// The names of the fields of the first day, of the last day, and of the reason.
    public let from, until, reason: String
    /// The allowed lengths by reason.
    public let lengths: [String: Length]

    public init(from: String, until: String, reason: String, lengths: [String: Length]) {
        self.from = from
        self.until = until
        self.reason = reason
        self.lengths = lengths
    }

    func check(in form: FormDefinition) throws(InvalidValue) {
        let days: [FormField.Kind] = [.day, .pastDay, .comingDay]
        try ProcedureEntry.require(
            [from, until].allSatisfy { name in form[name].map { days.contains($0.kind) } ?? false }, "form.stay",
            "definition.stay", "between two days of the form")
        try ProcedureEntry.require(
            Set(form[reason]?.choices?.map(\.value) ?? []) == Set(lengths.keys), "form.stay.lengths",
            "definition.stay", "a length for each reason that can be chosen")
        for length in lengths.values {
            let most = length.atMost ?? length.under ?? 0
            try ProcedureEntry.require(
                (length.atMost == nil) != (length.under == nil) && length.atLeast >= 1 && length.atLeast <= most,
                "form.stay.lengths", "definition.stay", "of a lower and one upper limit")
        }
    }

    /// What is wrong with the stay of a form whose fields were read; nil as well while one of them is missing.
    func fault(in values: [String: JSONValue]) -> InvalidValue? {
        func day(_ name: String) -> Day? { values[name]?.string.flatMap { try? Day($0) } }
        guard let first = day(from), let last = day(until), let length = values[reason]?.string.flatMap({ lengths[$0] })
        else { return nil }
        let field = "form.\(until)"
        guard first <= last else {
            return InvalidValue(
                field: field, rule: "stay.order", vietnamese: "Ngày kết thúc phải sau ngày bắt đầu.",
                english: "The last day must not be before the first.")
        }
        let end = last.adding(days: 1)
        guard end >= first.adding(months: length.atLeast) else {
            return InvalidValue(
                field: field, rule: "stay.too-short",
                vietnamese: "Thời gian sinh hoạt tạm thời phải từ \(length.atLeast) tháng.",
                english: "The stay must last \(length.atLeast) months at least.")
        }
        guard last > length.lastDay(from: first) else { return nil }
        if let most = length.atMost {
            return InvalidValue(
                field: field, rule: "stay.too-long",
                vietnamese: "Thời gian sinh hoạt tạm thời không quá \(most) tháng.",
                english: "The stay must last \(most) months at most.")
        }
        let under = length.under ?? 0
        return InvalidValue(
            field: field, rule: "stay.too-long",
            vietnamese: "Thời gian sinh hoạt tạm thời phải dưới \(under) tháng.",
            english: "The stay must last less than \(under) months.")
    }
}
