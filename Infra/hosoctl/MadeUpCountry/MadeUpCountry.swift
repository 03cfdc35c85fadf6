import Contracts

/// A plainly made-up population on the shape of the country: the same for the same seed, told one after the other, so
/// that nobody has to hold it.
///
/// Each commune and each committee of agencies is drawn from numbers of its own: a province alone is the same as in the
/// whole country.
public struct MadeUpCountry: Sendable {
    public let seed: UInt64
    public let scale: CountryScale
    /// 1 is the population itself; each later one differs from it by ``ErrorRates/changed`` of the members.
    public let revision: Int
    public let rates: ErrorRates

    public init(seed: UInt64, scale: CountryScale, revision: Int = 1, rates: ErrorRates = ErrorRates()) {
        self.seed = seed
        self.scale = scale
        self.revision = revision
        self.rates = rates
    }

    /// Who is told of what there is, an organisation before what is below it, its members before its officers.
    public protocol Listener {
        mutating func organization(_ organization: MadeUpOrganization) throws
        mutating func member(_ member: MadeUpMember) throws
        mutating func officer(_ officer: MadeUpOfficer) throws
    }

    /// Tells the listener of everything.
    public func tell(_ listener: inout some Listener) throws {
        let central = organization("A00", .central, "Trung ương Mẫu", under: nil)
        try listener.organization(central)
        let provinces = scale == .country ? Array(CountryShape.communes.indices) : [0]
        for province in provinces { try tell(province: province, to: &listener) }
        guard scale == .country else { return }
        for agency in 0..<CountryShape.centralAgencies { try tell(agency: agency, to: &listener) }
        for number in 1...3 {
            try listener.organization(
                organization("X0\(number)", .external, "Tổ chức ngoài hệ thống Mẫu \(number)", under: central))
        }
    }

    private func tell(province number: Int, to listener: inout some Listener) throws {
        let code = "A" + padded(number + 1, 2)
        var province = organization(code, .provincial, "Tỉnh Mẫu \(padded(number + 1, 2))", under: nil)
        province.parentCode = "A00"
        province.duesRegion = DuesRegion.allCases[number % 4]
        try listener.organization(province)
        let communes = scale == .commune ? 1 : CountryShape.communes[number]
        for commune in 0..<communes {
            let name = "Xã Mẫu \(padded(number + 1, 2)).\(padded(commune + 1, 3))"
            let own = organization("\(code).\(padded(commune + 1, 3))", .commune, name, under: province)
            try listener.organization(own)
            var district = District(country: self, area: number + 1, unit: commune, committee: own)
            try district.tell(
                bases: CountryShape.basesOfCommune, cells: CountryShape.cellsOfCommune, to: &listener)
        }
        guard scale != .commune else { return }
        for committee in 0..<CountryShape.agencyCommitteesOfProvince {
            let name = "Đảng uỷ cơ quan tỉnh Mẫu \(padded(number + 1, 2)).\(committee + 1)"
            let own = organization("\(code).9\(padded(committee + 1, 2))", .superiorOfBase, name, under: province)
            try listener.organization(own)
            var district = District(
                country: self, area: number + 1, unit: CountryShape.communes[number] + committee, committee: own)
            try district.tell(bases: CountryShape.basesOfAgencyCommittee, cells: 0...0, to: &listener)
        }
    }

    private func tell(agency number: Int, to listener: inout some Listener) throws {
        var agency = organization(
            "B0\(number + 1)", .agencyCentral, "Đảng uỷ cơ quan Trung ương Mẫu \(number + 1)", under: nil)
        agency.parentCode = "A00"
        try listener.organization(agency)
        for committee in 0..<CountryShape.committeesOfCentralAgency {
            let name = "Đảng uỷ trực thuộc Mẫu \(number + 1).\(committee + 1)"
            let own = organization("\(agency.code).\(padded(committee + 1, 3))", .superiorOfBase, name, under: agency)
            try listener.organization(own)
            var district = District(
                country: self, area: CountryShape.communes.count + number + 1, unit: committee, committee: own)
            try district.tell(bases: CountryShape.basesOfAgencyCommittee, cells: 0...0, to: &listener)
        }
    }

    private func organization(
        _ code: String, _ type: OrganizationType, _ name: String, under parent: MadeUpOrganization?
    ) -> MadeUpOrganization {
        MadeUpOrganization(
            code: code, type: type, name: name, parentCode: parent?.code, residential: type == .commune,
            duesRegion: parent?.duesRegion ?? .one)
    }
}

/// The number with leading zeros.
func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
