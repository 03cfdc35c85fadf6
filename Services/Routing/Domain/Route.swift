public import Contracts

/// Where on the way from one cell to another an organisation stands.
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
}

/// One organisation's turn on the way of a case.
public struct Hop: Codable, Hashable, Sendable {
    public let organizationId: OrganizationID
    public let place: Place

    public init(organizationId: OrganizationID, place: Place) {
        self.organizationId = organizationId
        self.place = place
    }
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
    /// The way has more hops than the letter has boxes.
    case tooFewBoxes = "too-few-boxes"
}

extension OrganizationTree {
    /// The way from `start` to the cell `destination`: up by parent links to the meeting point, then down.
    ///
    /// - Parameter origin: The sending cell. A way that begins above it is the rest of a longer one.
    public func route(
        from start: OrganizationID, to destination: OrganizationID, origin: OrganizationID
    ) throws(RouteFault) -> [Hop] {
        guard self[start] != nil else { throw .originUnknown }
        guard let target = successor(of: destination) else { throw .destinationUnknown }
        guard target.type.isCell else { throw .destinationNotCell }
        guard target.status == .active else { throw .destinationNotActive }
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
