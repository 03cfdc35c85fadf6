public import Contracts

/// The account of a member on the portal. Who signs in is the identity provider's matter; what he may do with it is kept
/// here.
public struct Account: Codable, Hashable, Sendable {
    public internal(set) var state: AccountState
    /// The first use; absent before.
    public internal(set) var activatedOn: Day?

    /// Whether the roles of its owner cannot be used.
    var locksRoles: Bool { state == .locked || state == .revoked }

    /// The account after its end.
    var revoked: Account { Account(state: .revoked, activatedOn: activatedOn) }
}

/// What happens to an account.
public enum AccountAction: String, Codable, Sendable, CaseIterable {
    /// Given out, for the first time or anew after it was revoked.
    case issue
    /// Used for the first time, by its owner.
    case activate
    /// Not to be used for now, also where none was issued and the sign-in alone decided; the roles of its owner are
    /// locked with it.
    case lock
    /// As before the lock.
    case unlock
    case revoke
}

extension Account {
    /// The account after the action; nothing where the action has no meaning in this state.
    static func after(_ action: AccountAction, _ account: Account?, today: Day) -> Account? {
        switch (action, account?.state) {
        case (.issue, nil), (.issue, .revoked): Account(state: .issued)
        case (.activate, .issued): Account(state: .active, activatedOn: today)
        case (.lock, nil), (.lock, .issued), (.lock, .active):
            Account(state: .locked, activatedOn: account?.activatedOn)
        case (.unlock, .locked):
            Account(state: account?.activatedOn == nil ? .issued : .active, activatedOn: account?.activatedOn)
        case (.revoke, .issued), (.revoke, .active), (.revoke, .locked): account?.revoked
        default: nil
        }
    }
}

extension Member {
    /// The member and his roles after something happened to his account, or what is wrong with it.
    ///
    /// - Parameter roles: the roles that he holds and that are not ended.
    public func changed(
        _ action: AccountAction, roles: [HeldRole], today: Day
    ) throws(Faults) -> (member: Member, roles: [HeldRole]) {
        guard let account = Account.after(action, account, today: today) else { throw Faults([Self.accountTransition]) }
        guard effects.account != .revoked || account.state == .revoked else { throw Faults([Self.noAccount]) }
        var next = self
        next.version += 1
        next.account = account
        return (next, next.effects(of: action, on: roles))
    }

    /// The roles that the account locks, or unlocks because it was what locked them. A new account gives nothing back
    /// before its owner uses it.
    private func effects(of action: AccountAction, on roles: [HeldRole]) -> [HeldRole] {
        guard let account else { return [] }
        if account.locksRoles {
            return roles.filter { $0.status == .active }.map { $0.locked(isWithAccount: true) }
        }
        guard action != .issue, effects.roles == .kept else { return [] }
        return roles.filter { $0.status == .locked && $0.isLockedWithAccount == true }.map { $0.unlocked() }
    }

    private static let accountTransition = InvalidValue(
        field: "action", rule: "account.transition", vietnamese: "Tài khoản đang ở trạng thái khác.",
        english: "The account is in another state.")
    private static let noAccount = InvalidValue(
        field: "action", rule: "account.state-of-member",
        vietnamese: "Trạng thái của đảng viên không cho phép có tài khoản.",
        english: "The member's state does not allow an account.")
}
