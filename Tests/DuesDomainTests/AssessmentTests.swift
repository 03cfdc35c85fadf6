import Contracts
import DuesDomain
import Testing

@Suite("Monthly dues")
struct AssessmentTests {
    @Test(
        "the regional minimum gives the figures of the regulation",
        arguments: [
            (DuesCategory.uninsuredWorkingAge, DuesRegion.one, "2026-05", Int64(15_930)),
            (.uninsuredWorkingAge, .two, "2026-05", 14_190),
            (.uninsuredWorkingAge, .three, "2026-05", 12_420),
            (.uninsuredWorkingAge, .four, "2026-05", 11_100),
            (.uninsuredRetirementAge, .one, "2026-05", 10_620),
            (.uninsuredRetirementAge, .two, "2026-05", 9_460),
            (.uninsuredRetirementAge, .three, "2026-05", 8_280),
            (.uninsuredRetirementAge, .four, "2026-05", 7_400),
            (.uninsuredWorkingAge, .one, "2027-12", 15_930),
            (.uninsuredWorkingAge, .one, "2028-01", 26_550),
            (.uninsuredRetirementAge, .four, "2027-12", 7_400),
            (.uninsuredRetirementAge, .four, "2028-01", 11_100),
            (.student, .two, "2026-05", 5_000),
        ])
    func withoutFigure(category: DuesCategory, region: DuesRegion, month: String, amount: Int64) throws {
        let assessment = try #require(try Figures.assess(Figures.subject(category, region: region), in: month))
        #expect(assessment.amount == Dong(amount))
        #expect(!assessment.provisional)
        #expect(assessment.base == nil)
    }

    @Test(
        "a member's own figure gives its share, half up to the đồng",
        arguments: [
            (DuesCategory.insured, Int64(12_000_000), Int64(120_000)),
            (.insured, 5_310_049, 53_100),
            (.insured, 5_310_050, 53_101),
            (.insuranceBenefit, 9_000_000, 90_000),
            (.pensioner, 7_000_100, 35_001),
            (.pensioner, 7_000_000, 35_000),
            (.missionAbroad, 30_000_000, 300_000),
            (.abroad, 100_000, 100_000),
        ])
    func withFigure(category: DuesCategory, figure: Int64, amount: Int64) throws {
        let subject = try Figures.subject(category, base: try Figures.salary(figure, of: "2026-04"))
        let assessment = try #require(try Figures.assess(subject, in: "2026-05"))
        #expect(assessment.amount == Dong(amount))
        #expect(!assessment.provisional)
        #expect(assessment.reason == nil)
    }

    @Test("the salary of another month than the one before is used, but provisionally")
    func oldSalary() throws {
        for month in ["2026-03", "2026-05", nil] {
            let subject = try Figures.subject(.insured, base: try Figures.salary(10_000_000, of: month))
            let assessment = try #require(try Figures.assess(subject, in: "2026-05"))
            #expect(assessment.amount == Dong(100_000))
            #expect(assessment.provisional)
            #expect(assessment.reason == .oldFigure)
        }
    }

    @Test("a figure that was never known gives nothing yet, provisionally")
    func noFigure() throws {
        let insured = try #require(try Figures.assess(Figures.subject(.insured), in: "2026-05"))
        #expect(insured.amount == .zero && insured.provisional && insured.reason == .noFigure)
        let nobody = try #require(try Figures.assess(Figures.subject(nil), in: "2026-05"))
        #expect(nobody.amount == .zero && nobody.provisional && nobody.reason == .noCategory)
        #expect(nobody.category == nil)
    }

    @Test("what the body fixed abroad stays between 30,000 and 400,000")
    func bounds() throws {
        for (fixed, amount, provisional) in [
            (30_000, 30_000, false), (400_000, 400_000, false), (29_999, 30_000, true), (400_001, 400_000, true),
        ] as [(Int64, Int64, Bool)] {
            let base = DuesBase(source: .fixedByBody, amount: Dong(fixed))
            let assessment = try #require(try Figures.assess(Figures.subject(.abroad, base: base), in: "2026-05"))
            #expect(assessment.amount == Dong(amount))
            #expect(assessment.provisional == provisional)
            #expect(assessment.reason == (provisional ? .outsideBounds : nil))
        }
    }

    @Test("fifty years of membership exempt from the month in which they are complete")
    func fiftyYears() throws {
        for (joined, exempt) in [
            ("1976-05-31", true), ("1976-06-01", false), ("1976-02-29", true), ("1970-01-01", true),
        ] {
            let subject = try Figures.subject(.student, joinedOn: joined)
            let assessment = try #require(try Figures.assess(subject, in: "2026-05"))
            #expect(assessment.amount == (exempt ? .zero : Dong(5_000)))
            #expect(assessment.reason == (exempt ? .longMembership : nil))
            #expect(assessment.fullAmount == Dong(5_000))
        }
    }

    @Test("a relief lowers the dues in its months only, the larger of two counts")
    func reliefs() throws {
        let reliefs = [
            try Relief(
                ground: .hardship, reductionPercent: 30, from: try Figures.month("2026-03"),
                through: try Figures.month("2026-08")),
            try Relief(
                ground: .hardship, reductionPercent: 70, from: try Figures.month("2026-06"),
                through: try Figures.month("2026-07")),
        ]
        let subject = try Figures.subject(.uninsuredWorkingAge, reliefs: reliefs)
        let amounts = try ["2026-02", "2026-03", "2026-06", "2026-08", "2026-09"].map {
            try Figures.assess(subject, in: $0)?.amount
        }
        #expect(amounts == [15_930, 11_151, 4_779, 11_151, 15_930].map { Dong($0) })
    }

    @Test("who is exempt owes nothing for certain, whatever the figure")
    func exemption() throws {
        for ground in [Relief.Ground.socialPension, .poorHousehold, .seriousIllness] {
            let relief = try Relief(
                ground: ground, reductionPercent: 100, from: try Figures.month("2026-01"), through: nil)
            let assessment = try #require(
                try Figures.assess(Figures.subject(.insured, reliefs: [relief]), in: "2026-05"))
            #expect(assessment.amount == .zero && !assessment.provisional)
            #expect(assessment.reason?.rawValue == ground.rawValue)
        }
    }

    @Test("a hardship decision is 30, 50, 70 or 100% and 12 months at most")
    func reliefLimits() throws {
        let from = try Figures.month("2026-03")
        #expect(throws: InvalidValue.self) {
            try Relief(ground: .hardship, reductionPercent: 40, from: from, through: from)
        }
        #expect(throws: InvalidValue.self) {
            try Relief(ground: .hardship, reductionPercent: 30, from: from, through: nil)
        }
        #expect(throws: InvalidValue.self) {
            try Relief(ground: .hardship, reductionPercent: 30, from: from, through: from.adding(months: 12))
        }
        #expect(throws: InvalidValue.self) {
            try Relief(ground: .poorHousehold, reductionPercent: 50, from: from, through: nil)
        }
        #expect(throws: InvalidValue.self) {
            try Relief(ground: .hardship, reductionPercent: 30, from: from, through: from.previous)
        }
        _ = try Relief(ground: .hardship, reductionPercent: 30, from: from, through: from.adding(months: 11))
    }

    @Test("a base cell decides on hardship itself, for a cell under a committee the superior")
    func decider() {
        #expect(Relief.decider(on: .hardship, inCellOfType: .baseCell) == .cellItself)
        #expect(Relief.decider(on: .hardship, inCellOfType: .subordinateCell) == .superior)
        for ground in Relief.Ground.allCases where ground != .hardship {
            for type in [OrganizationType.baseCell, .subordinateCell] {
                #expect(Relief.decider(on: ground, inCellOfType: type) == .cellItself)
            }
        }
    }

    @Test("states of membership: exempt from activity still owes, in transit is held, ended owes nothing")
    func states() throws {
        let rules = try DuesPolicyBook.bundled().rules(for: try Figures.month("2026-05"))
        for state in MembershipState.allCases {
            let outcome = rules.assess(try Figures.subject(.student, state: state))
            switch state {
            case .inTransit: #expect(outcome == .held)
            case _ where state.isEnd: #expect(outcome == .notOwed)
            default:
                guard case .assessed(let assessment) = outcome else {
                    Issue.record("\(state) owes nothing")
                    continue
                }
                #expect(assessment.amount == Dong(5_000))
            }
        }
    }

    @Test("the month of the letter is owed to the cell that lets the member go, later ones are held")
    func letterMonth() throws {
        let away = try Figures.subject(.student, state: .inTransit, letterMonth: "2026-05")
        #expect(try Figures.assess(away, in: "2026-05")?.amount == Dong(5_000))
        #expect(try Figures.assess(away, in: "2026-06") == nil)
        let dead = try Figures.subject(.student, state: .deceased, letterMonth: "2026-05")
        #expect(try Figures.assess(dead, in: "2026-05") == nil)
    }

    @Test("dues begin with the month of admission")
    func admission() throws {
        let subject = try Figures.subject(.student, joinedOn: "2026-05-31")
        #expect(try Figures.assess(subject, in: "2026-04") == nil)
        #expect(try Figures.assess(subject, in: "2026-05")?.amount == Dong(5_000))
    }

    @Test("the explanation names category, share, relief and result in both languages")
    func explanation() throws {
        let relief = try Relief(
            ground: .hardship, reductionPercent: 50, from: try Figures.month("2026-05"),
            through: try Figures.month("2026-05"))
        let subject = try Figures.subject(.uninsuredWorkingAge, reliefs: [relief])
        let steps = try #require(try Figures.assess(subject, in: "2026-05")).explanation
        #expect(steps.map(\.rule) == ["category", "share-of-minimum", "reduced", "amount"])
        #expect(steps[1].text.vietnamese == "0,3% của lương tối thiểu vùng 5.310.000 đ là 15.930 đ.")
        #expect(steps[3].text.english == "Owed for 2026-05: 7.965 đ.")
        let salary = try Figures.subject(.insured, base: try Figures.salary(10_000_000, of: "2026-03"))
        let provisional = try #require(try Figures.assess(salary, in: "2026-05")).explanation
        #expect(provisional.map(\.rule) == ["category", "share-of-base", "figure", "provisional", "amount"])
    }

    @Test("a voluntary amount is owed where it is more than would be owed, also by who is exempt")
    func voluntary() throws {
        let wish = try VoluntaryAmount(amount: Dong(20_000), from: Figures.month("2026-05"), through: nil)
        func owed(_ category: DuesCategory, _ reliefs: [Relief] = []) throws -> Assessment? {
            let subject = AssessmentSubject(
                memberId: Figures.member(), cellId: Figures.organization(), state: .official,
                joinedOn: try Figures.day("2010-02-03"), category: category,
                base: try Figures.salary(10_000_000, of: "2026-04"),
                region: .one, reliefs: reliefs, voluntaryAmounts: [wish])
            return try Figures.assess(subject, in: "2026-05")
        }
        let higher = try #require(try owed(.uninsuredWorkingAge))
        #expect(higher.amount == Dong(20_000) && higher.fullAmount == Dong(15_930) && higher.voluntary == Dong(20_000))
        #expect(higher.explanation.map(\.rule) == ["category", "share-of-minimum", "voluntary", "amount"])
        let lower = try #require(try owed(.insured))
        #expect(lower.amount == Dong(100_000) && lower.voluntary == nil)
        let relief = try Relief(
            ground: .poorHousehold, reductionPercent: 100, from: Figures.month("2026-05"), through: nil)
        let exempt = try #require(try owed(.uninsuredWorkingAge, [relief]))
        #expect(exempt.amount == Dong(20_000) && exempt.reason == .poorHousehold)
    }

    @Test(
        "a voluntary amount has its bounds",
        arguments: [
            (0, "2026-05", "2026-05", "amount", "voluntary-amount.range"),
            (1_000_000_001, "2026-05", "2026-05", "amount", "voluntary-amount.range"),
            (5_000, "2026-05", "2026-04", "through", "voluntary-amount.period"),
        ])
    func voluntaryBounds(amount: Int64, from: String, through: String, field: String, rule: String) throws {
        let (from, through) = (try Figures.month(from), try Figures.month(through))
        let fault = #expect(throws: InvalidValue.self) {
            try VoluntaryAmount(amount: Dong(amount), from: from, through: through)
        }
        #expect(fault?.field == field && fault?.rule == rule)
    }
}
