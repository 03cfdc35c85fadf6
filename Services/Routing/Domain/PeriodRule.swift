import Contracts

extension ProcedureDefinition {
    /// How long a stay may last, by its reason.
    public struct PeriodRule: Hashable, Sendable {
        /// The fields of the form: the first and the last day of the stay, and why.
        public let fromField, untilField, reasonField: String
        /// The allowed lengths by the reasons that the form may give.
        public let lengths: [String: Length]

        public init(fromField: String, untilField: String, reasonField: String, lengths: [String: Length]) {
            self.fromField = fromField
            self.untilField = untilField
            self.reasonField = reasonField
            self.lengths = lengths
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
        }
    }
}

/// A stay (thời gian sinh hoạt tạm thời), both days included.
struct Stay: Hashable {
    let from: Day
    let until: Day

    /// Whether the stay is as long as allowed; both ends of the length count in calendar months.
    func fits(_ length: ProcedureDefinition.PeriodRule.Length) -> Bool {
        let end = until.adding(days: 1)
        let longest = from.adding(months: length.most)
        return end >= from.adding(months: length.atLeast) && (length.includesMost ? end <= longest : end < longest)
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
