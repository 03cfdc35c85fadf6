import Contracts
import DuesDomain
import Testing

@Suite("Dated rules")
struct PolicyTests {
    @Test("months before the regulation have no rules here")
    func before() throws {
        let book = try DuesPolicyBook.bundled()
        #expect(throws: NoPolicyInForce.self) { try book.rules(for: try Figures.month("2026-01")) }
        #expect(try book.rules(for: try Figures.month("2026-02")).rates.version == "01-QD/TW-2026")
        #expect(try book.rules(for: try Figures.month("2030-01")).rates.version == "01-QD/TW-2028")
    }

    @Test("one category for each month, by precedence")
    func precedence() throws {
        let rates = try DuesPolicyBook.bundled().rules(for: try Figures.month("2026-05")).rates
        func category(_ change: (inout Circumstances) -> Void) -> DuesCategory? {
            var circumstances = Circumstances()
            change(&circumstances)
            return rates.category(among: circumstances.candidates)
        }
        #expect(category { _ in } == .uninsuredWorkingAge)
        #expect(category { $0.atRetirementAge = true } == .uninsuredRetirementAge)
        #expect(category { $0.insured = true } == .insured)
        #expect(
            category {
                $0.insured = true; $0.offWorkUnpaid = true
            } == .uninsuredWorkingAge)
        #expect(
            category {
                $0.insured = true; $0.paidByInsurance = true
            } == .insuranceBenefit)
        #expect(
            category {
                $0.pensioner = true; $0.atRetirementAge = true
            } == .pensioner)
        #expect(category { $0.student = true } == .student)
        #expect(
            category {
                $0.insured = true; $0.onMissionAbroad = true
            } == .missionAbroad)
    }

    @Test(
        "each level keeps its share, and the parts add up to the whole",
        arguments: [
            (OrganizationType.subordinateCell, OrganizationType.baseOrganisation, false, 30),
            (.subordinateCell, .section, true, 30),
            (.subordinateCell, .commune, true, 90),
            (.baseCell, .commune, false, 90),
            (.baseOrganisation, .commune, true, 90),
            (.baseOrganisation, .commune, false, 70),
            (.baseCell, .superiorOfBase, false, 70),
            (.commune, .provincial, true, 50),
            (.superiorOfBase, .provincial, false, 50),
            (.provincial, .central, true, 50),
        ])
    func splits(type: OrganizationType, parent: OrganizationType, residential: Bool, percent: Int64) throws {
        let book = try DuesPolicyBook.bundled()
        let place = OrganizationPlace(type: type, parentType: parent, residential: residential)
        for amount in [0, 1, 3, 15_930, 15_931, 999_999_999] as [Int64] {
            let split = try book.split(Dong(amount), at: place, for: try Figures.month("2026-05"))
            #expect(split.kept + split.passed == Dong(amount))
            // The last đồng goes to the level that keeps.
            #expect(split.passed.amount == amount * (100 - percent) / 100)
        }
    }
}
