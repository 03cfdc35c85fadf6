public import Contracts

/// What is to become different about an organisation; what is absent stays.
public struct OrganizationChange: Sendable {
    public var name: String?
    public var type: OrganizationType?
    public var parentId: OrganizationID?
    public var status: OrganizationStatus?
    /// The successor; only for the status `merged`.
    public var mergedIntoId: OrganizationID?
    public var duesRegion: DuesRegion?
    public var hasSeal: Bool?
    public var contactEmail: String?

    public init(
        name: String? = nil, type: OrganizationType? = nil, parentId: OrganizationID? = nil,
        status: OrganizationStatus? = nil, mergedIntoId: OrganizationID? = nil, duesRegion: DuesRegion? = nil,
        hasSeal: Bool? = nil, contactEmail: String? = nil
    ) {
        self.name = name
        self.type = type
        self.parentId = parentId
        self.status = status
        self.mergedIntoId = mergedIntoId
        self.duesRegion = duesRegion
        self.hasSeal = hasSeal
        self.contactEmail = contactEmail
    }

    /// Whether the tree becomes another one.
    public var concernsTree: Bool { type != nil || parentId != nil || status != nil }
}

/// What stands around an organisation that is to be changed.
public struct OrganizationSurroundings: Sendable {
    /// Those above it after the change.
    public let above: OrganizationPath?
    /// The types of the active organisations directly below it.
    public let childTypes: Set<OrganizationType>
    /// How many living members belong to it as their cell.
    public let memberCount: Int
    /// The successor, when it is to be merged.
    public let successor: Organization?

    public init(
        above: OrganizationPath?, childTypes: Set<OrganizationType>, memberCount: Int, successor: Organization? = nil
    ) {
        self.above = above
        self.childTypes = childTypes
        self.memberCount = memberCount
        self.successor = successor
    }
}

extension Organization {
    /// The organisation after the change, or everything that is wrong with it.
    public func changed(
        _ change: OrganizationChange, around: OrganizationSurroundings
    ) throws(Faults) -> Organization {
        var next = self
        next.version += 1
        next.name = change.name.map(TextRule.tidy) ?? name
        next.type = change.type ?? type
        next.parentId = around.above?.first?.id
        next.status = change.status ?? status
        next.mergedIntoId = change.status == nil ? mergedIntoId : change.mergedIntoId
        next.duesRegion = change.duesRegion ?? duesRegion
        next.hasSeal = change.hasSeal ?? hasSeal
        next.contactEmail = change.contactEmail ?? contactEmail
        var faults = next.faults
        if change.concernsTree, next.status == .active {
            faults += Hierarchy.faults(of: next.type, id: id, under: around.above)
            faults += Hierarchy.faults(of: next.type, above: around.childTypes)
            if !next.type.isCell, around.memberCount > 0 { faults.append(Self.hasMembers("type")) }
        }
        if next.status != .active, !around.childTypes.isEmpty { faults.append(Self.hasOrganizations) }
        if next.status != .active, around.memberCount > 0 { faults.append(Self.hasMembers("status")) }
        if change.status != nil { faults += next.successorFaults(around.successor) }
        try Faults.check(faults)
        return next
    }

    private func successorFaults(_ successor: Organization?) -> [InvalidValue] {
        let isRight =
            switch status {
            case .merged: mergedIntoId == successor?.id && successor?.status == .active && successor?.id != id
            case .active, .dissolved: mergedIntoId == nil
            }
        guard !isRight else { return [] }
        return [
            InvalidValue(
                field: "mergedIntoId", rule: "organization.successor",
                vietnamese: "Tổ chức hợp nhất phải nêu tổ chức kế thừa đang hoạt động; các trường hợp khác thì không.",
                english: "A merged organisation names its active successor, and no other does.")
        ]
    }

    private static func hasMembers(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "organization.has-members", vietnamese: "Tổ chức đang có đảng viên sinh hoạt.",
            english: "Members belong to the organisation.")
    }

    private static let hasOrganizations = InvalidValue(
        field: "status", rule: "organization.has-organizations",
        vietnamese: "Tổ chức đang có tổ chức trực thuộc hoạt động.", english: "Active organisations stand below it.")
}
