import Contracts
import TestSeed

@testable import RoutingDomain

/// A random tree of 2 to 6 levels: base cells and sections, levels left out, organisations without officers or
/// dissolved, bodies outside the system.
struct RandomTree {
    private(set) var country = Country()
    private(set) var cells: [OrganizationID] = []
    private(set) var outsiders: [OrganizationID] = []
    let depth: Int

    /// The levels of the country from the top, without the cells.
    private static let levels: [OrganizationType] = [.central, .provincial, .commune, .baseOrganisation, .section]

    init(_ random: inout SeededGenerator) {
        depth = Int.random(in: 2...6, using: &random)
        // A tree of fewer levels begins lower: of two levels it is a commune with base cells.
        let first = depth == 2 ? 2 : max(0, Self.levels.count - depth + 1)
        let top = country.add(Self.levels[first], "Gốc")
        grow(under: top, level: first, &random)
        while cells.count < 3 { addCell(under: top, level: first, &random) }
        addOutsiders(&random)
        country.giveAllRoles()
        dissolveSome(&random)
    }

    private mutating func grow(under parent: OrganizationID, level: Int, _ random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            // A gap: what would stand between is left out.
            let next = level + (Int.random(in: 0..<4, using: &random) == 0 ? 2 : 1)
            guard next < Self.levels.count, depth > 2 else {
                addCell(under: parent, level: level, &random)
                continue
            }
            // A section hangs under a base organisation only.
            let type =
                Self.levels[next] == .section && Self.levels[level] != .baseOrganisation ? nil : Self.levels[next]
            guard let type else {
                addCell(under: parent, level: level, &random)
                continue
            }
            let id = country.add(
                type, "\(type.rawValue) \(country.nodes.count)", under: parent,
                staffed: Int.random(in: 0..<10, using: &random) > 0)
            grow(under: id, level: next, &random)
        }
        if Bool.random(using: &random) { addCell(under: parent, level: level, &random) }
    }

    /// One beneath some committee, and one that hangs under nothing.
    private mutating func addOutsiders(_ random: inout SeededGenerator) {
        let committee = country.nodes.filter { !$0.type.isCell }.randomElement(using: &random)
        for parent in [committee?.id, nil] {
            outsiders.append(country.add(.external, "Ngoài \(country.nodes.count)", under: parent, staffed: false))
        }
    }

    private mutating func addCell(under parent: OrganizationID, level: Int, _ random: inout SeededGenerator) {
        let isBase = Self.levels[level] != .baseOrganisation && Self.levels[level] != .section
        let day = Bool.random(using: &random) ? Int.random(in: 1...31, using: &random) : nil
        cells.append(
            country.add(
                isBase ? .baseCell : .subordinateCell, "Chi bộ \(country.nodes.count)", under: parent, meetingDay: day,
                staffed: Int.random(in: 0..<10, using: &random) > 0))
    }

    /// The top stays: somebody acts in the place of whoever is dissolved.
    private mutating func dissolveSome(_ random: inout SeededGenerator) {
        for node in country.nodes where node.parentId != nil && !node.type.isCell {
            if Int.random(in: 0..<12, using: &random) == 0 { country.change(node.id, .dissolved) }
        }
    }

    /// The cells that still act.
    var activeCells: [OrganizationID] { cells.filter { country.tree[$0]?.status == .active } }

    /// An organisation is closed while a case runs; three cells and the top stay.
    mutating func dissolveOne(_ random: inout SeededGenerator) {
        guard let node = country.nodes.randomElement(using: &random), node.parentId != nil,
            !node.type.isCell || activeCells.count > 3
        else { return }
        country.change(node.id, .dissolved)
    }

    /// Somebody is given the role of an open turn: the organisation's own officer, or of the superior that acts for it.
    mutating func appoint(for turn: RunningCase.Turn) {
        let path = country.tree.path(from: turn.organizationId)
        guard let place = path.first(where: { $0.status == .active }) else { return }
        let role = place.id == turn.organizationId ? turn.role : Staffing.superiorRole
        country.staffing.add(country.person("Người mới").memberId, to: Seat(organizationId: place.id, role: role))
    }
}
