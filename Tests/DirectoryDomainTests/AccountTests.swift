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
            [.activate], [.lock], [.unlock], [.revoke], [.issue, .issue], [.issue, .unlock],
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
