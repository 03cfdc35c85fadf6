import Contracts
import DuesDomain
import Testing

@Suite("Standing")
struct StandingTests {
    private var present: DuesMonth { get throws { try DuesMonth("2026-11") } }

    private func balance(_ month: String, _ owed: Int64, _ paid: Int64) throws -> MonthBalance {
        MonthBalance(month: try DuesMonth(month), owed: Dong(owed), paid: Dong(paid))
    }

    @Test("paid through the last month before the first open one")
    func paidThrough() throws {
        let standing = Standing(
            [
                try balance("2026-05", 15_930, 0), try balance("2026-03", 15_930, 15_930),
                try balance("2026-02", 0, 0), try balance("2026-04", 15_930, 10_000),
                try balance("2026-06", 5_000, 5_000),
            ], present: try present)
        #expect(standing.paidThrough?.text == "2026-03")
        #expect(standing.arrearsMonths.map(\.text) == ["2026-04", "2026-05"])
        #expect(standing.arrears == Dong(5_930 + 15_930))
        #expect(standing.yearsOfThreeUnpaidMonths.isEmpty)
        #expect(Standing([], present: try present).paidThrough == nil)
    }

    @Test("three unpaid months of one year, not necessarily consecutive, are told")
    func threeMonths() throws {
        let months = ["2026-02", "2026-07", "2026-12", "2027-01", "2027-02"]
        let standing = Standing(try months.map { try balance($0, 5_000, 0) }, present: try present)
        #expect(standing.yearsOfThreeUnpaidMonths == [2026])
    }

    @Test("a deferred month is open and not in arrears until its due month has passed")
    func deferred() throws {
        let deferral = try Deferral(
            from: DuesMonth("2026-05"), through: DuesMonth("2026-06"), due: DuesMonth("2026-09"))
        let months = [
            try balance("2026-04", 5_000, 5_000), try balance("2026-05", 5_000, 0),
            try balance("2026-06", 5_000, 1_000),
            try balance("2026-07", 5_000, 0),
        ]
        func standing(_ month: String, _ deferral: Deferral) throws -> Standing {
            Standing(months, deferrals: [deferral], present: try DuesMonth(month))
        }
        let before = try standing("2026-09", deferral)
        #expect(before.arrearsMonths.map(\.text) == ["2026-07"])
        #expect(before.arrears == Dong(5_000))
        #expect(before.paidThrough?.text == "2026-04")
        #expect(before.yearsOfThreeUnpaidMonths.isEmpty)
        let after = try standing("2026-10", deferral)
        #expect(after.arrearsMonths.map(\.text) == ["2026-05", "2026-06", "2026-07"])
        #expect(after.arrears == Dong(14_000))
        #expect(after.yearsOfThreeUnpaidMonths == [2026])
        let revoked = try Deferral(
            from: DuesMonth("2026-05"), through: DuesMonth("2026-06"), due: DuesMonth("2026-09"),
            revokedFrom: DuesMonth("2026-06"))
        #expect(try standing("2026-09", revoked).arrearsMonths.map(\.text) == ["2026-06", "2026-07"])
    }
}
