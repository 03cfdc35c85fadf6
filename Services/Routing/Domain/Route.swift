public import Contracts

/// Where on the way of a case an organisation stands.
public enum Place: String, Codable, Hashable, Sendable, CaseIterable {
    /// The cell that lets the member go.
    case origin
    /// A committee above it, below the meeting point.
    case ascending
    /// The nearest committee above both cells.
    case meeting
    /// A committee on the receiving side, below the meeting point.
    case descending
    /// The cell that admits the member.
    case destination
    /// The committee that finds the right address for a case that was wrongly addressed.
    case readdressing
    /// An organisation that the step itself names by an expression.
    case station

    /// The places that the way of a transfer is made of.
    static let ofTransfers: [Place] = [.origin, .ascending, .meeting, .descending, .destination]
}

/// One organisation's turn on the way of a case.
public struct Hop: Codable, Hashable, Sendable {
    public let organizationId: OrganizationID
    public let place: Place
    /// The step by its name, where the place alone does not tell it.
    public let step: String?
    /// Those who are asked at the same time, in a step with a quorum.
    public let beside: [OrganizationID]

    public init(organizationId: OrganizationID, place: Place, step: String? = nil, beside: [OrganizationID] = []) {
        self.organizationId = organizationId
        self.place = place
        self.step = step
        self.beside = beside
    }

    /// Everybody whose turn it is in this hop.
    public var organizationIds: [OrganizationID] { [organizationId] + beside }
}

/// Why no way leads from one cell to another.
public enum RouteFault: String, Error, Codable, Hashable, Sendable {
    /// The form names no destination.
    case destinationMissing = "destination-missing"
    case destinationUnknown = "destination-unknown"
    /// Members belong to cells only.
    case destinationNotCell = "destination-not-a-cell"
    case destinationNotActive = "destination-not-active"
    /// The member is there already.
    case sameCell = "same-cell"
    case originUnknown = "origin-unknown"
    /// The two stand in different trees.
    case noMeetingPoint = "no-meeting-point"
    /// The tree has no organisation that a step names.
    case stationMissing = "station-missing"
}

extension OrganizationTree {
    /// The way from `start` to the cell `destination`: up by parent links to the meeting point, then down.
    ///
    /// - Parameter origin: The sending cell. A way that begins above it is the rest of a longer one.
    public func route(
        from start: OrganizationID, to destination: OrganizationID, origin: OrganizationID
    ) throws(RouteFault) -> [Hop] {
        guard self[start] != nil else { throw .originUnknown }
        let target = try cell(destination)
        guard target.id != origin else { throw .sameCell }
        guard let meeting = meetingPoint(start, target.id) else { throw .noMeetingPoint }
        let up = path(from: start).prefix { $0.id != meeting.id }
        let down = path(from: target.id).prefix { $0.id != meeting.id }.reversed()
        return (up + [meeting] + down).map { node in
            Hop(
                organizationId: node.id,
                place: place(of: node, target: target.id, origin: origin, meeting: meeting.id, isAbove: up))
        }
    }

    /// The active cell that acts today for the one that a case is addressed to.
    func cell(_ id: OrganizationID) throws(RouteFault) -> Node {
        guard let target = successor(of: id) else { throw .destinationUnknown }
        guard target.type.isCell else { throw .destinationNotCell }
        guard target.status == .active else { throw .destinationNotActive }
        return target
    }

    private func place(
        of node: Node, target: OrganizationID, origin: OrganizationID, meeting: OrganizationID,
        isAbove ascending: some Sequence<Node>
    ) -> Place {
        if node.id == target { return .destination }
        if node.id == origin { return .origin }
        if ascending.contains(where: { $0.id == node.id }) { return .ascending }
        // The rest of a way can begin below the meeting point of the two cells.
        let crossing = meetingPoint(origin, target)?.id ?? meeting
        return node.id == crossing ? .meeting : .descending
    }
}
