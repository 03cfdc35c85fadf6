import Contracts
import DirectoryDomain
import Testing

@Suite("Accounts of members")
struct AccountTests {
    private let today = SampleTree.today

    /// The member after these actions, one after the other.
    private func member(after actions: [AccountAction], _ state: MembershipState = .official) throws -> Member {
        let tree = try SampleTree()
        return try actions.reduce(try tree.member(in: tree.cellA1, state)) { member, action in
            try member.changed(action, roles: [], today: today).member
        }
    }

    @Test("an account is issued, used, locked, unlocked, revoked, and issued anew")
    func life() throws {
        #expect(try member(after: []).account == nil)
        #expect(try member(after: [.issue]).account?.state == .issued)
        let active = try member(after: [.issue, .activate])
        #expect(active.account?.state == .active && active.account?.activatedOn == today)
        #expect(try member(after: [.issue, .activate, .lock]).account?.state == .locked)
        #expect(try member(after: [.issue, .activate, .lock, .unlock]).account?.state == .active)
        #expect(try member(after: [.issue, .activate, .revoke]).account?.state == .revoked)
        #expect(try member(after: [.issue, .activate, .revoke, .issue]).account?.state == .issued)
        #expect(try member(after: [.issue, .lock, .unlock]).account?.state == .issued, "it was never used")
    }

    @Test(
        "an action that has no meaning in the state is refused",
        arguments: [
            [.activate], [.unlock], [.revoke], [.issue, .issue], [.issue, .unlock],
            [.issue, .activate, .activate],
            [.issue, .lock, .activate], [.issue, .lock, .lock], [.issue, .revoke, .revoke], [.issue, .revoke, .unlock],
        ] as [[AccountAction]])
    func transitions(_ actions: [AccountAction]) throws {
        let before = try member(after: actions.dropLast())
        let last = try #require(actions.last)
        #expect(brokenRules { _ = try before.changed(last, roles: [], today: today) } == ["account.transition"])
    }

    @Test("a lock takes the roles along, and the unlock gives back those and no others")
    func roles() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let secretary = try tree.role(.cellSecretary, of: member, at: tree.cellA1)
        let deputy = try tree.role(.cellDeputy, of: member, at: tree.cellA2).changed(.lock)
        let issued = try member.changed(.issue, roles: [secretary, deputy], today: today)
        #expect(issued.roles.isEmpty, "whoever has not used it yet keeps his roles")
        let locked = try issued.member.changed(.lock, roles: [secretary, deputy], today: today)
        #expect(locked.roles.map(\.id) == [secretary.id] && locked.roles.map(\.status) == [.locked])
        let all = locked.roles + [deputy]
        let unlocked = try locked.member.changed(.unlock, roles: all, today: today)
        #expect(unlocked.roles.map(\.id) == [secretary.id] && unlocked.roles.map(\.status) == [.active])
        #expect(unlocked.roles.allSatisfy { $0.isLockedWithAccount == nil })
    }

    @Test("an account that nobody issued is locked too, and its owner uses it again once it is unlocked and activated")
    func lockedBeforeIssue() throws {
        #expect(try member(after: [.lock]).account?.state == .locked)
        let back = try member(after: [.lock, .unlock, .activate])
        #expect(back.published.mayEnter)
    }

    @Test("what a decision locked stays locked when the account is unlocked, whichever came first")
    func decisionsStay() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let role = try tree.role(.cellSecretary, of: member, at: tree.cellA1)
        let locked = try member.changed(.lock, roles: [role], today: today)
        let decided = try #require(locked.roles.first).changed(.lock)
        #expect(try locked.member.changed(.unlock, roles: [decided], today: today).roles.isEmpty)
        let suspended = try locked.member.changed(
            MemberChange(state: .suspended), roles: locked.roles, cell: nil, today: today)
        let official = try suspended.member.changed(
            MemberChange(state: .official), roles: suspended.roles, cell: nil, today: today)
        #expect(try official.member.changed(.unlock, roles: suspended.roles, today: today).roles.isEmpty)
    }

    @Test("a new account gives the roles back when its owner uses it, not before")
    func reissued() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let role = try tree.role(.cellSecretary, of: member, at: tree.cellA1)
        let issued = try member.changed(.issue, roles: [role], today: today)
        let revoked = try issued.member.changed(.revoke, roles: [role], today: today)
        let again = try revoked.member.changed(.issue, roles: revoked.roles, today: today)
        #expect(again.roles.isEmpty)
        let used = try again.member.changed(.activate, roles: revoked.roles, today: today)
        #expect(used.roles.map(\.status) == [.active])
    }

    @Test("nobody gets or unlocks a role while his account is locked")
    func granting() throws {
        let tree = try SampleTree()
        let locked = try tree.member(in: tree.cellA1).changed(.issue, roles: [], today: today).member
            .changed(.lock, roles: [], today: today).member
        #expect(
            brokenRules { _ = try tree.role(.cellSecretary, of: locked, at: tree.cellA1) } == ["role.holder-account"])
        #expect(RoleRule.faults(ofHolder: locked).map(\.rule) == ["role.holder-account"])
    }

    @Test("the end of the membership revokes the account, and no account is given to who is not a member any more")
    func ended() throws {
        let member = try member(after: [.issue, .activate])
        let (dead, _) = try member.changed(MemberChange(state: .deceased), roles: [], cell: nil, today: today)
        #expect(dead.account?.state == .revoked && !dead.published.mayEnter)
        #expect(brokenRules { _ = try dead.changed(.issue, roles: [], today: today) } == ["account.state-of-member"])
        let (alive, _) = try self.member(after: []).changed(
            MemberChange(state: .deceased), roles: [], cell: nil, today: today)
        #expect(alive.account == nil, "what was never issued is not revoked")
    }

    @Test("what is published says whether something may be entered", arguments: [nil] + AccountState.allCases)
    func published(_ state: AccountState?) throws {
        let actions: [AccountState?: [AccountAction]] = [
            nil: [], .issued: [.issue], .active: [.issue, .activate], .locked: [.issue, .lock],
            .revoked: [.issue, .revoke],
        ]
        let told = try member(after: try #require(actions[state])).published
        #expect(told.account == state)
        #expect(told.mayEnter == (state == nil || state == .active))
    }
}
