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
    /// The committee that received a letter from outside the system: it holds the scan against the paper.
    case arrival
    /// The committee above a body outside the system (Army, Police, abroad): it has the letter handed over.
    case outside
    /// The same, once the letter is handed over: it waits for the reply.
    case reply
    /// The committee that finds the right address for a case that was wrongly addressed.
    case readdressing
    /// An organisation that the step itself names by an expression.
    case station

    /// The places that the way of a transfer is made of.
    static let ofTransfers: [Place] = [.origin, .ascending, .meeting, .descending, .destination]
    /// Those of a transfer that begins with a letter from outside.
    static let ofArrivals: [Place] = [.arrival, .descending, .destination]
    /// Those at which a way ends that leads out of the system.
    static let ofOutside: [Place] = [.outside, .reply]
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
    /// The way from `start` to the cell `destination`: up by parent links to the meeting point, then down. To a body
    /// outside the system it leads to the committee above that body, which has the letter handed over and waits for the
    /// reply; one that hangs under nothing is reached from the top.
    ///
    /// - Parameters:
    ///   - origin: The sending cell. A way that begins above it is the rest of a longer one.
    ///   - leadsOutside: Whether a way may lead out of the system.
    public func route(
        from start: OrganizationID, to destination: OrganizationID, origin: OrganizationID, leadsOutside: Bool = false
    ) throws(RouteFault) -> [Hop] {
        guard self[start] != nil else { throw .originUnknown }
        let isOutside = leadsOutside && successor(of: destination)?.type == .external
        let target = try isOutside ? outside(destination) : cell(destination)
        guard target.id != origin else { throw .sameCell }
        let end = isOutside ? target.parentId ?? path(from: start).last?.id ?? start : target.id
        guard let meeting = meetingPoint(start, end) else { throw .noMeetingPoint }
        let up = path(from: start).prefix { $0.id != meeting.id }
        let down = path(from: end).prefix { $0.id != meeting.id }.reversed()
        // The rest of a way can begin below the meeting point of its two ends.
        let crossing = meetingPoint(origin, end)?.id ?? meeting.id
        let way = (up + [meeting] + down).map { node in
            Hop(
                organizationId: node.id,
                place: place(of: node, target: target.id, origin: origin, crossing: crossing, isAbove: up))
        }
        return isOutside ? way + Place.ofOutside.map { Hop(organizationId: end, place: $0) } : way
    }

    private func outside(_ id: OrganizationID) throws(RouteFault) -> Node {
        guard let target = successor(of: id) else { throw .destinationUnknown }
        guard target.status == .active else { throw .destinationNotActive }
        return target
    }

    /// The active cell that acts today for the one that a case is addressed to.
    func cell(_ id: OrganizationID) throws(RouteFault) -> Node {
        guard let target = successor(of: id) else { throw .destinationUnknown }
        guard target.type.isCell else { throw .destinationNotCell }
        guard target.status == .active else { throw .destinationNotActive }
        return target
    }

    private func place(
        of node: Node, target: OrganizationID, origin: OrganizationID, crossing: OrganizationID,
        isAbove ascending: some Sequence<Node>
    ) -> Place {
        if node.id == target { return .destination }
        if node.id == origin { return .origin }
        if ascending.contains(where: { $0.id == node.id }) { return .ascending }
        return node.id == crossing ? .meeting : .descending
    }
}
