/// The types of Party organisation.
public enum OrganizationType: String, Codable, Hashable, Sendable, CaseIterable {
    /// Trung ương.
    case central
    /// Tỉnh uỷ, thành uỷ.
    case provincial
    /// Đảng uỷ cơ quan trực thuộc Trung ương.
    case agencyCentral = "agency-central"
    /// Đảng uỷ xã, phường, đặc khu.
    case commune
    /// Cấp uỷ cấp trên trực tiếp của tổ chức cơ sở đảng, other than a commune's.
    case superiorOfBase = "superior-of-base"
    /// Đảng bộ cơ sở.
    case baseOrganisation = "base-organisation"
    /// Chi bộ cơ sở.
    case baseCell = "base-cell"
    /// Đảng bộ bộ phận.
    case section
    /// Chi bộ trực thuộc.
    case subordinateCell = "subordinate-cell"
    /// Tổ đảng.
    case group
    /// Outside the system: Army, Police, abroad, not yet live.
    case external

    /// Whether members belong to it directly as to their cell (chi bộ).
    public var isCell: Bool { self == .baseCell || self == .subordinateCell }
}

/// Whether an organisation acts.
public enum OrganizationStatus: String, Codable, Hashable, Sendable, CaseIterable {
    case active
    /// Its business passed to another organisation.
    case merged
    case dissolved
}

/// The kinds of unit that a committee has.
public enum UnitKind: String, Codable, Hashable, Sendable, CaseIterable {
    /// Văn phòng.
    case office
    /// Ban Xây dựng Đảng; Ban Tổ chức above communes.
    case organisationBoard = "organisation-board"
    /// Uỷ ban kiểm tra.
    case inspection
}

/// The region of the minimum wage, by the place of Party activity.
public enum DuesRegion: String, Codable, Hashable, Sendable, CaseIterable {
    case one = "I"
    case two = "II"
    case three = "III"
    case four = "IV"
}
