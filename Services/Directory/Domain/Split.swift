public import Contracts

/// One of the organisations that a split founds, and what it takes along.
public struct SplitPart: Sendable {
    public let draft: OrganizationDraft
    /// The organisation above it, and those above that.
    public let above: OrganizationPath?
    public let organizations: Set<OrganizationID>
    public let members: Set<MemberID>
    /// Roles that go on at it.
    public let roles: Set<RoleID>

    public init(
        _ draft: OrganizationDraft, under above: OrganizationPath?, organizations: Set<OrganizationID> = [],
        members: Set<MemberID> = [], roles: Set<RoleID> = []
    ) {
        self.draft = draft
        self.above = above
        self.organizations = organizations
        self.members = members
        self.roles = roles
    }
}

extension Organization {
    /// What a split changes, or everything that is wrong with it. Whatever no part takes stays.
    ///
    /// - Parameters:
    ///   - contents: who and what stands at it.
    ///   - day: the first day of the parts.
    ///   - ids: new ids for the parts and for the roles that go on at them.
    public func split(
        into parts: [SplitPart], on day: Day, with contents: OrganizationContents, ids: @escaping () -> UUIDv7
    ) throws(Faults) -> Reorganized {
        var moving = Relocation(from: self, effectiveOn: day, ids: ids)
        if status != .active { moving.faults.append(Self.inactive) }
        if parts.isEmpty { moving.faults.append(Self.noPart) }
        moving.faults += Self.takenTwice(parts.map(\.organizations), "organizations")
        moving.faults += Self.takenTwice(parts.map(\.members), "members")
        moving.faults += Self.takenTwice(parts.map(\.roles), "roles")
        for (index, part) in parts.enumerated() {
            let field = "parts[\(index)]"
            if !part.draft.bankAccounts.isEmpty {
                moving.faults.append(SplitPart.accountsByProposal("\(field).organization.bankAccounts"))
            }
            do {
                let founded = try Organization.founded(OrganizationID(ids()), part.draft, under: part.above)
                moving.result.founded.append(founded)
                moving.take(part, of: contents, to: founded, field: field)
            } catch {
                moving.faults += error.all.map { $0.under("\(field).\($0.field)") }
            }
        }
        try Faults.check(moving.faults)
        return moving.result
    }

    private static func takenTwice<ID: Hashable>(_ taken: [Set<ID>], _ field: String) -> [InvalidValue] {
        guard taken.reduce(0, { $0 + $1.count }) > Set(taken.joined()).count else { return [] }
        return [
            InvalidValue(
                field: "parts", rule: "reorganization.taken-twice",
                vietnamese: "Có mục được chuyển đến hai nơi (\(field)).",
                english: "Something goes to two parts (\(field)).")
        ]
    }

    private static let noPart = InvalidValue(
        field: "parts", rule: "reorganization.no-part", vietnamese: "Phải có ít nhất một tổ chức mới.",
        english: "At least one new organisation is needed.")
}

extension SplitPart {
    /// Where money goes is proposed by one person and approved by another, also for a new organisation.
    public static func accountsByProposal(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "bank-account.by-proposal",
            vietnamese: "Tài khoản được đề xuất và phê duyệt riêng, sau khi có tổ chức.",
            english: "Accounts are proposed and approved apart, once the organisation is there.")
    }
}

extension Relocation {
    fileprivate mutating func take(
        _ part: SplitPart, of contents: OrganizationContents, to founded: Organization, field: String
    ) {
        let place = OrganizationPath([founded] + (part.above?.organizations ?? []))
        let organizations = contents.organizations.filter { part.organizations.contains($0.id) }
        // Who only lives there belongs elsewhere, and a link of residence is no matter of a split.
        let members = contents.members.filter { $0.cellId == from.id && part.members.contains($0.id) }
        let goes = Set(members.map(\.id))
        let named = contents.roles.filter { part.roles.contains($0.id) }
        let principals = Set(named.map(\.id))
        // Whoever goes holds nothing at the old one any more, and nobody stands in for what has ended.
        let roles = contents.roles.filter { role in
            principals.contains(role.id) || goes.contains(role.memberId)
                || role.substituteForRoleId.map(principals.contains) ?? false
        }
        if organizations.count < part.organizations.count { faults.append(Self.notThere("\(field).organizations")) }
        if members.count < part.members.count { faults.append(Self.notThere("\(field).members")) }
        if named.count < part.roles.count { faults.append(Self.notThere("\(field).roles")) }
        move(organizations, to: place, field: "\(field).organizations")
        move(members, to: place, field: "\(field).members", movesResidence: false)
        move(roles, keeping: part.roles, to: founded, beside: [], field: "\(field).roles")
    }

    private static func notThere(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "reorganization.not-there",
            vietnamese: "Có mục không trực thuộc tổ chức này.",
            english: "Something does not stand at this organisation.")
    }
}
