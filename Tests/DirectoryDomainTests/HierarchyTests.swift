import Contracts
import DirectoryDomain
import Testing

@Suite("Which organisation may hang under which")
struct HierarchyTests {
    /// Child, parent: every pair that is allowed; all others are refused.
    static let allowed: Set<[OrganizationType]> = [
        [.provincial, .central], [.agencyCentral, .central], [.external, .central],
        [.commune, .provincial], [.superiorOfBase, .provincial], [.external, .provincial],
        [.superiorOfBase, .agencyCentral], [.external, .agencyCentral],
        [.baseOrganisation, .commune], [.baseCell, .commune], [.subordinateCell, .commune],
        [.baseOrganisation, .superiorOfBase], [.baseCell, .superiorOfBase],
        [.section, .baseOrganisation], [.subordinateCell, .baseOrganisation],
        [.subordinateCell, .section], [.group, .baseCell], [.group, .subordinateCell],
    ]

    @Test("every pair of types is allowed or refused as the levels say", arguments: OrganizationType.allCases)
    func pairs(_ child: OrganizationType) throws {
        let place = try #require(Hierarchy.places[child])
        for parent in OrganizationType.allCases {
            #expect(
                place.parents.contains(parent) == Self.allowed.contains([child, parent]), "\(child) under \(parent)")
        }
    }

    @Test("only the top levels and what is outside stand without an organisation above")
    func tops() {
        let tops = OrganizationType.allCases.filter { Hierarchy.places[$0]?.mayBeTop == true }
        #expect(Set(tops) == [.central, .provincial, .agencyCentral, .external])
        #expect(Hierarchy.faults(of: .commune, under: nil).map(\.rule) == ["organization.needs-parent"])
    }

    @Test("a cell has no cell below it, and the refusal names both types in both languages")
    func cellUnderCell() throws {
        let tree = try SampleTree()
        let fault = try #require(Hierarchy.faults(of: .subordinateCell, under: tree.path(tree.cellA1)).first)
        #expect(fault.field == "parentId" && fault.rule == "organization.parent-type")
        #expect(fault.vietnamese.contains("chi bộ trực thuộc"))
    }

    @Test("an organisation cannot come to stand below itself")
    func cycles() throws {
        let tree = try SampleTree()
        let around = OrganizationSurroundings(above: tree.path(tree.baseA), childTypes: [], memberCount: 0)
        let rules = brokenRules {
            _ = try tree.communeA.changed(OrganizationChange(parentId: tree.baseA.id), around: around)
        }
        #expect(rules.contains("organization.cycle"))
    }

    @Test("a base organisation moves to the other commune, and the version counts it")
    func move() throws {
        let tree = try SampleTree()
        let around = OrganizationSurroundings(
            above: tree.path(tree.communeB), childTypes: [.subordinateCell], memberCount: 0)
        let moved = try tree.baseA.changed(OrganizationChange(parentId: tree.communeB.id), around: around)
        #expect(moved.parentId == tree.communeB.id && moved.version == 2 && moved.name == tree.baseA.name)
    }

    @Test("a type changes only where those below and the members fit it")
    func typeChange() throws {
        let tree = try SampleTree()
        func rules(
            _ type: OrganizationType, children: Set<OrganizationType>, members: Int, roles: Set<RoleName> = []
        ) -> [String] {
            brokenRules {
                _ = try tree.baseA.changed(
                    OrganizationChange(type: type),
                    around: OrganizationSurroundings(
                        above: tree.path(tree.communeA), childTypes: children, memberCount: members, roles: roles))
            }
        }
        #expect(rules(.baseCell, children: [], members: 0) == [])
        #expect(rules(.baseCell, children: [.subordinateCell], members: 0) == ["organization.child-type"])
        #expect(rules(.baseOrganisation, children: [], members: 3) == ["organization.has-members"])
        #expect(rules(.baseCell, children: [], members: 0, roles: [.support]) == [])
        #expect(rules(.baseCell, children: [], members: 0, roles: [.officeOfficer]) == ["organization.has-roles"])
    }

    @Test("a body outside the system keeps its members wherever it stands")
    func outside() throws {
        let tree = try SampleTree()
        let army = try tree.outsider()
        func rules(members: Int, residents: Int = 0) -> [String] {
            brokenRules {
                _ = try army.changed(
                    OrganizationChange(parentId: tree.province.id),
                    around: OrganizationSurroundings(
                        above: tree.path(tree.province), childTypes: [], memberCount: members, residentCount: residents)
                )
            }
        }
        #expect(rules(members: 3) == [])
        #expect(rules(members: 0, residents: 1).contains("organization.has-members"))
    }

    @Test("all faults of a new organisation are told at once")
    func allAtOnce() throws {
        let tree = try SampleTree()
        let draft = OrganizationDraft(
            code: try OrganizationCode("A35.99"), name: " ", type: .subordinateCell, hasSeal: true,
            officeHours: [.init(opens: "17:00", closes: "07:30")], meetingDay: 32,
            bankAccounts: [
                .init(
                    bankCode: "MAU", accountNumber: "12 34", holderName: "CHI BO MAU", verified: false,
                    from: try Day("2026-02-01"), to: try Day("2026-01-01"))
            ],
            contactEmail: "mau@example")
        let rules = brokenRules {
            _ = try Organization.founded(
                tree.ids.next(at: SampleTree.now), draft, under: tree.path(tree.province))
        }
        #expect(
            Set(rules) == [
                "organization.parent-type", "name.form", "organization.seal", "organization.meeting-day",
                "organization.office-hours", "bank-account.form", "period.order", "email.form",
            ])
    }

    @Test("the dues region is the one above unless another is given")
    func region() throws {
        let tree = try SampleTree()
        let draft = OrganizationDraft(code: try OrganizationCode("A35.98"), name: "Chi bộ Mẫu", type: .subordinateCell)
        let cell = try Organization.founded(
            tree.ids.next(at: SampleTree.now), draft, under: tree.path(tree.baseA))
        #expect(cell.duesRegion == .two)
        let top = OrganizationDraft(code: try OrganizationCode("A36"), name: "Tỉnh Mẫu", type: .provincial)
        #expect(
            brokenRules { _ = try Organization.founded(tree.ids.next(at: SampleTree.now), top, under: nil) }
                == ["organization.dues-region"])
    }

    @Test("units stand at committees, one of each kind, and a procedure belongs to one of them")
    func units() throws {
        let tree = try SampleTree()
        func rules(_ organization: Organization, _ units: [OrganizationState.Unit]) -> [String] {
            brokenRules {
                _ = try organization.changed(
                    OrganizationChange(units: units),
                    around: OrganizationSurroundings(
                        above: tree.path(organization).organizations.dropFirst().isEmpty
                            ? nil : OrganizationPath(Array(tree.path(organization).organizations.dropFirst())),
                        childTypes: [], memberCount: 0))
            }
        }
        let office = OrganizationState.Unit(kind: .office, name: "Văn phòng Mẫu", procedures: [.dues])
        let board = OrganizationState.Unit(
            kind: .organisationBoard, name: "Ban Mẫu", procedures: [.officialTransfer, .residenceOpinion])
        let greedy = OrganizationState.Unit(kind: .inspection, name: "Uỷ ban Mẫu", procedures: [.dues])
        #expect(rules(tree.communeA, [office, board]) == [])
        #expect(rules(tree.communeA, [office, office]) == ["unit.twice", "unit.procedure-twice"])
        #expect(rules(tree.communeA, [office, greedy]) == ["unit.procedure-twice"])
        #expect(rules(tree.cellA1, [office]) == ["unit.no-committee"])
    }
}
