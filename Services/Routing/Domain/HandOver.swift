public import Contracts
public import Foundation

/// An office that a member holds and hands over before he leaves (bàn giao): with it go the cases that wait at it, the
/// results that it signs, and what it may do with the account of its organisation.
public struct HeldOffice: Codable, Hashable, Sendable {
    public let organizationId: OrganizationID
    public let role: RoleName
    /// Whether nobody else holds it: somebody has to be appointed.
    public let isSole: Bool
    /// How many open turns of cases wait for whoever holds it.
    public let openTurns: Int

    public init(organizationId: OrganizationID, role: RoleName, isSole: Bool, openTurns: Int) {
        self.organizationId = organizationId
        self.role = role
        self.isSole = isSole
        self.openTurns = openTurns
    }
}

/// The hand-over of a member's offices, as the officer confirmed it who issued the letter.
public struct HandOver: Codable, Hashable, Sendable {
    /// What he held that day.
    public let offices: [HeldOffice]
    public let byMemberId: MemberID
    public let at: Date

    /// The bodies that lose somebody who acts for them.
    var bodies: Set<OrganizationID> {
        Set(offices.filter { Staffing.handlers.contains($0.role) }.map(\.organizationId))
    }
}

extension RunningCase {
    /// Whether its letter is still to be issued here.
    public func awaitsLetter(by definition: ProcedureDefinition) -> Bool {
        stage == .running && boxes.isEmpty && definition.letter != nil && definition.route.beginning == .origin
    }

    /// Whether its letter is still to be issued, and only after the member's offices were handed over.
    public func awaitsHandOver(by definition: ProcedureDefinition) -> Bool {
        awaitsLetter(by: definition)
            && definition.steps.contains { $0.actions.contains { $0.guards.contains(.officesHandedOver) } }
    }
}

/// Where a member leaves, and where he goes.
public struct Departure: Hashable, Sendable {
    public let from: OrganizationID
    /// Absent while no right address is known.
    public let to: OrganizationID?

    public init(from: OrganizationID, to: OrganizationID?) {
        self.from = from
        self.to = to
    }
}

extension OrganizationTree {
    /// Whether a role at an organisation ends with a departure, as the directory ends it: it stands beneath what is left,
    /// which is the old cell and all above it that is not above the new one too.
    public func leaves(_ organization: OrganizationID, by departure: Departure) -> Bool {
        let kept = Set(departure.to.map { path(from: successor(of: $0)?.id ?? $0).map(\.id) } ?? [])
        let left = Set(path(from: departure.from).map(\.id)).subtracting(kept)
        return path(from: organization).contains { left.contains($0.id) }
    }
}
