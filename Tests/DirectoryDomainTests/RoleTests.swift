import Contracts
import DirectoryDomain
import Testing

@Suite("Roles and what they allow")
struct RoleTests {
    @Test("each role is held only where organisations have it", arguments: RoleName.allCases)
    func places(_ name: RoleName) throws {
        let places = try #require(RoleRule.places[name])
        #expect(!places.isEmpty && !places.contains(.group) && !places.contains(.external))
        let isOfCell = [.member, .cellSecretary, .cellDeputy, .cellDuesOfficer].contains(name)
        #expect(places.contains(.commune) != isOfCell)
    }

    @Test("the same role at the same place is not held twice at once")
    func overlap() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let held = try tree.role(.cellSecretary, of: member, at: tree.cellA1, to: "2026-06-30")
        func rules(from: String) throws -> [String] {
            let draft = RoleDraft(
                memberId: member.id, organizationId: tree.cellA1.id, role: .cellSecretary, from: try Day(from))
            return brokenRules {
                _ = try HeldRole.granted(
                    tree.ids.next(at: SampleTree.now), draft, to: member, at: tree.cellA1, substituting: nil,
                    beside: [held])
            }
        }
        #expect(try rules(from: "2026-06-30") == ["role.held"])
        #expect(try rules(from: "2026-07-01") == [])
    }

    @Test("everything that is wrong with a grant is told at once")
    func faults() throws {
        let tree = try SampleTree()
        let dead = try tree.member(in: tree.cellA1, .deceased)
        let draft = RoleDraft(
            memberId: dead.id, organizationId: tree.communeA.id, role: .cellSecretary, from: try Day("2026-02-01"),
            to: try Day("2026-01-01"), substituteForRoleId: tree.ids.next(at: SampleTree.now))
        let rules = brokenRules {
            _ = try HeldRole.granted(
                tree.ids.next(at: SampleTree.now), draft, to: dead, at: tree.communeA, substituting: nil, beside: [])
        }
        #expect(Set(rules) == ["role.holder", "role.place", "period.order", "role.unknown"])
    }

    @Test("a substitute stands in for somebody else in the same role at the same place")
    func substitutes() throws {
        let tree = try SampleTree()
        let absent = try tree.member(in: tree.cellA1)
        let helper = try tree.member(in: tree.cellA1)
        let held = try tree.role(.organisationOfficer, of: absent, at: tree.communeA)
        func rules(_ name: RoleName, for member: Member) throws -> [String] {
            let draft = RoleDraft(
                memberId: member.id, organizationId: tree.communeA.id, role: name, from: try Day("2026-11-01"),
                to: try Day("2026-11-30"), substituteForRoleId: held.id)
            return brokenRules {
                _ = try HeldRole.granted(
                    tree.ids.next(at: SampleTree.now), draft, to: member, at: tree.communeA, substituting: held,
                    beside: [])
            }
        }
        #expect(try rules(.organisationOfficer, for: helper) == [])
        #expect(try rules(.officeOfficer, for: helper) == ["role.substitute"])
        #expect(try rules(.organisationOfficer, for: absent) == ["role.substitute"])
    }

    @Test("a role is locked, unlocked and ended, and an ended one stays so")
    func changes() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let role = try tree.role(.cellSecretary, of: member, at: tree.cellA1)
        let locked = try role.changed(.lock)
        #expect(locked.status == .locked && !locked.isInForce(on: SampleTree.today))
        #expect(try locked.changed(.unlock).isInForce(on: SampleTree.today))
        let ended = try locked.changed(.end(lastDay: try Day("2026-10-01")))
        #expect(ended.status == .ended && ended.version == 3)
        #expect(brokenRules { _ = try ended.changed(.unlock) } == ["role.transition"])
        #expect(brokenRules { _ = try role.changed(.end(lastDay: try Day("2025-12-31"))) } == ["period.order"])
    }

    @Test("a system administrator administers his subtree, never the neighbours, the top or himself")
    func administration() throws {
        let tree = try SampleTree()
        let admin = try tree.member(in: tree.cellA1)
        let other = try tree.member(in: tree.cellA1)
        let role = try tree.role(.systemAdmin, of: admin, at: tree.communeA)
        let authority = Authority(.member(admin.id), roles: [role], on: SampleTree.today)
        #expect(authority.administers(tree.path(tree.communeA)))
        #expect(authority.administers(tree.path(tree.cellA2)))
        #expect(!authority.administers(tree.path(tree.province)))
        #expect(!authority.administers(tree.path(tree.cellB1)))
        #expect(!authority.administers(nil))
        #expect(authority.administers(other.id, at: tree.path(tree.cellA1)))
        #expect(!authority.administers(admin.id, at: tree.path(tree.cellA1)))
        let before = Authority(.member(admin.id), roles: [role], on: try Day("2025-12-31"))
        #expect(!before.administers(tree.path(tree.communeA)))
        #expect(Authority(.operating, on: SampleTree.today).administers(nil))
    }

    @Test("officers see the members beneath their place, everybody sees himself")
    func reading() throws {
        let tree = try SampleTree()
        let secretary = try tree.member(in: tree.cellA1)
        let other = try tree.member(in: tree.cellA2)
        let role = try tree.role(.cellSecretary, of: secretary, at: tree.cellA1)
        let authority = Authority(.member(secretary.id), roles: [role], on: SampleTree.today)
        #expect(authority.reads(other.id, at: tree.path(tree.cellA1)))
        #expect(!authority.reads(other.id, at: tree.path(tree.cellA2)))
        #expect(authority.reads(secretary.id, at: tree.path(tree.cellA2)))
        let support = Authority(
            .member(other.id), roles: [try tree.role(.support, of: other, at: tree.communeA)], on: SampleTree.today)
        #expect(!support.reads(secretary.id, at: tree.path(tree.cellA1)))
    }
}
