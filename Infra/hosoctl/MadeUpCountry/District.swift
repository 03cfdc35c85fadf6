import Contracts

/// A commune, or a committee of agencies, with everything below it.
struct District {
    private let country: MadeUpCountry
    /// 1 to 34 are provinces, further ones central agencies.
    private let area: Int
    private let unit: Int
    private let committee: MadeUpOrganization
    private var random: Randomness
    /// How many members it has so far.
    private var serial = 0
    /// The first cell by place of residence.
    private var residentialCell: String?
    private var lastPersonalID: String?

    /// The numbers of people fit into what is left of a personal id.
    private static let mostMembers = 4_999
    private static let mostUnits = 199

    init(country: MadeUpCountry, area: Int, unit: Int, committee: MadeUpOrganization) {
        precondition(unit <= Self.mostUnits, "the personal ids of an area hold 200 units")
        self.country = country
        self.area = area
        self.unit = unit
        self.committee = committee
        random = Randomness(seed: country.seed &* 0x9E37_79B9 &+ UInt64(area) << 32 &+ UInt64(unit))
    }

    /// Everything below the committee, which was told before.
    mutating func tell(
        bases: ClosedRange<Int>, cells: ClosedRange<Int>, to listener: inout some MadeUpCountry.Listener
    ) throws {
        var people: [String] = []
        for number in 0..<random.number(in: cells) {
            let own = below(committee, "8" + padded(number + 1, 2), .subordinateCell, "Chi bộ Mẫu", isResidential: true)
            let members = try tell(cell: own, to: &listener)
            if people.isEmpty { people = members }
        }
        for number in 0..<random.number(in: bases) {
            let isResidential =
                committee.type == .commune && random.happens(CountryShape.residentialInHundred, outOf: 100)
            let isCell = random.happens(CountryShape.baseCellsInHundred, outOf: 100)
            let own = below(
                committee, padded(number + 1, 2), isCell ? .baseCell : .baseOrganisation,
                isCell ? "Chi bộ cơ sở Mẫu" : "Đảng bộ cơ sở Mẫu", isResidential: isResidential)
            let members = isCell ? try tell(cell: own, to: &listener) : try tell(base: own, to: &listener)
            if people.isEmpty { people = members }
        }
        try tell(officersOf: committee, among: people, to: &listener)
    }

    private mutating func tell(
        base: MadeUpOrganization, to listener: inout some MadeUpCountry.Listener
    ) throws -> [String] {
        try listener.organization(base)
        let cells = random.number(in: CountryShape.cellsOfBaseOrganisation)
        var parents = [base]
        if cells >= CountryShape.cellsForSections, random.happens(CountryShape.sectionsInHundred, outOf: 100) {
            parents = (1...2).map { number in
                below(base, "9\(number)", .section, "Đảng bộ bộ phận Mẫu", isResidential: base.residential)
            }
            for section in parents { try listener.organization(section) }
        }
        var people: [String] = []
        for number in 0..<cells {
            let parent = parents[number % parents.count]
            let own = below(
                parent, padded(number + 1, 2), .subordinateCell, "Chi bộ Mẫu", isResidential: base.residential)
            let members = try tell(cell: own, to: &listener)
            if people.isEmpty { people = members }
            if number < parents.count, parent.type == .section {
                try tell(officersOf: parent, among: members, to: &listener)
            }
        }
        try tell(officersOf: base, among: people, to: &listener)
        return people
    }

    /// The cell, its members, its groups and its officers; the numbers of its members.
    private mutating func tell(
        cell: MadeUpOrganization, to listener: inout some MadeUpCountry.Listener
    ) throws -> [String] {
        try listener.organization(cell)
        if cell.residential, residentialCell == nil { residentialCell = cell.code }
        let count = min(random.number(in: CountryShape.membersOfCell), Self.mostMembers - serial)
        if count >= CountryShape.membersForGroups, random.happens(CountryShape.groupsInHundred, outOf: 100) {
            for number in 1...2 {
                try listener.organization(
                    below(cell, padded(number, 2), .group, "Tổ đảng Mẫu", isResidential: cell.residential))
            }
        }
        var people: [String] = []
        for _ in 0..<max(0, count) {
            serial += 1
            let member = person(in: cell)
            people.append(member.sourceId)
            try Revision(country, area: area, unit: unit, number: serial).tell(member, to: &listener)
        }
        for (place, role) in [RoleName.cellSecretary, .cellDeputy].enumerated() where place < people.count {
            try listener.officer(
                MadeUpOfficer(sourceId: people[place], organizationCode: cell.code, role: role))
        }
        return people
    }

    private func tell(
        officersOf committee: MadeUpOrganization, among people: [String],
        to listener: inout some MadeUpCountry.Listener
    ) throws {
        // The first two lead their cell.
        let roles: [RoleName] = [.organisationOfficer, .officeOfficer, .committeeSigner]
        for (person, role) in zip(people.dropFirst(2), roles) {
            try listener.officer(MadeUpOfficer(sourceId: person, organizationCode: committee.code, role: role))
        }
    }

    private func below(
        _ parent: MadeUpOrganization, _ level: String, _ type: OrganizationType, _ name: String, isResidential: Bool
    ) -> MadeUpOrganization {
        let code = "\(parent.code).\(level)"
        let isCell = type == .baseCell || type == .subordinateCell
        return MadeUpOrganization(
            code: code, type: type, name: "\(name) \(code)", parentCode: parent.code, residential: isResidential,
            duesRegion: parent.duesRegion, meetingDay: isCell ? 3 + serial % 5 : nil)
    }
}

extension District {
    private static let families = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Hồ"]

    /// The next member; what is wrong with his record is drawn with him.
    private mutating func person(in cell: MadeUpOrganization) -> MadeUpMember {
        let number = "\(padded(area, 2))\(padded(unit, 3))\(padded(serial, 4))"
        let sex: PersonalID.Sex = random.happens(36, outOf: 100) ? .female : .male
        let born = Day(number: random.number(in: -9_131 + 365...13_500))
        let latest = Day(number: 20_700)
        let oldest = min(40 * 365, latest.number - born.number)
        let joinedOn = born.adding(days: random.number(in: 18 * 366...oldest))
        let isProbationary = joinedOn.adding(days: 365) > latest
        var member = MadeUpMember(
            sourceId: number, personalId: personalID(sex, born),
            fullName: "\(Self.families[random.number(in: 0...9)]) \(sex == .male ? "Văn" : "Thị") Mẫu \(number)",
            sex: sex, birthDate: born, cardNumber: isProbationary ? nil : "T\(number)", recordNumber: "LL\(number)",
            joinedOn: joinedOn, recognisedOn: isProbationary ? nil : joinedOn.adding(days: 365), cellCode: cell.code,
            residenceCellCode: cell.residential ? cell.code : random.happens(70, outOf: 100) ? residentialCell : nil,
            state: isProbationary ? .probationary : state(), duesCategory: category(born, latest))
        spoil(&member, cell)
        return member
    }

    /// Of a range that begins with 9, which no province has.
    private func personalID(_ sex: PersonalID.Sex, _ born: Day) -> String {
        let century = (born.year - 1_900) / 100 * 2 + (sex == .male ? 0 : 1)
        return "9\(padded(area, 2))\(century)\(padded(born.year % 100, 2))\(padded(unit * 5_000 + serial, 6))"
    }

    private mutating func state() -> MembershipState {
        switch random.number(in: 1...1_000) {
        case ...30: .exemptFromActivity
        case ...36: .temporarilyExcused
        case ...43: .temporarilyElsewhere
        case ...45: .suspended
        default: .official
        }
    }

    private mutating func category(_ born: Day, _ today: Day) -> DuesCategory {
        let age = today.year - born.year
        switch random.number(in: 1...100) {
        case ...2: return .insuranceBenefit
        case ...3: return .missionAbroad
        case ...4: return .abroad
        case ...(age >= 60 ? 80 : 20): return age >= 60 ? .pensioner : .uninsuredWorkingAge
        default: return age >= 60 ? .uninsuredRetirementAge : age < 22 ? .student : .insured
        }
    }

    private mutating func spoil(_ member: inout MadeUpMember, _ cell: MadeUpOrganization) {
        let rates = country.rates
        let own = member.personalId
        if isHit(rates.personalIDMismatch), let id = own {
            // Digit 4 bears the sex.
            member.personalId = "\(id.prefix(3))\(id.dropFirst(3).first == "0" ? 1 : 0)\(id.dropFirst(4))"
        }
        if isHit(rates.duplicatePersonalID), let lastPersonalID { member.personalId = lastPersonalID }
        if isHit(rates.missingPersonalID) { member.personalId = nil }
        if isHit(rates.untidyName) {
            member.fullName = serial % 2 == 0 ? member.fullName.uppercased() : " \(member.fullName)  "
        }
        if isHit(rates.wrongOrderOfDays), member.recognisedOn != nil {
            member.recognisedOn = member.joinedOn.adding(days: -30)
        }
        if isHit(rates.unknownCell) { member.cellCode = "\(committee.code).799" }
        if isHit(rates.wrongTypeOfOrganization) { member.cellCode = committee.code }
        lastPersonalID = own
    }

    private mutating func isHit(_ rate: Int) -> Bool { random.happens(rate, outOf: 100_000) }
}
