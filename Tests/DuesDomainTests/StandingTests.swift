import Contracts
import DuesDomain
import Testing

@Suite("Standing")
struct StandingTests {
    private func balance(_ month: String, _ owed: Int64, _ paid: Int64) throws -> MonthBalance {
        MonthBalance(month: try DuesMonth(month), owed: Dong(owed), paid: Dong(paid))
    }

    @Test("paid through the last month before the first open one")
    func paidThrough() throws {
        let standing = Standing([
            try balance("2026-05", 15_930, 0), try balance("2026-03", 15_930, 15_930),
            try balance("2026-02", 0, 0), try balance("2026-04", 15_930, 10_000), try balance("2026-06", 5_000, 5_000),
        ])
        #expect(standing.paidThrough?.text == "2026-03")
        #expect(standing.arrearsMonths.map(\.text) == ["2026-04", "2026-05"])
        #expect(standing.arrears == Dong(5_930 + 15_930))
        #expect(standing.yearsOfThreeUnpaidMonths.isEmpty)
        #expect(Standing([]).paidThrough == nil)
    }

    @Test("three unpaid months of one year, not necessarily consecutive, are told")
    func threeMonths() throws {
        let months = ["2026-02", "2026-07", "2026-12", "2027-01", "2027-02"]
        let standing = Standing(try months.map { try balance($0, 5_000, 0) })
        #expect(standing.yearsOfThreeUnpaidMonths == [2026])
    }
}
