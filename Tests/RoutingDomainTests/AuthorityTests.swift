import Contracts
import Testing

@testable import RoutingDomain

@Suite("Who may act")
struct AuthorityTests {
    var land = TwoCommunes()

    func act(_ officer: Officer, _ running: RunningCase, _ country: Country) throws -> CaseChange {
        try CaseEngine.apply(country.action("approve", in: running, by: officer), to: running, in: country.around())
    }

    @Test("a role at an organisation says nothing about its neighbours")
    func neighbours() throws {
        let opened = try land.opened(to: land.cellB).running
        for other in [land.neighbourA, land.sectionA, land.baseA, land.communeA, land.province, land.cellB] {
            #expect(throws: Refusal.noRoleHere) { try act(land.country.officer(other), opened, land.country) }
        }
        #expect(throws: Refusal.noRoleHere) { try act(land.country.person("Không vai trò"), opened, land.country) }
    }

    @Test("nobody decides in his own matter: a secretary's own transfer goes to the deputy in the role, else up")
    func ownMatter() throws {
        var country = land.country
        let secretary = country.officer(land.cellA)
        let dossier = try country.dossier(of: secretary.memberId, to: land.cellB, received: land.communeA)
        let alone = try CaseEngine.open(dossier, from: land.cellA, in: country.around())
        #expect(alone.running.turn?.seat == Seat(organizationId: land.sectionA, role: .organisationOfficer))
        #expect(throws: Refusal.ownMatter) { try act(secretary, alone.running, country) }
        let byTheSuperior = try act(country.officer(land.sectionA), alone.running, country).running
        #expect(byTheSuperior.boxes.map(\.organizationId) == [land.cellA])

        let substitute = country.person("Người thay")
        country.staffing.add(substitute.memberId, to: Seat(organizationId: land.cellA, role: .cellSecretary))
        let helped = try CaseEngine.open(dossier, from: land.cellA, in: country.around())
        #expect(helped.running.turn?.seat == Seat(organizationId: land.cellA, role: .cellSecretary))
        #expect(throws: Refusal.noRoleHere) { try act(country.officer(land.sectionA), helped.running, country) }
        #expect(try act(substitute, helped.running, country).running.boxes.count == 1)
    }

    @Test("whoever entered the dossier does not approve it")
    func enteredBy() throws {
        let helper = land.country.officer(land.sectionA)
        let opened = try land.opened(to: land.cellB, enteredBy: helper.memberId).running
        let next = try land.carried(opened, until: land.sectionA)
        #expect(next.turn?.seat == Seat(organizationId: land.baseA, role: .organisationOfficer))
        #expect(throws: Refusal.enteredDossier) { try act(helper, next, land.country) }
        #expect(try act(land.country.officer(land.baseA), next, land.country).running.boxes.count == 2)
    }

    @Test("the superior acts in the place of a dissolved organisation")
    func dissolved() throws {
        var country = land.country
        country.change(land.sectionA, .dissolved)
        let opened = try land.opened(to: land.cellB).running
        let next = try CaseEngine.apply(country.action("approve", in: opened), to: opened, in: country.around()).running
        #expect(next.turn?.organizationId == land.sectionA)
        #expect(next.turn?.seat == Seat(organizationId: land.baseA, role: .organisationOfficer))
        let after = try act(country.officer(land.baseA), next, country).running
        #expect(after.boxes.last?.organizationName == "Đảng bộ bộ phận A")
        #expect(after.turn?.organizationId == land.baseA)
    }

    @Test("where nobody holds the role it is told, the superior may act, and whoever is appointed later does instead")
    func nobody() throws {
        var country = land.country
        let empty = country.add(.subordinateCell, "Chi bộ chưa có bí thư", under: land.baseA, staffed: false)
        let opened = try CaseEngine.open(
            country.dossier(of: land.member.memberId, to: land.cellB, received: land.communeA), from: empty,
            in: country.around())
        #expect(opened.events.map(kind) == ["opened", "entered introduce 1", "unroutable introduce no-active-role"])
        guard case .unroutable(let told)? = opened.events.last else { return }
        #expect(told.organizationId == empty && told.offeredToOrganizationId == land.baseA)
        #expect(throws: Refusal.noRoleHere) { try act(country.officer(land.communeA), opened.running, country) }
        let byTheSuperior = try act(country.officer(land.baseA), opened.running, country).running
        #expect(byTheSuperior.boxes.map(\.organizationId) == [empty])
        let appointed = country.person("Bí thư mới")
        country.appoint(appointed, at: empty)
        #expect(throws: Refusal.noRoleHere) { try act(country.officer(land.baseA), opened.running, country) }
        #expect(try act(appointed, opened.running, country).running.boxes.count == 1)
    }

    @Test(
        "who is on probation, suspended or gone decides nothing",
        arguments: [MembershipState.probationary, .suspended, .expelled, .deceased, .temporarilyExcused])
    func states(_ state: MembershipState) throws {
        var country = land.country
        let officer = country.person("Cán bộ", state)
        country.appoint(officer, at: land.cellA)
        let opened = try land.opened(to: land.cellB).running
        #expect(throws: Refusal.mayNotDecide) { try act(officer, opened, country) }
    }

    @Test("the second of two officers at one desk finds the turn gone, with and without its number")
    func twoAtOnce() throws {
        var country = land.country
        let first = country.officer(land.sectionA)
        let second = country.person("Cán bộ thứ hai")
        country.staffing.add(second.memberId, to: Seat(organizationId: land.sectionA, role: .organisationOfficer))
        let seen = try land.carried(land.opened(to: land.cellB).running, until: land.sectionA)
        let after = try act(first, seen, country).running
        for turn in [seen.turn?.number, nil] {
            let late = OfficerAction(officer: second, action: "approve", step: "onward-introduction", turn: turn)
            #expect(throws: Refusal.turnPassed) {
                try CaseEngine.apply(.act(late), to: after, in: country.around())
            }
        }
    }

    @Test("a case that is over takes no action")
    func over() throws {
        let end = try land.country.walkToAdmission(land.opened(to: land.cellB).running).running
        let late = OfficerAction(officer: land.country.officer(land.cellB), action: "admit", step: "admit")
        #expect(throws: Refusal.notRunning) { try CaseEngine.apply(.act(late), to: end, in: land.country.around()) }
    }

    @Test("an action, text or field that the step does not know is refused by name")
    func strangeInput() throws {
        let opened = try land.opened(to: land.cellB).running
        func refusal(
            _ action: String = "approve", text: String? = nil, fields: [String: String] = [:]
        ) throws -> Refusal? {
            do {
                _ = try CaseEngine.apply(
                    land.country.action(action, in: opened, text: text, fields: fields), to: opened,
                    in: land.country.around())
                return nil
            } catch let refusal as Refusal {
                return refusal
            }
        }
        #expect(try refusal("admit") == .unknownAction)
        #expect(try refusal(text: String(repeating: "ô", count: 2_001)) == .textTooLong)
        #expect(try refusal(text: String(repeating: "ô", count: 2_000)) == nil)
        #expect(try refusal(text: "a\u{202E}b") == .textUnprintable)
        #expect(try refusal(text: "a\u{0}b") == .textUnprintable)
        #expect(try refusal(fields: ["colour": "red"]) == .fieldUnknown("colour"))
        #expect(try refusal(fields: ["duesPaidThrough": "11/2026"])?.field == "fields.duesPaidThrough")
        #expect(try refusal(fields: ["duesPaidThrough": "1999-01"])?.rule == "field.range")
    }
}
