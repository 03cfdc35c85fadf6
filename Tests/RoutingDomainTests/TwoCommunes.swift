import Contracts

@testable import RoutingDomain

/// Two communes of one province: on the sending side a base organisation with a section, on the receiving side one
/// without and a base cell.
struct TwoCommunes {
    var country = Country()
    let province: OrganizationID
    let communeA: OrganizationID
    let baseA: OrganizationID
    let sectionA: OrganizationID
    let cellA: OrganizationID
    let neighbourA: OrganizationID
    let communeB: OrganizationID
    let baseB: OrganizationID
    let cellB: OrganizationID
    let baseCellB: OrganizationID
    let member: Officer

    init() {
        province = country.add(.provincial, "Đảng bộ tỉnh Mẫu")
        communeA = country.add(.commune, "Đảng bộ xã Mẫu A", under: province)
        baseA = country.add(.baseOrganisation, "Đảng bộ cơ sở A", under: communeA)
        sectionA = country.add(.section, "Đảng bộ bộ phận A", under: baseA)
        cellA = country.add(.subordinateCell, "Chi bộ A1", under: sectionA, meetingDay: 3)
        neighbourA = country.add(.subordinateCell, "Chi bộ A2", under: baseA)
        communeB = country.add(.commune, "Đảng bộ xã Mẫu B", under: province)
        baseB = country.add(.baseOrganisation, "Đảng bộ cơ sở B", under: communeB)
        cellB = country.add(.subordinateCell, "Chi bộ B1", under: baseB, meetingDay: 25)
        baseCellB = country.add(.baseCell, "Chi bộ cơ sở B2", under: communeB)
        member = country.person("Nguyễn Văn Mẫu 01")
    }

    /// The case of the member's move from cell A, just opened.
    func opened(
        to destination: OrganizationID, enteredBy: MemberID? = nil, form: [String: JSONValue] = [:]
    ) throws -> CaseChange {
        try CaseEngine.open(
            country.dossier(
                of: member.memberId, to: destination, received: communeA, enteredBy: enteredBy, form: form),
            from: cellA, in: country.around())
    }

    /// The case carried on until it is the turn of the organisation.
    func carried(_ start: RunningCase, until organization: OrganizationID) throws -> RunningCase {
        var running = start
        while let turn = running.turn, turn.organizationId != organization {
            running = try CaseEngine.apply(country.action("approve", in: running), to: running, in: country.around())
                .running
        }
        return running
    }
}
