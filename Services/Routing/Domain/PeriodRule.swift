import Contracts

extension ProcedureDefinition {
    /// How long a stay may last, by its reason.
    public struct PeriodRule: Hashable, Sendable {
        /// The fields of the form: the first and the last day of the stay, and why.
        public let fromField, untilField, reasonField: String
        /// The allowed lengths by the reasons that the form may give.
        public let lengths: [String: Length]
        /// How many days before its end the member is reminded.
        public let remindDaysBefore: Int

        public init(
            fromField: String, untilField: String, reasonField: String, lengths: [String: Length],
            remindDaysBefore: Int = 30
        ) {
            self.fromField = fromField
            self.untilField = untilField
            self.reasonField = reasonField
            self.lengths = lengths
            self.remindDaysBefore = remindDaysBefore
        }

        /// An allowed length in months.
        public struct Length: Hashable, Sendable {
            public let atLeast: Int
            public let most: Int
            /// Whether `most` itself is allowed.
            public let includesMost: Bool

            public init(atLeast: Int, most: Int, includesMost: Bool) {
                self.atLeast = atLeast
                self.most = most
                self.includesMost = includesMost
            }

            /// The last day of the longest stay that begins on a day.
            func lastDay(from day: Day) -> Day {
                day.adding(months: most).adding(days: includesMost ? -1 : -2)
            }
        }
    }
}

/// A stay (thời gian sinh hoạt tạm thời), both days included.
struct Stay: Hashable {
    let from: Day
    let until: Day

    /// Whether the stay is as long as allowed; both ends of the length count in calendar months.
    func fits(_ length: ProcedureDefinition.PeriodRule.Length) -> Bool {
        until.adding(days: 1) >= from.adding(months: length.atLeast) && until <= length.lastDay(from: from)
    }
}

extension ProcedureDefinition.PeriodRule {
    /// The stay that a form asks for; nil when it names none.
    func stay(in form: JSONValue) -> Stay? {
        guard let from = (form[fromField]?.string).flatMap({ try? Day($0) }),
            let until = (form[untilField]?.string).flatMap({ try? Day($0) }), from <= until
        else { return nil }
        return Stay(from: from, until: until)
    }

    /// Whether the form asks for a stay of an allowed length.
    func isKept(in form: JSONValue) -> Bool {
        guard let stay = stay(in: form), let length = (form[reasonField]?.string).flatMap({ lengths[$0] }) else {
            return false
        }
        return stay.fits(length)
    }
}
