/// The shape of the country in numbers: the levels since 1 July 2025, and sizes near those of the whole Party.
///
/// The counts of provinces and communes are facts (resolutions of the National Assembly's Standing Committee of June
/// 2025); what stands below a commune is drawn so that its sums come near 52,000 base organisations, 225,000 cells and
/// 5.6 million members.
enum CountryShape {
    /// How many communes, wards and special zones each of the 34 provinces and cities has: 3,321 together.
    static let communes = [
        126, 40, 38, 45, 75, 65, 54, 166, 130, 69, 56, 124, 99, 92, 148, 99, 104, 114, 129, 78, 94, 96, 135, 65, 124,
        102, 168, 95, 96, 103, 124, 102, 64, 102,
    ]

    /// Committees of a province's agencies, directly above base organisations.
    static let agencyCommitteesOfProvince = 3
    /// Committees of agencies directly under the Central Committee, and those directly above the base in each.
    static let centralAgencies = 8
    static let committeesOfCentralAgency = 8

    static let basesOfCommune = 6...24
    static let basesOfAgencyCommittee = 9...18
    /// Cells that hang directly under a commune's committee.
    static let cellsOfCommune = 0...4
    static let cellsOfBaseOrganisation = 3...10
    static let membersOfCell = 5...45
    /// Of a hundred base organisations, how many are one cell.
    static let baseCellsInHundred = 42
    /// With so many cells a base organisation may have sections.
    static let cellsForSections = 8
    static let sectionsInHundred = 30
    /// With so many members a cell may have groups.
    static let membersForGroups = 30
    static let groupsInHundred = 30
    /// Of a hundred base organisations of a commune, how many are villages and quarters.
    static let residentialInHundred = 60
}

/// How much of the country is made up.
public enum CountryScale: String, Sendable, CaseIterable {
    /// One commune of one province.
    case commune
    /// One province with its agencies.
    case province
    case country
}
