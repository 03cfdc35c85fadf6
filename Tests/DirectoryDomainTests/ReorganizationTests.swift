import Contracts
import DirectoryDomain
import Testing

@Suite("Mergers, dissolutions, splits")
struct ReorganizationTests {
    let tree: SampleTree
    let day = SampleTree.today

    init() throws { tree = try SampleTree() }

    private func newID() -> UUIDv7 { tree.ids.next(at: SampleTree.now) }

    @Test("a merged cell's members, also those who only live there, belong to the successor, at their next version")
    func mergedCell() throws {
        let (own, other) = (try tree.member(in: tree.cellA1), try tree.member(in: tree.cellB1))
        var lives = MemberDraft(fullName: "Trần Thị Mẫu", cellId: tree.cellB1.id, joinedOn: try Day("2015-05-19"))
        lives.residenceCellId = tree.cellA1.id
        let resident = try Member.entered(
            MemberID(newID()), lives, cell: tree.cellB1, residenceCell: tree.cellA1, today: day)
        let result = try tree.cellA1.closed(
            .merger(into: tree.path(tree.cellA2), on: day),
            with: OrganizationContents(members: [own, resident]), at: tree.path(tree.cellA1), ids: newID)
        #expect(result.members.map(\.id) == [own.id, resident.id] && result.members.allSatisfy { $0.version == 2 })
        #expect(result.members[0].cellId == tree.cellA2.id && result.members[0].residenceCellId == nil)
        #expect(result.members[1].cellId == tree.cellB1.id && result.members[1].residenceCellId == tree.cellA2.id)
        #expect(!result.members.contains { $0.id == other.id })
        let end = try #require(result.organizations.last)
        #expect(end.id == tree.cellA1.id && end.status == .merged && end.mergedIntoId == tree.cellA2.id)
        #expect(end.version == 2 && result.organizations.count == 1)
    }

    @Test("roles end the day before; those that are kept go on at the successor under ids of their own")
    func mergedRoles() throws {
        let (secretary, deputy) = (try tree.member(in: tree.cellA1), try tree.member(in: tree.cellA1))
        let kept = try tree.role(.cellSecretary, of: secretary, at: tree.cellA1, to: "2027-12-31")
        let ended = try tree.role(.cellDeputy, of: deputy, at: tree.cellA1)
        let result = try tree.cellA1.closed(
            .merger(into: tree.path(tree.cellA2), on: day, keeping: [kept.id]),
            with: OrganizationContents(members: [secretary, deputy], roles: [kept, ended]),
            at: tree.path(tree.cellA1), ids: newID)
        #expect(Set(result.endedRoles.map(\.id)) == [kept.id, ended.id])
        #expect(result.endedRoles.allSatisfy { $0.status == .ended && $0.to == day.adding(days: -1) })
        let granted = try #require(result.grantedRoles.first)
        #expect(result.grantedRoles.count == 1 && granted.id != kept.id && granted.version == 1)
        #expect(granted.memberId == secretary.id && granted.organizationId == tree.cellA2.id)
        #expect(granted.from == day && granted.to == kept.to && granted.isInForce(on: day))
        let twice = brokenRules {
            _ = try tree.cellA1.closed(
                .merger(into: tree.path(tree.cellA2), on: day, keeping: [kept.id]),
                with: OrganizationContents(roles: [kept]), at: tree.path(tree.cellA1), beside: [granted], ids: newID)
        }
        #expect(twice == ["role.held"])
        let foreign = brokenRules {
            _ = try tree.cellA1.closed(
                .merger(into: tree.path(tree.cellA2), on: day, keeping: [RoleID(newID())]),
                with: OrganizationContents(roles: [kept]), at: tree.path(tree.cellA1), ids: newID)
        }
        #expect(foreign == ["reorganization.role-elsewhere"])
    }

    @Test("a substitute goes on only with the role he stands in for")
    func substitutes() throws {
        let (officer, deputy) = (try tree.member(in: tree.cellA1), try tree.member(in: tree.cellA1))
        let role = try tree.role(.organisationOfficer, of: officer, at: tree.communeA)
        let substitute = try HeldRole.granted(
            RoleID(newID()),
            RoleDraft(
                memberId: deputy.id, organizationId: tree.communeA.id, role: .organisationOfficer, from: day,
                substituteForRoleId: role.id),
            to: deputy, at: tree.communeA, substituting: role, beside: [])
        func merged(keeping: Set<RoleID>) throws -> Reorganized {
            try tree.communeA.closed(
                .merger(into: tree.path(tree.communeB), on: day, keeping: keeping),
                with: OrganizationContents(roles: [substitute, role]), at: tree.path(tree.communeA), ids: newID)
        }
        let both = try merged(keeping: [role.id, substitute.id]).grantedRoles
        #expect(both.map(\.memberId) == [officer.id, deputy.id] && both[1].substituteForRoleId == both[0].id)
        #expect(brokenRules { _ = try merged(keeping: [substitute.id]) } == ["reorganization.substitute-alone"])
    }

    @Test("a merged commune's organisations hang under the successor; a successor that cannot have them is refused")
    func mergedCommune() throws {
        let contents = OrganizationContents(organizations: [tree.baseA])
        let result = try tree.communeA.closed(
            .merger(into: tree.path(tree.communeB), on: day), with: contents, at: tree.path(tree.communeA), ids: newID)
        #expect(result.organizations.map(\.id) == [tree.baseA.id, tree.communeA.id])
        #expect(result.organizations[0].parentId == tree.communeB.id && result.organizations[0].version == 2)
        func rules(into successor: Organization) -> [String] {
            brokenRules {
                _ = try tree.communeA.closed(
                    .merger(into: tree.path(successor), on: day), with: contents,
                    at: tree.path(tree.communeA), ids: newID)
            }
        }
        #expect(rules(into: tree.baseB) == ["organization.successor-type"])
        #expect(rules(into: tree.communeA).contains("organization.successor"))
        #expect(rules(into: tree.baseA).contains("organization.successor"))
        let members = brokenRules {
            _ = try tree.cellA1.closed(
                .merger(into: tree.path(tree.baseB), on: day),
                with: OrganizationContents(members: [try tree.member(in: tree.cellA1)]),
                at: tree.path(tree.cellA1), ids: newID)
        }
        #expect(members == ["organization.successor-type"])
    }

    @Test("a dissolution needs a place for whatever stands there, and nothing else")
    func dissolution() throws {
        let member = try tree.member(in: tree.cellA1)
        let left = brokenRules {
            _ = try tree.cellA1.closed(
                .dissolution(on: day), with: OrganizationContents(members: [member]),
                at: tree.path(tree.cellA1), ids: newID)
        }
        #expect(left == ["reorganization.place-needed"])
        let result = try tree.cellA1.closed(
            .dissolution(on: day, membersTo: tree.path(tree.cellA2)), with: OrganizationContents(members: [member]),
            at: tree.path(tree.cellA1), ids: newID)
        #expect(result.members.map(\.cellId) == [tree.cellA2.id])
        #expect(result.organizations.map(\.status) == [.dissolved] && result.organizations[0].mergedIntoId == nil)
        let empty = try tree.cellA1.closed(
            .dissolution(on: day), with: OrganizationContents(), at: tree.path(tree.cellA1), ids: newID)
        let again = brokenRules {
            _ = try empty.organizations[0].closed(
                .dissolution(on: day), with: OrganizationContents(), at: tree.path(tree.cellA1), ids: newID)
        }
        #expect(again == ["organization.inactive"])
        let inside = brokenRules {
            _ = try tree.baseA.closed(
                .dissolution(on: day, organizationsTo: tree.path(tree.cellA1)),
                with: OrganizationContents(organizations: [tree.cellA1]), at: tree.path(tree.baseA), ids: newID)
        }
        #expect(inside == ["reorganization.place-closing"])
    }

    @Test("accounts that receive money end the day before")
    func accounts() throws {
        var draft = OrganizationDraft(
            code: try OrganizationCode("A35.77"), name: "Đảng bộ Mẫu", type: .baseOrganisation)
        let past = OrganizationState.BankAccount(
            bankCode: "970400", accountNumber: "0001", holderName: "DANG BO MAU", verified: true,
            from: try Day("2020-01-01"), to: try Day("2025-12-31"))
        let open = OrganizationState.BankAccount(
            bankCode: "970400", accountNumber: "0002", holderName: "DANG BO MAU", verified: true,
            from: try Day("2026-01-01"))
        draft.bankAccounts = [past, open]
        let base = try Organization.founded(OrganizationID(newID()), draft, under: tree.path(tree.communeA))
        let result = try base.closed(
            .merger(into: tree.path(tree.baseB), on: day), with: OrganizationContents(),
            at: tree.path(base), ids: newID)
        #expect(result.organizations.last?.bankAccounts.map(\.to) == [past.to, day.adding(days: -1)])
    }

    @Test("a split founds its parts with what they take; the rest stays")
    func split() throws {
        let (goes, stays) = (try tree.member(in: tree.cellA1), try tree.member(in: tree.cellA1))
        let role = try tree.role(.cellDeputy, of: goes, at: tree.cellA1)
        let draft = OrganizationDraft(
            code: try OrganizationCode("A35.99"), name: "Chi bộ Mẫu Mới", type: .subordinateCell)
        let contents = OrganizationContents(members: [goes, stays], roles: [role])
        func split(_ parts: [SplitPart]) throws -> Reorganized {
            try tree.cellA1.split(into: parts, on: day, with: contents, ids: newID)
        }
        let part = SplitPart(draft, under: tree.path(tree.baseA), members: [goes.id], roles: [role.id])
        let result = try split([part])
        let founded = try #require(result.founded.first)
        #expect(founded.parentId == tree.baseA.id && founded.duesRegion == tree.baseA.duesRegion)
        #expect(result.members.map(\.id) == [goes.id] && result.members[0].cellId == founded.id)
        #expect(result.endedRoles.map(\.id) == [role.id])
        #expect(result.grantedRoles.map(\.organizationId) == [founded.id])
        #expect(result.organizations.isEmpty)
        #expect(brokenRules { _ = try split([part, part]) }.contains("reorganization.taken-twice"))
        #expect(brokenRules { _ = try split([]) } == ["reorganization.no-part"])
        let strangers = SplitPart(draft, under: tree.path(tree.baseA), members: [MemberID(newID())])
        #expect(brokenRules { _ = try split([strangers]) } == ["reorganization.not-there"])
        let misplaced = SplitPart(draft, under: tree.path(tree.cellA2))
        #expect(brokenRules { _ = try split([misplaced]) } == ["organization.parent-type"])
    }

    @Test("whoever goes with a part holds nothing at the old cell any more, and nobody stands in for what has ended")
    func splitRoles() throws {
        let (goes, stays, other) = (
            try tree.member(in: tree.cellA1), try tree.member(in: tree.cellA1), try tree.member(in: tree.cellA1)
        )
        let unnamed = try tree.role(.cellSecretary, of: goes, at: tree.cellA1)
        let named = try tree.role(.cellDeputy, of: stays, at: tree.cellA1)
        let substitute = try HeldRole.granted(
            RoleID(newID()),
            RoleDraft(
                memberId: other.id, organizationId: tree.cellA1.id, role: .cellDeputy, from: day,
                substituteForRoleId: named.id),
            to: other, at: tree.cellA1, substituting: named, beside: [])
        let draft = OrganizationDraft(
            code: try OrganizationCode("A35.99"), name: "Chi bộ Mẫu Mới", type: .subordinateCell)
        let result = try tree.cellA1.split(
            into: [SplitPart(draft, under: tree.path(tree.baseA), members: [goes.id], roles: [named.id])], on: day,
            with: OrganizationContents(members: [goes, stays, other], roles: [unnamed, named, substitute]), ids: newID)
        #expect(Set(result.endedRoles.map(\.id)) == [unnamed.id, named.id, substitute.id])
        #expect(result.grantedRoles.map(\.memberId) == [stays.id])
    }

    @Test("links of residence go where somebody can live, or the closing is refused")
    func residence() throws {
        var lives = MemberDraft(fullName: "Trần Thị Mẫu", cellId: tree.cellB1.id, joinedOn: try Day("2015-05-19"))
        lives.residenceCellId = tree.cellA1.id
        let resident = try Member.entered(
            MemberID(newID()), lives, cell: tree.cellB1, residenceCell: tree.cellA1, today: day)
        let agency = try Organization.founded(
            OrganizationID(newID()),
            OrganizationDraft(code: try OrganizationCode("A35.98"), name: "Chi bộ Mẫu", type: .subordinateCell),
            under: tree.path(tree.baseA))
        let refused = brokenRules {
            _ = try tree.cellA1.closed(
                .merger(into: OrganizationPath([agency] + tree.path(tree.baseA).organizations), on: day),
                with: OrganizationContents(members: [resident]), at: tree.path(tree.cellA1), ids: newID)
        }
        #expect(refused == ["member.residence-cell"])
    }

    @Test("a merger across communes ends what its members hold on the side that they leave")
    func acrossCommunes() throws {
        let member = try tree.member(in: tree.cellA1)
        let left = try tree.role(.organisationOfficer, of: member, at: tree.communeA)
        let above = try tree.role(.organisationOfficer, of: member, at: tree.province)
        func merged(into cell: Organization) throws -> Set<RoleID> {
            let contents = OrganizationContents(
                members: [member],
                elsewhere: [(left, tree.path(tree.communeA)), (above, tree.path(tree.province))])
            return Set(
                try tree.cellA1.closed(
                    .merger(into: tree.path(cell), on: day), with: contents, at: tree.path(tree.cellA1), ids: newID
                ).endedRoles.map(\.id))
        }
        #expect(try merged(into: tree.cellB1) == [left.id])
        #expect(try merged(into: tree.cellA2).isEmpty)
    }
}
