public import Contracts

/// The official calendar (lịch làm việc): which days are working days, as announced each year, with its version.
public struct OfficialCalendar: Hashable, Sendable {
    /// What was announced for one year.
    public struct Year: Hashable, Sendable {
        public let holidays: Set<Day>
        /// Compensatory working days that would otherwise be free.
        public let workingDays: Set<Day>
        /// Whether the year is not finally announced.
        public let provisional: Bool

        public init(holidays: Set<Day>, workingDays: Set<Day> = [], provisional: Bool = false) {
            self.holidays = holidays
            self.workingDays = workingDays
            self.provisional = provisional
        }
    }

    /// Changes with every change of a day.
    public let version: String
    /// 1 is Monday, 7 is Sunday.
    public let workingWeekdays: Set<Int>
    /// The hours that hold where an organisation has none of its own.
    public let officeHours: OfficeHours
    public let years: [Int: Year]

    /// A calendar that passed its checks: days in their years, no day both free and worked, no year without work.
    public init(
        version: String, workingWeekdays: Set<Int>, officeHours: OfficeHours, years: [Int: Year]
    ) throws(InvalidValue) {
        guard !version.isEmpty, version.utf8.count <= 40 else {
            throw CalendarFault.version.at("version")
        }
        guard !workingWeekdays.isEmpty, workingWeekdays.allSatisfy((1...7).contains) else {
            throw CalendarFault.weekdays.at("workingWeekdays")
        }
        self.version = version
        self.workingWeekdays = workingWeekdays
        self.officeHours = officeHours
        self.years = years
        for (number, year) in years.sorted(by: { $0.key < $1.key }) { try check(number, year) }
    }

    private func check(_ number: Int, _ year: Year) throws(InvalidValue) {
        let field = "years.\(number)"
        guard (2_000...2_099).contains(number) else { throw CalendarFault.year.at(field) }
        if let day = year.holidays.union(year.workingDays).sorted().first(where: { $0.year != number }) {
            throw CalendarFault.otherYear.at("\(field).\(day)")
        }
        if let day = year.holidays.intersection(year.workingDays).min() {
            throw CalendarFault.contradiction.at("\(field).\(day)")
        }
        if let day = year.workingDays.sorted().first(where: { workingWeekdays.contains($0.weekday) }) {
            throw CalendarFault.alreadyWorking.at("\(field).\(day)")
        }
        // A search for the next working day must end, and so few would be a slip of the pen.
        let worked = try workingDays(
            from: Day(year: number, month: 1, day: 1), through: Day(year: number, month: 12, day: 31))
        guard worked >= 40 * workingWeekdays.count else { throw CalendarFault.hardlyAnyWork.at(field) }
    }
}

extension OfficialCalendar {
    /// Whether work is done on the day; in a year without an announced calendar the weekday decides.
    public func isWorkingDay(_ day: Day) -> Bool {
        let usual = workingWeekdays.contains(day.weekday)
        guard let year = years[day.year] else { return usual }
        return usual ? !year.holidays.contains(day) : year.workingDays.contains(day)
    }

    /// Whether the day's year is not finally announced.
    public func isProvisional(_ day: Day) -> Bool { years[day.year]?.provisional ?? true }

    /// The first working day after the day.
    public func workingDay(after day: Day) -> Day {
        var next = day.adding(days: 1)
        while !isWorkingDay(next) { next = next.adding(days: 1) }
        return next
    }

    /// How many working days there are from one day through another, both counted.
    public func workingDays(from first: Day, through last: Day) -> Int {
        guard first <= last else { return 0 }
        return (first.number...last.number).count { isWorkingDay(Day(number: $0)) }
    }

    /// How many working days the month has.
    public func workingDays(in month: DuesMonth) -> Int { workingDays(from: month.firstDay, through: month.lastDay) }
}

/// What can be wrong with a calendar.
enum CalendarFault: String {
    case json = "calendar.json"
    case timeZone = "calendar.time-zone"
    case version = "calendar.version"
    case weekdays = "calendar.weekdays"
    case year = "calendar.year"
    case twice = "calendar.twice"
    case otherYear = "calendar.other-year"
    case contradiction = "calendar.contradiction"
    case alreadyWorking = "calendar.already-working"
    case hardlyAnyWork = "calendar.hardly-any-work"

    func at(_ field: String) -> InvalidValue {
        let (vietnamese, english) = texts
        return InvalidValue(
            field: field, rule: rawValue, vietnamese: "Lịch làm việc không hợp lệ: \(vietnamese).",
            english: "The calendar is not valid: \(english).")
    }

    private var texts: (String, String) {
        switch self {
        case .json: ("không đọc được dữ liệu", "the data cannot be read")
        case .timeZone: ("múi giờ phải là Asia/Ho_Chi_Minh", "the time zone must be Asia/Ho_Chi_Minh")
        case .version: ("thiếu phiên bản", "the version is missing or too long")
        case .weekdays: ("các ngày làm việc trong tuần không đúng", "the working weekdays are not right")
        case .year: ("năm không đúng", "the year is not one of 2000 to 2099")
        case .twice: ("một ngày ghi hai lần", "a day stands twice")
        case .otherYear: ("ngày không thuộc năm này", "the day is not of this year")
        case .contradiction: ("một ngày vừa nghỉ vừa làm", "a day is both free and worked")
        case .alreadyWorking: ("ngày làm bù trùng ngày làm việc thường", "the compensatory day is a working day anyway")
        case .hardlyAnyWork: ("quá ít ngày làm việc", "the year has hardly any working day")
        }
    }
}
