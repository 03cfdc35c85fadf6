/// Where a version of the book stands.
public enum PolicyState: String, Codable, Hashable, Sendable, CaseIterable {
    case proposed
    case inForce = "in-force"
    case withdrawn
}

/// A version of the book on its way into force: one person proposes it, another approves it.
public struct PolicyProposal: Hashable, Sendable {
    public let state: PolicyState
    /// The subject of whoever proposed it.
    public let proposedBy: String

    public init(state: PolicyState, proposedBy: String) {
        self.state = state
        self.proposedBy = proposedBy
    }

    /// Why something cannot be done with it.
    public enum Refusal: Hashable, Sendable {
        /// It is in force or withdrawn already.
        case decided
        case samePerson
        /// Nobody has seen who would pay what differently.
        case notCompared
    }

    /// Why somebody cannot put it into force.
    ///
    /// - Parameter isCompared: whether a comparison with the book in force is finished for this month or a later one.
    public func refusal(ofApprovalBy subject: String, isCompared: Bool) -> Refusal? {
        guard state == .proposed else { return .decided }
        guard subject != proposedBy else { return .samePerson }
        return isCompared ? nil : .notCompared
    }
}
