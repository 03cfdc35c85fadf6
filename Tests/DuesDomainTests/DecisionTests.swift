import Contracts
import DuesDomain
import Testing

@Suite("Decisions about a member")
struct DecisionTests {
    private func months(_ from: String, _ through: String?, revoked: String? = nil) throws -> DecidedMonths {
        DecidedMonths(
            from: try DuesMonth(from), through: try through.map { try DuesMonth($0) },
            revokedFrom: try revoked.map { try DuesMonth($0) })
    }

    @Test(
        "a decision holds from its first month through its last, or until it is revoked",
        arguments: [
            ("2026-03", "2026-05", nil, ["2026-03", "2026-04", "2026-05"]),
            ("2026-03", nil, nil, ["2026-03", "2026-04", "2026-05", "2026-06"]),
            ("2026-03", nil, "2026-05", ["2026-03", "2026-04"]),
            ("2026-03", "2026-05", "2026-03", []),
            ("2026-03", "2026-04", "2026-06", ["2026-03", "2026-04"]),
        ] as [(String, String?, String?, [String])])
    func holds(from: String, through: String?, revoked: String?, expected: [String]) throws {
        let decided = try months(from, through, revoked: revoked)
        let all = try DuesMonth("2026-01")...DuesMonth("2026-06")
        #expect(all.filter(decided.contains).map(\.text) == expected)
    }

    @Test(
        "decisions overlap when some month belongs to both",
        arguments: [
            ("2026-03", "2026-05", nil, "2026-05", nil, true),
            ("2026-03", "2026-05", nil, "2026-06", nil, false),
            ("2026-03", nil, nil, "2030-01", "2030-02", true),
            ("2026-03", nil, "2026-05", "2026-05", nil, false),
            ("2026-03", nil, "2026-03", "2026-03", nil, false),
        ] as [(String, String?, String?, String, String?, Bool)])
    func overlap(
        from: String, through: String?, revoked: String?, otherFrom: String, otherThrough: String?, expected: Bool
    ) throws {
        let (one, other) = (try months(from, through, revoked: revoked), try months(otherFrom, otherThrough))
        #expect(one.overlaps(other) == expected)
        #expect(other.overlaps(one) == expected)
    }

    @Test("another ground is no overlap")
    func grounds() throws {
        let month = try DuesMonth("2026-03")
        let hardship = try Relief(ground: .hardship, reductionPercent: 30, from: month, through: month)
        let ill = try Relief(ground: .seriousIllness, reductionPercent: 100, from: month, through: nil)
        #expect(!hardship.overlaps(ill))
        #expect(ill.overlaps(ill))
    }

    @Test("a revocation leaves no month that the decision did not hold for")
    func revocation() throws {
        let decided = try months("2026-03", "2026-05")
        #expect(decided.fault(ofRevocationFrom: try DuesMonth("2026-04")) == nil)
        for month in ["2026-02", "2026-06"] {
            #expect(decided.fault(ofRevocationFrom: try DuesMonth(month))?.rule == "decision.months")
        }
    }

    @Test(
        "a deferral ends after it begins, and is due later, within a year",
        arguments: [
            ("2026-03", "2026-02", "2026-06", "deferral.period"), ("2026-03", "2026-05", "2026-05", "deferral.due"),
            ("2026-03", "2026-05", "2027-06", "deferral.due"),
        ])
    func deferral(from: String, through: String, due: String, rule: String) throws {
        let fault = #expect(throws: InvalidValue.self) {
            try Deferral(from: DuesMonth(from), through: DuesMonth(through), due: DuesMonth(due))
        }
        #expect(fault?.rule == rule)
    }

    @Test("only who is temporarily excused may pay later")
    func excused() {
        for state in MembershipState.allCases {
            #expect((Deferral.fault(ofState: state) == nil) == (state == .temporarilyExcused))
        }
    }
}
