public import Contracts

/// What a state of membership means elsewhere: one row for each state, and nowhere else a rule about it.
public struct StateEffects: Sendable, Hashable {
    /// What becomes of the member's dossiers.
    public enum Cases: String, Sendable, Codable {
        /// New ones are taken, running ones go on.
        case open
        /// Running ones go on, a further transfer is not taken.
        case running
        /// None is taken, running ones wait for a decision.
        case held
        /// Running ones are closed.
        case closed
    }

    /// Whether dues are owed for a month in this state.
    public enum Dues: String, Sendable, Codable {
        case owed
        /// Assessed by the new cell at admission; no arrears meanwhile.
        case held
        /// Not owed, and none is open from before but what was assessed.
        case notOwed = "not-owed"
        /// Not owed; what was paid in advance goes to the list of refunds.
        case refunded
    }

    /// What becomes of the account on the portal.
    public enum Account: String, Sendable, Codable {
        case active
        /// Reads, and enters nothing.
        case readOnly = "read-only"
        case revoked
    }

    /// What becomes of the roles that the member holds.
    public enum Roles: String, Sendable, Codable {
        case kept
        case locked
        case ended
    }

    /// Whether notices are sent.
    public enum Notices: String, Sendable, Codable {
        case sent
        case stopped
    }

    public let cases: Cases
    public let dues: Dues
    public let account: Account
    public let roles: Roles
    public let notices: Notices

    /// The table.
    public static let table: [MembershipState: StateEffects] = [
        .probationary: row(.open, .owed, .active, .kept, .sent),
        .official: row(.open, .owed, .active, .kept, .sent),
        .inTransit: row(.running, .held, .active, .kept, .sent),
        .temporarilyElsewhere: row(.open, .owed, .active, .kept, .sent),
        // Exempt from meetings, not from dues.
        .exemptFromActivity: row(.open, .owed, .active, .kept, .sent),
        .temporarilyExcused: row(.open, .owed, .active, .kept, .sent),
        .suspended: row(.held, .owed, .readOnly, .locked, .sent),
        .deceased: row(.closed, .refunded, .revoked, .ended, .stopped),
        .expelled: row(.closed, .notOwed, .revoked, .ended, .sent),
        .struckOff: row(.closed, .notOwed, .revoked, .ended, .sent),
        .resigned: row(.closed, .notOwed, .revoked, .ended, .sent),
        .probationCancelled: row(.closed, .notOwed, .revoked, .ended, .sent),
    ]

    /// The row of a state.
    public static func of(_ state: MembershipState) -> StateEffects {
        // The table has every state; one that came later and was forgotten there is treated with most care.
        table[state] ?? row(.held, .notOwed, .readOnly, .locked, .stopped)
    }

    private static func row(
        _ cases: Cases, _ dues: Dues, _ account: Account, _ roles: Roles, _ notices: Notices
    ) -> StateEffects {
        StateEffects(cases: cases, dues: dues, account: account, roles: roles, notices: notices)
    }
}

extension MembershipState {
    /// The states that a decision may lead to from this one. An end is reversed by a decision too.
    public var successors: Set<MembershipState> {
        let living: Set<MembershipState> = [
            .official, .inTransit, .temporarilyElsewhere, .exemptFromActivity, .temporarilyExcused, .suspended,
        ]
        let ends: Set<MembershipState> = [.deceased, .expelled, .struckOff, .resigned]
        switch self {
        case .probationary:
            return [
                .official, .inTransit, .temporarilyElsewhere, .suspended, .deceased, .struckOff, .resigned,
                .probationCancelled,
            ]
        case .probationCancelled: return [.probationary]
        case .inTransit, .temporarilyElsewhere, .suspended:
            return living.union(ends).union([.probationary, .probationCancelled]).subtracting([self])
        case .official, .exemptFromActivity, .temporarilyExcused: return living.union(ends).subtracting([self])
        case .deceased, .expelled, .struckOff, .resigned: return [.official, .probationary]
        }
    }
}
