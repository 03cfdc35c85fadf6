import Contracts
import DirectoryDomain
import Testing

@Suite("Rules of differences and of what the source has to learn")
struct ImportRuleTests {
    @Test("a correction changes its fact and nothing else, and is checked like what is entered")
    func correction() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let name = try #require(try MemberCorrection(.fullName, "  Trần  Thị Mẫu ", residenceCell: nil))
        let after = try member.corrected(name, today: SampleTree.today)
        #expect(after.fullName == "Trần Thị Mẫu" && after.version == 2 && after.joinedOn == member.joinedOn)
        let day = try #require(try MemberCorrection(.recognisedOn, "2014-01-01", residenceCell: nil))
        #expect(
            brokenRules { _ = try member.corrected(day, today: SampleTree.today) }
                == ["member.recognised-before-joined"])
        let committee = MemberCorrection.residenceCell(tree.baseA.id)
        #expect(
            brokenRules { _ = try member.corrected(committee, residenceCell: tree.baseA, today: SampleTree.today) }
                == ["member.cell-type"])
    }

    @Test("cell, state and personal ID are no corrections, and a value that is none is refused")
    func noCorrections() throws {
        for fact in [MemberFact.cellCode, .state, .personalId] {
            let correction = try MemberCorrection(fact, "x", residenceCell: nil)
            #expect(correction == nil)
        }
        for fact in [MemberFact.birthDate, .sex, .duesCategory] {
            #expect(brokenRules { _ = try MemberCorrection(fact, "x", residenceCell: nil) } == ["difference.value"])
        }
        #expect(brokenRules { _ = try MemberCorrection(.joinedOn, nil, residenceCell: nil) } == ["difference.value"])
    }

    @Test(
        "a change of state is told as what it is",
        arguments: [
            (MembershipState.official, MembershipState.temporarilyElsewhere, OutgoingChange.Kind.temporaryStay),
            (.temporarilyElsewhere, .official, .return), (.suspended, .official, .return),
            (.official, .deceased, .end), (.probationary, .probationCancelled, .end),
            (.deceased, .official, .reinstated), (.probationary, .official, .correction),
            (.official, .suspended, .correction),
        ])
    func states(before: MembershipState, after: MembershipState, kind: OutgoingChange.Kind) throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1, before)
        let changed = try member.changed(
            MemberChange(state: after), roles: [], cell: tree.cellA1, today: SampleTree.today
        ).member
        #expect(OutgoingChange(of: changed, before: member) == OutgoingChange(kind: kind, fields: ["state"]))
    }

    @Test("what the source does not keep is not told")
    func nothing() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let held = try member.changed(
            MemberChange(transfersHeld: true), roles: [], cell: nil, today: SampleTree.today
        ).member
        #expect(OutgoingChange(of: held, before: member) == nil)
        #expect(OutgoingChange(of: member, before: nil)?.kind == .entered)
    }

    @Test("who may settle: the cell its own, the officers above theirs, nobody his own, neighbours nothing")
    func settlers() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        func may(_ role: RoleName, at organization: Organization, _ settler: Settler, about: Member?) throws -> Bool {
            let officer = try tree.member(in: tree.cellA1)
            let held = try tree.role(role, of: officer, at: organization)
            return Authority(.member(officer.id), roles: [held], on: SampleTree.today)
                .settles(as: settler, about: about?.id ?? officer.id, at: tree.path(tree.cellA1))
        }
        let secretary = try may(.cellSecretary, at: tree.cellA1, .cell, about: member)
        let secretaryOfOther = try may(.cellSecretary, at: tree.cellA2, .cell, about: member)
        let secretaryForCommittee = try may(.cellSecretary, at: tree.cellA1, .committee, about: member)
        let officer = try may(.organisationOfficer, at: tree.communeA, .committee, about: member)
        let neighbour = try may(.organisationOfficer, at: tree.communeB, .committee, about: member)
        let himself = try may(.organisationOfficer, at: tree.communeA, .committee, about: nil)
        let administrator = try may(.organisationOfficer, at: tree.communeA, .administrator, about: member)
        #expect(secretary && officer)
        #expect(!secretaryOfOther && !secretaryForCommittee && !neighbour && !himself && !administrator)
    }

    @Test("every kind of difference can be settled somehow", arguments: DifferenceKind.allCases)
    func actions(kind: DifferenceKind) {
        #expect(!kind.actions.isEmpty)
    }
}
