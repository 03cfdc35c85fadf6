import Contracts
import DirectoryDomain
import Foundation

/// A province with two communes, a base organisation and two cells on each side; every name is made up.
struct SampleTree {
    static let now = Date(timeIntervalSince1970: 1_795_143_600)
    static let today = Day(containing: now)

    let ids = SequentialIDSource(seed: 5)
    let province: Organization
    let communeA: Organization
    let baseA: Organization
    let cellA1: Organization
    let cellA2: Organization
    let communeB: Organization
    let baseB: Organization
    let cellB1: Organization

    init() throws {
        var number = 10
        func found(_ type: OrganizationType, _ above: [Organization], _ ids: SequentialIDSource) throws -> Organization
        {
            number += 1
            let draft = OrganizationDraft(
                code: try OrganizationCode("A35.\(number)"), name: "Tổ chức Mẫu \(number)", type: type,
                residential: true, duesRegion: .two)
            return try Organization.founded(
                ids.next(at: Self.now), draft, under: above.isEmpty ? nil : OrganizationPath(above))
        }
        province = try found(.provincial, [], ids)
        communeA = try found(.commune, [province], ids)
        baseA = try found(.baseOrganisation, [communeA, province], ids)
        cellA1 = try found(.subordinateCell, [baseA, communeA, province], ids)
        cellA2 = try found(.subordinateCell, [baseA, communeA, province], ids)
        communeB = try found(.commune, [province], ids)
        baseB = try found(.baseOrganisation, [communeB, province], ids)
        cellB1 = try found(.subordinateCell, [baseB, communeB, province], ids)
    }

    /// A body outside the system that hangs under nothing.
    func outsider() throws -> Organization {
        try Organization.founded(
            ids.next(at: Self.now),
            OrganizationDraft(
                code: try OrganizationCode("A90"), name: "Đảng bộ Quân sự Mẫu", type: .external, residential: false,
                duesRegion: .two), under: nil)
    }

    /// The organisation and those above it.
    func path(_ organization: Organization) -> OrganizationPath {
        let all = [province, communeA, baseA, cellA1, cellA2, communeB, baseB, cellB1]
        var found = [organization]
        while let parent = found.last?.parentId.flatMap({ id in all.first { $0.id == id } }) { found.append(parent) }
        return OrganizationPath(found)
    }

    func member(in cell: Organization, _ state: MembershipState = .official) throws -> Member {
        var draft = MemberDraft(
            fullName: "Nguyễn Văn Mẫu", state: state, cellId: cell.id, joinedOn: try Day("2015-05-19"),
            recognisedOn: state == .probationary ? nil : try Day("2016-05-19"))
        draft.channels = MemberState.Channels(
            email: "mau@example.org", phone: "+84900000001",
            consent: MemberState.Consent(email: true, sms: true, push: false))
        return try Member.entered(
            ids.next(at: Self.now), draft, cell: cell, residenceCell: nil, today: Self.today)
    }

    func role(
        _ name: RoleName, of member: Member, at organization: Organization, from: String = "2026-01-01",
        to: String? = nil
    ) throws -> HeldRole {
        try HeldRole.granted(
            ids.next(at: Self.now),
            RoleDraft(
                memberId: member.id, organizationId: organization.id, role: name, from: try Day(from),
                to: try to.map { try Day($0) }),
            to: member, at: organization, substituting: nil, beside: [])
    }
}

/// The rules that what is done breaks; empty when it breaks none.
func brokenRules(_ work: () throws -> Void) -> [String] {
    do {
        try work()
        return []
    } catch let faults as Faults {
        return faults.all.map(\.rule)
    } catch {
        return ["\(error)"]
    }
}
