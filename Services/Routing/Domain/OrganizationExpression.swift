import Contracts

/// Which organisation acts at a step, as an expression over the tree: `base-committee of destination`.
///
/// The chain above a cell has variable depth, so an organisation is found by its place and type, never by a level
/// number.
public struct OrganizationExpression: Hashable, Sendable, CustomStringConvertible {
    /// Where the search begins.
    public enum Anchor: String, Hashable, Sendable, CaseIterable {
        /// The member's own cell.
        case origin
        /// The cell that the case is addressed to, or the cells: the receiving cell, the cell of residence.
        case destination
        /// The body that received the dossier.
        case receivingBody = "receiving-body"
    }

    /// How far it goes up from there.
    public enum Climb: String, Hashable, Sendable, CaseIterable {
        /// The parent.
        case superior
        /// The committee of the base organisation (đảng uỷ cơ sở); of a base cell the committee above it.
        case baseCommittee = "base-committee"
        /// The committee directly above the base: of a commune, an agency, an enterprise.
        case upperCommittee = "upper-committee"
    }

    public let anchor: Anchor
    /// Absent for the anchor itself.
    public let climb: Climb?

    public init(_ climb: Climb? = nil, of anchor: Anchor) {
        self.anchor = anchor
        self.climb = climb
    }

    /// Reads `origin` or `superior of origin`; nil for anything else.
    public init?(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        switch words.count {
        case 1:
            guard let anchor = Anchor(rawValue: words[0]) else { return nil }
            self.init(of: anchor)
        case 3 where words[1] == "of":
            guard let climb = Climb(rawValue: words[0]), let anchor = Anchor(rawValue: words[2]) else { return nil }
            self.init(climb, of: anchor)
        default: return nil
        }
    }

    public var description: String { climb.map { "\($0.rawValue) of \(anchor.rawValue)" } ?? anchor.rawValue }

    /// How an expression may read.
    public static var grammar: String {
        let anchors = Anchor.allCases.map(\.rawValue).joined(separator: " | ")
        let climbs = Climb.allCases.map(\.rawValue).joined(separator: " | ")
        return "[\(climbs) of] \(anchors)"
    }
}

extension OrganizationTree {
    /// The organisation that an expression finds above `start`; nil when the tree has none.
    func find(_ climb: OrganizationExpression.Climb?, from start: OrganizationID) -> Node? {
        guard let climb else { return successor(of: start) }
        let path = path(from: start)
        return switch climb {
        case .superior: path.dropFirst().first
        case .baseCommittee: path.first { !Self.belowBase.contains($0.type) }
        case .upperCommittee: path.first { !Self.belowBase.contains($0.type) && $0.type != .baseOrganisation }
        }
    }

    /// Whether two cells stand in one base organisation that has a committee of its own.
    func shareBaseOrganization(_ first: OrganizationID, _ second: OrganizationID) -> Bool {
        guard let base = find(.baseCommittee, from: first), base.type == .baseOrganisation else { return false }
        return find(.baseCommittee, from: second)?.id == base.id
    }

    /// What has no committee of a base organisation.
    private static let belowBase: Set<OrganizationType> = [.baseCell, .subordinateCell, .section, .group, .external]
}
