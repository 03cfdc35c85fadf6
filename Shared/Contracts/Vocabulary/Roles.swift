/// The roles a person can hold at an organisation for a period.
public enum RoleName: String, Codable, Hashable, Sendable, CaseIterable {
    case member
    /// Bí thư chi bộ.
    case cellSecretary = "cell-secretary"
    /// Phó bí thư chi bộ.
    case cellDeputy = "cell-deputy"
    /// Who collects dues in the cell.
    case cellDuesOfficer = "cell-dues-officer"
    /// Văn phòng: dues and administration.
    case officeOfficer = "office-officer"
    /// Ban Xây dựng Đảng, or Ban Tổ chức above commune level: the other procedures.
    case organisationOfficer = "organisation-officer"
    /// Who signs for the committee.
    case committeeSigner = "committee-signer"
    /// Uỷ ban kiểm tra: reads, logged.
    case inspector
    /// Account and technical state, never the contents of dossiers.
    case support
    /// Grants roles inside the body's own subtree only.
    case systemAdmin = "system-admin"
    case auditor
}

/// Whether a role can be used.
public enum RoleStatus: String, Codable, Hashable, Sendable, CaseIterable {
    case active
    /// Locked for now, for example after a report of misuse.
    case locked
    case ended
}
