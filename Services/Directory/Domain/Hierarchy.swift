public import Contracts

/// Which type of organisation may hang under which; type and parent are only ever judged together.
///
/// From the levels in force since the district committees ended. What a province hangs under may be outside of what is
/// kept here: then it is at the top.
public enum Hierarchy {
    /// Where one type may stand.
    public struct Place: Sendable {
        /// The types of organisation directly above.
        public let parents: Set<OrganizationType>
        /// Whether it may have none above it.
        public let mayBeTop: Bool
    }

    /// The place of each type.
    public static let places: [OrganizationType: Place] = [
        .central: Place(parents: [], mayBeTop: true),
        .provincial: Place(parents: [.central], mayBeTop: true),
        .agencyCentral: Place(parents: [.central], mayBeTop: true),
        .commune: Place(parents: [.provincial], mayBeTop: false),
        .superiorOfBase: Place(parents: [.provincial, .agencyCentral], mayBeTop: false),
        .baseOrganisation: Place(parents: [.commune, .superiorOfBase], mayBeTop: false),
        .baseCell: Place(parents: [.commune, .superiorOfBase], mayBeTop: false),
        .section: Place(parents: [.baseOrganisation], mayBeTop: false),
        // A cell may hang directly under a commune's committee; below a cell there is no cell.
        .subordinateCell: Place(parents: [.baseOrganisation, .section, .commune], mayBeTop: false),
        .group: Place(parents: [.baseCell, .subordinateCell], mayBeTop: false),
        .external: Place(parents: [.central, .provincial, .agencyCentral], mayBeTop: true),
    ]

    /// The types that have a committee (cấp uỷ).
    public static let committees: Set<OrganizationType> = [
        .central, .provincial, .agencyCentral, .commune, .superiorOfBase, .baseOrganisation, .section,
    ]

    /// The types that have neither a committee nor a seal.
    static let withoutSeal: Set<OrganizationType> = [.baseCell, .subordinateCell, .group]

    /// What is wrong with an organisation of `type` under `parent`.
    ///
    /// - Parameters:
    ///   - id: the organisation, when it exists already: it must not come to stand below itself.
    ///   - above: the parent and those above it; nothing when it is to stand at the top.
    public static func faults(
        of type: OrganizationType, id: OrganizationID? = nil, under above: OrganizationPath?
    ) -> [InvalidValue] {
        guard let place = places[type] else { return [] }
        guard let above, let parent = above.first else { return place.mayBeTop ? [] : [needsParent(type)] }
        var faults: [InvalidValue] = []
        if let id, above.ids.contains(id) { faults.append(cycle) }
        if parent.status != .active { faults.append(parentInactive) }
        if !place.parents.contains(parent.type) { faults.append(wrongParent(type, parent.type)) }
        return faults
    }

    /// What is wrong with these types directly below an organisation that becomes one of `type`.
    public static func faults(of type: OrganizationType, above children: Set<OrganizationType>) -> [InvalidValue] {
        children.sorted { $0.rawValue < $1.rawValue }.filter { places[$0]?.parents.contains(type) != true }.map {
            child in
            InvalidValue(
                field: "type", rule: "organization.child-type",
                vietnamese: "Bên dưới đang có \(child.vietnamese), không thể trực thuộc \(type.vietnamese).",
                english: "Below it stands a \(child.rawValue), which cannot hang under a \(type.rawValue).")
        }
    }

    private static func needsParent(_ type: OrganizationType) -> InvalidValue {
        InvalidValue(
            field: "parentId", rule: "organization.needs-parent",
            vietnamese: "Phải có tổ chức cấp trên của \(type.vietnamese).",
            english: "A \(type.rawValue) needs an organisation above it.")
    }

    private static func wrongParent(_ type: OrganizationType, _ parent: OrganizationType) -> InvalidValue {
        InvalidValue(
            field: "parentId", rule: "organization.parent-type",
            vietnamese: "Tổ chức là \(type.vietnamese) không thể trực thuộc \(parent.vietnamese).",
            english: "A \(type.rawValue) cannot hang under a \(parent.rawValue).")
    }

    private static let parentInactive = InvalidValue(
        field: "parentId", rule: "organization.parent-inactive", vietnamese: "Tổ chức cấp trên không còn hoạt động.",
        english: "The organisation above is not active.")

    private static let cycle = InvalidValue(
        field: "parentId", rule: "organization.cycle",
        vietnamese: "Tổ chức không thể trực thuộc chính nó hoặc cấp dưới của nó.",
        english: "An organisation cannot come to stand below itself.")
}

extension OrganizationType {
    /// The name of the type as a sentence uses it.
    var vietnamese: String {
        switch self {
        case .central: "Trung ương"
        case .provincial: "tỉnh uỷ, thành uỷ"
        case .agencyCentral: "đảng uỷ trực thuộc Trung ương"
        case .commune: "đảng uỷ xã, phường, đặc khu"
        case .superiorOfBase: "cấp uỷ cấp trên trực tiếp của tổ chức cơ sở đảng"
        case .baseOrganisation: "đảng bộ cơ sở"
        case .baseCell: "chi bộ cơ sở"
        case .section: "đảng bộ bộ phận"
        case .subordinateCell: "chi bộ trực thuộc"
        case .group: "tổ đảng"
        case .external: "tổ chức ngoài hệ thống"
        }
    }
}
