import Contracts
import Testing

@testable import RoutingDomain

@Suite("Offices are handed over before the letter is issued")
struct HandOverTests {
    private let land = TwoCommunes()
    private var deputy: HeldOffice {
        HeldOffice(organizationId: land.neighbourA, role: .cellDeputy, isSole: true, openTurns: 2)
    }

    private func approve(_ running: RunningCase, fields: [String: String] = [:]) throws -> CaseChange {
        try CaseEngine.apply(
            land.country.action("approve", in: running, fields: fields), to: running,
            in: land.country.around(offices: [deputy]))
    }

    private func letter(of change: CaseChange) -> CaseLetterIssued? {
        change.events.lazy.compactMap { if case .letterIssued(let letter) = $0 { letter } else { nil } }.first
    }

    @Test("an office that is held stops the letter until the officer confirms the hand-over; the letter tells of it")
    func confirmed() throws {
        let opened = try land.opened(to: land.cellB).running
        #expect(throws: Refusal.officesNotHandedOver) { try approve(opened) }
        #expect(throws: Refusal.confirmation("officesHandedOver")) {
            try approve(opened, fields: ["officesHandedOver": "yes"])
        }
        let change = try approve(opened, fields: ["officesHandedOver": "true"])
        let kept = change.running.handOver
        #expect(kept?.offices == [deputy] && kept?.byMemberId == land.country.officer(land.cellA).memberId)
        #expect(letter(of: change)?.offices == [.init(organizationId: land.neighbourA, role: .cellDeputy)])
        // The body that loses him looks on, wherever it stands.
        #expect(CaseEngine.organizations(of: change.running).contains(land.neighbourA))
        #expect(!CaseEngine.organizations(of: opened).contains(land.neighbourA))
        // Who only looks after accounts there gives up nothing that others wait for.
        let support = HandOver(
            offices: [HeldOffice(organizationId: land.neighbourA, role: .support, isSole: true, openTurns: 0)],
            byMemberId: land.member.memberId, at: Country.morning)
        #expect(support.bodies.isEmpty)
        // Nobody asks a second time on the way.
        #expect(try approve(change.running).running.handOver == kept)
    }

    @Test("who holds no office needs no confirmation, and one that is given says nothing")
    func none() throws {
        let opened = try land.opened(to: land.cellB).running
        let change = try CaseEngine.apply(
            land.country.action("approve", in: opened, fields: ["officesHandedOver": "true"]), to: opened,
            in: land.country.around())
        #expect(change.running.handOver == nil && letter(of: change)?.offices == nil)
    }

    @Test("a letter that is issued anew asks anew")
    func again() throws {
        let issued = try approve(land.opened(to: land.cellB).running, fields: ["officesHandedOver": "true"]).running
        let turn = try #require(issued.done.first)
        let void = try CaseEngine.apply(
            .act(
                OfficerAction(
                    officer: land.country.officer(land.cellA), action: "reissue", step: turn.step, turn: turn.number,
                    text: "Sai ngày sinh")), to: issued, in: land.country.around()
        ).running
        #expect(void.handOver == nil)
        #expect(throws: Refusal.officesNotHandedOver) { try approve(void) }
    }

    @Test("a role ends beneath what is left: not above both cells, and not on the other side")
    func leaving() throws {
        let (tree, far) = (land.country.tree, Departure(from: land.cellA, to: land.cellB))
        for left in [land.cellA, land.sectionA, land.neighbourA, land.baseA, land.communeA] {
            #expect(tree.leaves(left, by: far))
        }
        for kept in [land.province, land.communeB, land.baseB, land.baseCellB] {
            #expect(!tree.leaves(kept, by: far))
        }
        let near = Departure(from: land.cellA, to: land.neighbourA)
        #expect(tree.leaves(land.sectionA, by: near) && !tree.leaves(land.baseA, by: near))
        #expect(!tree.leaves(land.neighbourA, by: near))
        #expect(tree.leaves(land.province, by: Departure(from: land.cellA, to: nil)))
    }

    @Test("offices are listed only until the letter is issued")
    func awaiting() throws {
        let definition = try land.country.around().definition
        let opened = try land.opened(to: land.cellB).running
        #expect(opened.awaitsHandOver(by: definition) && opened.awaitsLetter(by: definition))
        #expect(try !approve(opened, fields: ["officesHandedOver": "true"]).running.awaitsHandOver(by: definition))
    }
}
