public import Contracts

/// Which body receives the dossiers of a cell's members.
public enum ReceivingBody {
    /// The first committee above the base organisation, found by parent links: the number of levels below it varies.
    ///
    /// - Parameter path: the cell and its superiors, the cell first.
    /// - Returns: nil when no such committee is known.
    public static func find(above path: [OrganizationState]) -> OrganizationState? {
        path.first { organization in
            switch organization.type {
            case .group, .subordinateCell, .baseCell, .section, .baseOrganisation, .external: false
            case .superiorOfBase, .commune, .agencyCentral, .provincial, .central: organization.status == .active
            }
        }
    }
}
