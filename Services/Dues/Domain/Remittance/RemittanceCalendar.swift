public import Contracts

/// When each kind of organisation closes a month: the inferior ones first, so that what they pass up counts for the same
/// month at the next level.
public struct RemittanceCalendar: Hashable, Sendable {
    /// The kinds that close a month on the same day after its end.
    public struct Turn: Hashable, Sendable {
        /// The day of the following month, 2 to 28: what was under way at the month's end is in the books by then.
        public let day: Int
        public let types: [OrganizationType]
    }

    /// In the order of their days.
    public let turns: [Turn]
    /// How many days after the closing the money is due at the superior's.
    public let daysToPay: Int

    /// - Parameter text: the days by type, as in `subordinate-cell=5 commune=15`.
    public init(_ text: String, daysToPay: Int, field: String) throws(InvalidValue) {
        var days: [OrganizationType: Int] = [:]
        for entry in text.split(separator: " ") {
            let parts = entry.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, let type = OrganizationType(rawValue: parts[0]), type != .external,
                let day = Int(parts[1]), (2...28).contains(day), days[type] == nil
            else {
                throw InvalidValue(
                    field: field, rule: "remittance-calendar.form",
                    vietnamese: "Lịch chốt tháng phải ghi loại tổ chức=ngày (2 đến 28), mỗi loại một lần: \(entry).",
                    english: "The calendar is written type=day (2 to 28), each type once: \(entry).")
            }
            days[type] = day
        }
        let missing = OrganizationType.allCases.filter { $0 != .external && days[$0] == nil }
        guard missing.isEmpty else {
            throw InvalidValue(
                field: field, rule: "remittance-calendar.incomplete",
                vietnamese: "Lịch chốt tháng thiếu \(missing.map(\.rawValue).joined(separator: ", ")).",
                english: "The calendar lacks \(missing.map(\.rawValue).joined(separator: ", ")).")
        }
        for (lower, upper) in Self.order where days[lower, default: 0] + daysToPay >= days[upper, default: 0] {
            throw InvalidValue(
                field: field, rule: "remittance-calendar.order",
                vietnamese: "Hạn nộp của \(lower.rawValue) phải trước ngày chốt của \(upper.rawValue).",
                english: "What \(lower.rawValue) passes up must be due before \(upper.rawValue) closes.")
        }
        turns = Dictionary(grouping: days, by: \.value).sorted { $0.key < $1.key }.map { day, entries in
            Turn(day: day, types: entries.map(\.key).sorted { $0.rawValue < $1.rawValue })
        }
        self.daysToPay = daysToPay
    }

    /// The first day on which organisations of the turn close the month.
    public func closing(_ turn: Turn, of month: DuesMonth) -> Day {
        month.next.firstDay.adding(days: turn.day - 1)
    }

    /// The last day for the money of a month closed on a day.
    public func dueDay(closedOn day: Day) -> Day { day.adding(days: daysToPay) }

    /// Who stands below whom (organisations.md, levels).
    private static let order: [(OrganizationType, OrganizationType)] = [
        (.subordinateCell, .section),
        (.subordinateCell, .baseOrganisation), (.section, .baseOrganisation), (.baseOrganisation, .commune),
        (.baseOrganisation, .superiorOfBase), (.baseCell, .commune), (.baseCell, .superiorOfBase),
        (.commune, .provincial), (.superiorOfBase, .provincial), (.superiorOfBase, .agencyCentral),
        (.provincial, .central), (.agencyCentral, .central),
    ]
}
