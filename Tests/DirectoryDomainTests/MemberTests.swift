import Contracts
import DirectoryDomain
import Testing

@Suite("Members and their states")
struct MemberTests {
    @Test("every state has its row in the table of effects", arguments: MembershipState.allCases)
    func table(_ state: MembershipState) throws {
        let effects = try #require(StateEffects.table[state])
        #expect((effects.roles == .ended) == state.isEnd)
        #expect((effects.cases == .closed) == state.isEnd)
        #expect((effects.dues == .notOwed || effects.dues == .refunded) == state.isEnd)
        #expect((effects.notices == .stopped) == (state == .deceased))
    }

    @Test("every end can be reversed by a decision, and no state leads to itself", arguments: MembershipState.allCases)
    func successors(_ state: MembershipState) {
        #expect(!state.successors.isEmpty && !state.successors.contains(state))
        if state.isEnd { #expect(state.successors.allSatisfy { !$0.isEnd }) }
    }

    @Test("when a member has died, his roles end and nobody is told how to reach him")
    func deceased() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let secretary = try tree.role(.cellSecretary, of: member, at: tree.cellA1)
        let (after, roles) = try member.changed(
            MemberChange(state: .deceased), roles: [secretary], cell: nil, today: SampleTree.today)
        #expect(after.version == 2 && after.published.channels.email == nil && !after.published.channels.consent.sms)
        #expect(roles.map(\.status) == [.ended] && roles.first?.to == SampleTree.today.adding(days: -1))
        #expect(member.published.channels.email == "mau@example.org")
    }

    @Test("a suspended member's roles are locked, not ended")
    func suspended() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let secretary = try tree.role(.cellSecretary, of: member, at: tree.cellA1)
        let (_, roles) = try member.changed(
            MemberChange(state: .suspended), roles: [secretary], cell: nil, today: SampleTree.today)
        #expect(roles.map(\.status) == [.locked] && roles.first?.version == 2)
    }

    @Test("a state that does not follow is refused")
    func transitions() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1, .deceased)
        #expect(
            brokenRules {
                _ = try member.changed(
                    MemberChange(state: .suspended), roles: [], cell: tree.cellA1, today: SampleTree.today)
            }
                == ["member.transition"])
    }

    @Test("all faults of a new member are told at once")
    func allAtOnce() throws {
        let tree = try SampleTree()
        var draft = MemberDraft(
            fullName: "", state: .probationary, cellId: tree.baseA.id, joinedOn: try Day("2027-01-01"),
            recognisedOn: try Day("2020-01-01"))
        draft.birthDate = try Day("2030-01-01")
        draft.duesBase = DuesBase(source: .socialInsurance, amount: Dong(-1))
        draft.channels = MemberState.Channels(
            email: "a@b", phone: "0900", consent: MemberState.Consent(email: true, sms: true, push: false))
        let rules = brokenRules {
            _ = try Member.entered(
                tree.ids.next(at: SampleTree.now), draft, cell: tree.baseA, residenceCell: nil, today: SampleTree.today)
        }
        #expect(
            Set(rules) == [
                "name.form", "day.future", "member.recognised-before-joined", "member.probationary-recognised",
                "member.birth-date", "dues-base.negative", "email.form", "phone.form", "member.cell-type",
            ])
    }
}

@Suite("Admission in another cell")
struct AdmissionTests {
    private func admission(_ tree: SampleTree, to: Organization, until: String? = nil) throws -> Admission {
        Admission(
            fromCellId: tree.cellA1.id, toCellId: to.id, effectiveOn: try Day("2026-11-20"),
            stay: try until.map { until in
                try MemberState.Stay(
                    dossierId: tree.ids.next(at: SampleTree.now), cellId: to.id, from: Day("2026-11-20"),
                    until: Day(until))
            })
    }

    private func roles(
        _ member: Member, _ tree: SampleTree
    ) throws -> [(role: HeldRole, path: OrganizationPath)] {
        try [
            (.cellSecretary, tree.cellA1), (.organisationOfficer, tree.baseA), (.officeOfficer, tree.communeA),
            (.cellDeputy, tree.cellA2), (.inspector, tree.province), (.auditor, tree.communeB),
        ].map { name, place in (try tree.role(name, of: member, at: place), tree.path(place)) }
    }

    @Test("a transfer to another commune ends every role on the side that is left, and no other")
    func acrossCommunes() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let outcome = member.admitted(
            try admission(tree, to: tree.cellB1), from: tree.path(tree.cellA1), to: tree.path(tree.cellB1),
            roles: try roles(member, tree))
        guard case .moved(let moved, let ended) = outcome else {
            Issue.record("not moved")
            return
        }
        #expect(moved.cellId == tree.cellB1.id && moved.version == 2 && moved.state == .official)
        #expect(
            Set(ended.map(\.organizationId)) == [tree.cellA1.id, tree.baseA.id, tree.communeA.id, tree.cellA2.id])
        #expect(ended.allSatisfy { $0.status == .ended && $0.to?.text == "2026-11-19" && $0.version == 2 })
    }

    @Test("a member may stand at a body outside the system: entered there, left for it for good, and taken from it")
    func outside() throws {
        let tree = try SampleTree()
        let army = try tree.outsider()
        let path = OrganizationPath([army])
        let leaving = try tree.member(in: tree.cellA1)
        guard
            case .moved(let gone, let ended) = leaving.admitted(
                try admission(tree, to: army), from: tree.path(tree.cellA1), to: path, roles: try roles(leaving, tree))
        else {
            Issue.record("not moved")
            return
        }
        #expect(gone.cellId == army.id && gone.state == .official && ended.count == 6)
        let there = try tree.member(in: army)
        let arrival = Admission(fromCellId: army.id, toCellId: tree.cellA1.id, effectiveOn: try Day("2026-11-20"))
        guard case .moved(let come, _) = there.admitted(arrival, from: path, to: tree.path(tree.cellA1), roles: [])
        else {
            Issue.record("not admitted")
            return
        }
        #expect(come.cellId == tree.cellA1.id)
        // For a time nobody goes there: a stay has a cell.
        guard
            case .refused("not-an-active-cell") = leaving.admitted(
                try admission(tree, to: army, until: "2027-05-20"), from: tree.path(tree.cellA1), to: path, roles: [])
        else {
            Issue.record("a stay outside")
            return
        }
        let committee = brokenRules { _ = try tree.member(in: tree.baseA) }
        #expect(committee == ["member.cell-type"])
    }

    @Test("a move within the base organisation ends the roles in the old cell only")
    func withinBase() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let outcome = member.admitted(
            try admission(tree, to: tree.cellA2), from: tree.path(tree.cellA1), to: tree.path(tree.cellA2),
            roles: try roles(member, tree))
        guard case .moved(_, let ended) = outcome else {
            Issue.record("not moved")
            return
        }
        #expect(ended.map(\.organizationId) == [tree.cellA1.id])
    }

    @Test("who has arrived is not moved again, and one who is elsewhere is left to a person")
    func repeats() throws {
        let tree = try SampleTree()
        let there = try tree.member(in: tree.cellB1)
        let elsewhere = try tree.member(in: tree.cellA2)
        let admission = try admission(tree, to: tree.cellB1)
        guard
            case .alreadyThere = there.admitted(
                admission, from: tree.path(tree.cellA1), to: tree.path(tree.cellB1), roles: [])
        else {
            Issue.record("moved twice")
            return
        }
        guard
            case .refused("not-in-the-sending-cell") = elsewhere.admitted(
                admission, from: tree.path(tree.cellA1), to: tree.path(tree.cellB1), roles: [])
        else {
            Issue.record("moved from a cell he is not in")
            return
        }
    }

    @Test("a role that began on the day of the move ends on that day, not before it began")
    func lastDay() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let role = try tree.role(.cellSecretary, of: member, at: tree.cellA1, from: "2026-11-20")
        guard
            case .moved(_, let ended) = member.admitted(
                try admission(tree, to: tree.cellB1), from: tree.path(tree.cellA1), to: tree.path(tree.cellB1),
                roles: [(role, tree.path(tree.cellA1))])
        else {
            Issue.record("not moved")
            return
        }
        #expect(ended.first?.to?.text == "2026-11-20")
    }

    @Test("a temporary stay leaves the cell and the roles")
    func temporary() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        guard
            case .moved(let moved, let ended) = member.admitted(
                try admission(tree, to: tree.cellB1, until: "2027-05-20"), from: tree.path(tree.cellA1),
                to: tree.path(tree.cellB1), roles: try roles(member, tree))
        else {
            Issue.record("not moved")
            return
        }
        #expect(moved.cellId == tree.cellA1.id && moved.state == .temporarilyElsewhere && ended.isEmpty)
        let stay = try #require(moved.published.stay)
        #expect(try stay.cellId == tree.cellB1.id && stay.until == Day("2027-05-20"))
        let other: DossierID = tree.ids.next(at: SampleTree.now)
        #expect(try moved.stay(of: other, until: Day("2027-08-31")) == nil && moved.returned(from: other) == nil)
        #expect(moved.stay(of: stay.dossierId, until: stay.until) == nil)
        let longer = try #require(try moved.stay(of: stay.dossierId, until: Day("2027-08-31")))
        #expect(try longer.published.stay?.until == Day("2027-08-31") && longer.version == moved.version + 1)
        let back = try #require(longer.returned(from: stay.dossierId))
        #expect(back.state == .official && back.stay == nil && back.cellId == tree.cellA1.id)
        #expect(back.returned(from: stay.dossierId) == nil)
        // Entered by hand before, the state gets its stay; another stay that runs is not written over.
        let byHand = try member.changed(
            MemberChange(state: .temporarilyElsewhere), roles: [], cell: nil, today: SampleTree.today
        ).member
        func again(_ member: Member) throws -> Admission.Outcome {
            member.admitted(
                try admission(tree, to: tree.cellB1, until: "2027-05-20"), from: tree.path(tree.cellA1),
                to: tree.path(tree.cellB1), roles: [])
        }
        guard case .moved(let known, _) = try again(byHand), case .refused("another-stay-runs") = try again(moved)
        else {
            Issue.record("the stay of a state that was entered by hand is not known")
            return
        }
        #expect(known.stay?.cellId == tree.cellB1.id)
        let decided = try moved.changed(MemberChange(state: .suspended), roles: [], cell: nil, today: SampleTree.today)
        #expect(decided.member.stay == nil)
    }

    @Test("a membership that begins again needs a cell that acts; otherwise the cell changes by admission only")
    func reversal() throws {
        let tree = try SampleTree()
        let ended = try tree.member(in: tree.cellA1).changed(
            MemberChange(state: .resigned), roles: [], cell: nil, today: SampleTree.today
        ).member
        func again(_ cell: Organization?) throws -> Member {
            try ended.changed(
                MemberChange(state: .official), roles: [], cell: cell, today: SampleTree.today
            ).member
        }
        #expect(try again(tree.cellA2).cellId == tree.cellA2.id)
        #expect(brokenRules { _ = try again(nil) } == ["organization.unknown"])
        #expect(brokenRules { _ = try again(tree.baseA) } == ["member.cell-type"])
        let living = try tree.member(in: tree.cellA1)
        let moved = brokenRules {
            _ = try living.changed(
                MemberChange(cellId: tree.cellA2.id), roles: [], cell: tree.cellA2, today: SampleTree.today)
        }
        #expect(moved == ["member.cell-by-admission"])
    }
}
