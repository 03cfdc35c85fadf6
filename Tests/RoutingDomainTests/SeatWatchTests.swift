import Contracts
import Testing

@testable import RoutingDomain

@Suite("Seats without an officer, and substitutes")
struct SeatWatchTests {
    let land = TwoCommunes()

    /// The country without anybody at the organisation.
    func without(_ organization: OrganizationID) -> Country {
        var country = land.country
        var staffing = Staffing()
        for node in country.nodes {
            for role in RoleName.allCases {
                let seat = Seat(organizationId: node.id, role: role)
                for member in country.staffing.holders(of: seat) where node.id != organization {
                    staffing.add(member, to: seat)
                }
            }
        }
        country.staffing = staffing
        return country
    }

    @Test("an officer who leaves in the middle of a turn: it is told, and the superior may act")
    func left() throws {
        let running = try land.opened(to: land.cellB).running
        let country = without(land.cellA)
        let change = try SeatWatch.look(at: running, in: country.around())
        #expect(change.events.map(kind).last == "unroutable introduce no-active-role")
        guard case .unroutable(let told)? = change.events.last else { return }
        #expect(told.organizationId == land.cellA && told.offeredToOrganizationId == land.sectionA)
        #expect(change.running.turn?.seat == Seat(organizationId: land.sectionA, role: .organisationOfficer))
        #expect(change.running.turn?.due == running.turn?.due)
        #expect(try SeatWatch.look(at: change.running, in: country.around()).events.isEmpty)
        let acted = try CaseEngine.apply(
            country.action("approve", in: change.running, by: land.country.officer(land.sectionA)),
            to: change.running, in: country.around())
        #expect(acted.running.boxes.map(\.organizationId) == [land.cellA])
    }

    @Test("an officer who comes takes the turn back from the superior")
    func came() throws {
        let country = without(land.cellA)
        let offered = try SeatWatch.look(at: land.opened(to: land.cellB).running, in: country.around()).running
        let back = try SeatWatch.look(at: offered, in: land.country.around())
        #expect(back.events.map(kind) == ["entered introduce 1"])
        #expect(back.running.turn?.seat == Seat(organizationId: land.cellA, role: .cellSecretary))
        #expect(throws: Refusal.noRoleHere) {
            try CaseEngine.apply(
                land.country.action("approve", in: offered, by: land.country.officer(land.sectionA)), to: offered,
                in: land.country.around())
        }
    }

    @Test("what a substitute does bears the name of the officer for whom he stands in")
    func substitute() throws {
        var country = land.country
        let absent = country.officer(land.cellA).memberId
        let substitute = country.person("Người thay")
        let seat = Seat(organizationId: land.cellA, role: .cellSecretary)
        country.staffing.add(substitute.memberId, to: seat, standingInFor: absent)
        let opened = try land.opened(to: land.cellB).running
        let acted = try CaseEngine.apply(
            country.action("approve", in: opened, by: substitute), to: opened, in: country.around())
        #expect(acted.running.done.last?.byMemberId == substitute.memberId)
        #expect(acted.running.done.last?.forMemberId == absent)
        guard case .stepCompleted(let told)? = acted.events.first else {
            Issue.record("the step was not told")
            return
        }
        #expect(told.byMemberId == substitute.memberId && told.forMemberId == absent)
        let own = try CaseEngine.apply(country.action("approve", in: opened), to: opened, in: country.around())
        #expect(own.running.done.last?.forMemberId == nil)
    }
}
