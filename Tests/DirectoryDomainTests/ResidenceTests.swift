import Contracts
import DirectoryDomain
import Testing

@Suite("Links to the cell of residence")
struct ResidenceTests {
    private let today = SampleTree.today
    private let day = SampleTree.today.adding(days: -30)

    @Test("introduced, accepted, ended: only who is accepted belongs there")
    func life() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        let introduced = try member.changed(.introduce, cell: tree.cellB1, on: day, today: today)
        #expect(introduced.residenceCellId == nil && introduced.residenceLinks?.map(\.state) == [.introduced])
        let accepted = try introduced.changed(.accept, cell: tree.cellB1, on: day.adding(days: 3), today: today)
        #expect(accepted.residenceCellId == tree.cellB1.id && accepted.residenceLinks?.count == 1)
        #expect(accepted.residenceLinks?.first?.introducedOn == day)
        let ended = try accepted.changed(.end, cell: tree.cellB1, on: today, today: today)
        #expect(ended.residenceCellId == nil && ended.residenceLinks?.map(\.state) == [.ended])
        #expect(ended.residenceLinks?.first?.endedOn == today)
    }

    @Test("who moves within the year has both cells in his links, the one before ended the day before")
    func moved() throws {
        let tree = try SampleTree()
        let there = try tree.member(in: tree.cellA1).changed(.introduce, cell: tree.cellB1, on: day, today: today)
            .changed(.accept, cell: tree.cellB1, on: day, today: today)
        let both = try there.changed(.introduce, cell: tree.cellA2, on: today, today: today)
        #expect(both.residenceCellId == tree.cellB1.id, "until the other one accepts")
        let moved = try both.changed(.accept, cell: tree.cellA2, on: today, today: today)
        #expect(moved.residenceCellId == tree.cellA2.id)
        #expect(moved.residenceLinks?.map(\.cellId) == [tree.cellB1.id, tree.cellA2.id])
        #expect(moved.residenceLinks?.first?.endedOn == today.adding(days: -1))
        #expect(moved.published.residenceLinks?.map(\.state) == [.ended, .accepted])
    }

    @Test("an introduction that nobody accepted can end, and leaves the accepted one alone")
    func onlyTheIntroduction() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1).changed(.introduce, cell: tree.cellB1, on: day, today: today)
            .changed(.accept, cell: tree.cellB1, on: day, today: today)
            .changed(.introduce, cell: tree.cellA2, on: day, today: today)
            .changed(.end, cell: tree.cellA2, on: today, today: today)
        #expect(member.residenceCellId == tree.cellB1.id)
        #expect(member.residenceLinks?.map(\.state) == [.accepted, .ended])
    }

    @Test("of many introductions one is open, and the cell that accepted him is never forgotten")
    func many() throws {
        let tree = try SampleTree()
        var member = try tree.member(in: tree.cellA1).changed(.introduce, cell: tree.cellB1, on: day, today: today)
            .changed(.accept, cell: tree.cellB1, on: day, today: today)
        for number in 0..<20 {
            let cell = number.isMultiple(of: 2) ? tree.cellA1 : tree.cellA2
            member = try member.changed(.introduce, cell: cell, on: day, today: today)
        }
        #expect(member.residenceLinks?.count == 8 && member.residenceCellId == tree.cellB1.id)
        #expect(member.residenceLinks?.count { $0.state == .introduced } == 1)
        #expect(member.residenceLinks?.count { $0.state == .accepted } == 1)
    }

    @Test("a merger takes an introduction along that nobody has accepted yet")
    func merged() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1).changed(.introduce, cell: tree.cellA2, on: day, today: today)
        let merger = Closing.merger(into: tree.path(tree.cellB1), on: today)
        let result = try tree.cellA2.closed(
            merger, with: OrganizationContents(members: [member]), at: tree.path(tree.cellA2),
            ids: { tree.ids.next(at: SampleTree.now) })
        let moved = try #require(result.members.first)
        #expect(moved.cellId == tree.cellA1.id && moved.residenceLinks?.map(\.cellId) == [tree.cellB1.id])
        let accepted = try moved.changed(.accept, cell: tree.cellB1, on: today, today: today)
        #expect(accepted.residenceCellId == tree.cellB1.id)
    }

    @Test("a link whose days nobody knows ends on a day that can be written")
    func unknownDays() throws {
        let tree = try SampleTree()
        var draft = MemberDraft(fullName: "Nguyễn Văn Mẫu", cellId: tree.cellA1.id, joinedOn: try Day("2015-05-19"))
        draft.residenceCellId = tree.cellA2.id
        let member = try Member.entered(
            tree.ids.next(at: SampleTree.now), draft, cell: tree.cellA1, residenceCell: tree.cellA2, today: today)
        let early = try Day("0001-01-01")
        #expect(
            brokenRules { _ = try member.changed(.introduce, cell: tree.cellB1, on: early, today: today) }
                == ["period.order"])
        let moved = try member.changed(.introduce, cell: tree.cellB1, on: member.joinedOn, today: today)
            .changed(.accept, cell: tree.cellB1, on: member.joinedOn, today: today)
        #expect(moved.residenceLinks?.first?.endedOn == member.joinedOn)
    }

    @Test("who is no member any more is neither introduced nor accepted; his link can end")
    func afterTheEnd() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1).changed(.introduce, cell: tree.cellB1, on: day, today: today)
        let (left, _) = try member.changed(MemberChange(state: .resigned), roles: [], cell: nil, today: today)
        func rules(_ action: ResidenceAction, _ cell: Organization) -> [String] {
            brokenRules { _ = try left.changed(action, cell: cell, on: today, today: today) }
        }
        #expect(rules(.introduce, tree.cellA2) == ["member.ended"] && rules(.accept, tree.cellB1) == ["member.ended"])
        #expect(rules(.end, tree.cellB1).isEmpty)
    }

    @Test("what does not follow is refused by field and rule")
    func refused() throws {
        let tree = try SampleTree()
        let member = try tree.member(in: tree.cellA1)
        func rules(_ member: Member, _ action: ResidenceAction, _ cell: Organization?, on day: Day) -> [String] {
            brokenRules { _ = try member.changed(action, cell: cell, on: day, today: today) }
        }
        #expect(rules(member, .accept, tree.cellB1, on: today) == ["residence.not-introduced"])
        #expect(rules(member, .end, tree.cellB1, on: today) == ["residence.no-link"])
        #expect(rules(member, .introduce, tree.baseB, on: today) == ["member.cell-type"])
        #expect(rules(member, .introduce, nil, on: today) == ["organization.unknown"])
        #expect(rules(member, .introduce, tree.cellB1, on: today.adding(days: 1)) == ["day.future"])
        let introduced = try member.changed(.introduce, cell: tree.cellB1, on: today, today: today)
        #expect(rules(introduced, .introduce, tree.cellB1, on: today) == ["residence.introduced"])
        #expect(rules(introduced, .accept, tree.cellB1, on: day) == ["period.order"])
        let exempt = try member.changed(
            MemberChange(exemptFromIntroduction: true), roles: [], cell: nil, today: today
        ).member
        #expect(rules(exempt, .introduce, tree.cellB1, on: today) == ["residence.exempt"])
    }
}
