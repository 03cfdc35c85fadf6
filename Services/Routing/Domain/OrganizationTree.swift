public import Contracts
public import WorkingTime

/// The part of the tree of organisations (cây tổ chức đảng) that a case needs, as a value.
///
/// The chain above a cell has variable depth, so places are found by parent links and type, never by a level number.
public struct OrganizationTree: Hashable, Sendable {
    /// One organisation as routing sees it.
    public struct Node: Hashable, Sendable {
        public let id: OrganizationID
        public let name: String
        public let type: OrganizationType
        public let parentId: OrganizationID?
        public let status: OrganizationStatus
        public let mergedIntoId: OrganizationID?
        /// A cell has none.
        public let hasSeal: Bool
        /// Its own timetable; absent where that of the calendar holds.
        public let officeHours: OfficeHours?
        /// The day of the month of its regular meeting.
        public let meetingDay: Int?

        public init(
            id: OrganizationID, name: String, type: OrganizationType, parentId: OrganizationID?,
            status: OrganizationStatus = .active, mergedIntoId: OrganizationID? = nil, hasSeal: Bool = true,
            officeHours: OfficeHours? = nil, meetingDay: Int? = nil
        ) {
            self.id = id
            self.name = name
            self.type = type
            self.parentId = parentId
            self.status = status
            self.mergedIntoId = mergedIntoId
            self.hasSeal = hasSeal
            self.officeHours = officeHours
            self.meetingDay = meetingDay
        }
    }

    private let nodes: [OrganizationID: Node]

    /// A tree of organisations; where one is given twice the last holds.
    public init(_ nodes: some Sequence<Node>) {
        self.nodes = Dictionary(nodes.map { ($0.id, $0) }) { _, last in last }
    }

    /// The organisation, if the tree knows it.
    public subscript(_ id: OrganizationID) -> Node? { nodes[id] }

    /// The organisation itself, its parent, and so on to the top of what the tree knows.
    ///
    /// A circle of parents, which only broken input can hold, ends the path.
    public func path(from id: OrganizationID) -> [Node] {
        var path: [Node] = []
        var seen: Set<OrganizationID> = []
        var next: OrganizationID? = id
        while let id = next, let node = nodes[id], seen.insert(id).inserted {
            path.append(node)
            next = node.parentId
        }
        return path
    }

    /// The nearest organisation that is above both, or is one of the two; nil when they stand in different trees.
    public func meetingPoint(_ first: OrganizationID, _ second: OrganizationID) -> Node? {
        let above = Set(path(from: second).map(\.id))
        return path(from: first).first { above.contains($0.id) }
    }

    /// The first parent on the way up that the tree does not know; nil when the path reaches a top.
    public func missingLink(above id: OrganizationID) -> OrganizationID? {
        guard let last = path(from: id).last else { return id }
        guard let parent = last.parentId, nodes[parent] == nil else { return nil }
        return parent
    }

    /// The organisation that acts today for `id`: itself, or whoever it was merged into.
    public func successor(of id: OrganizationID) -> Node? {
        var seen: Set<OrganizationID> = []
        var node = nodes[id]
        while let current = node, current.status == .merged, let next = current.mergedIntoId,
            seen.insert(current.id).inserted
        {
            node = nodes[next]
        }
        return node
    }
}
