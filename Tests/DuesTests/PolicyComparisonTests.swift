import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Dues

@Suite("Comparing policies")
struct PolicyComparisonTests {
    /// Another book with other amounts, another rounding, fewer years to the exemption, and a state that owes no more.
    private static func otherPolicy() throws -> JSONValue {
        var document = try DuesScene.policy(minimum: 6_000_007)
        let first = try #require(document["rates"]?.array?.first?.object)
        var categories = try #require(first["categories"]?.object)
        categories["student"] = ["kind": "fixed", "amount": 0]
        categories["pensioner"] = ["kind": "share-of-base", "basisPoints": 33, "figure": "month-before"]
        var states = try #require(first["states"]?.object)
        states["suspended"] = "none"
        for (name, value) in [
            ("version", "other"), ("rounding", "up"), ("exemptAfterYears", 49), ("categories", .object(categories)),
            ("states", .object(states)),
        ] as [(String, JSONValue)] {
            document = DuesScene.replacing(document, name, value)
        }
        return document
    }

    private static func expected(
        _ subjects: [AssessmentSubject], _ now: MonthRules, _ then: MonthRules
    ) -> [DuesCategory?: PolicyComparison.Sums] {
        func amount(_ subject: AssessmentSubject, _ rules: MonthRules) -> Int64? {
            guard case .assessed(let assessment) = rules.assess(subject) else { return nil }
            return assessment.amount.amount
        }
        var sums: [DuesCategory?: PolicyComparison.Sums] = [:]
        for subject in subjects {
            let (before, after) = (amount(subject, now), amount(subject, then))
            guard before != nil || after != nil else { continue }
            let (paid, toPay) = (before ?? 0, after ?? 0)
            let one = PolicyComparison.Sums(
                members: 1, differing: paid == toPay ? 0 : 1, sumNow: paid, sumThen: toPay,
                highestRise: max(toPay - paid, 0), highestFall: max(paid - toPay, 0),
                toExempt: paid > 0 && toPay == 0 ? 1 : 0, fromExempt: paid == 0 && toPay > 0 ? 1 : 0)
            sums[subject.category, default: PolicyComparison.Sums()] =
                sums[subject.category, default: PolicyComparison.Sums()] + one
        }
        return sums
    }

    @Test("the numbers are those of the rule, member by member; nothing is assessed by it")
    func parity() async throws {
        try await DuesScene.run(["dues.assessment.chunk": "17"]) { scene in
            let subjects = try await AssessmentRunTests.plant(240, in: scene)
            let document = try Self.otherPolicy()
            try await scene.propose(document)
            let month = try DuesMonth("2026-11")
            let expected = Self.expected(
                subjects, try DuesPolicyBook.bundled().rules(for: month), try DuesPolicyBook(document).rules(for: month)
            )
            let told = try await scene.compare(2, "2026-11")
            #expect(told.state == "done" && told.members == subjects.count)
            let sums = Dictionary(
                told.categories.map { ($0.category, $0.sums) }, uniquingKeysWith: { first, _ in first })
            #expect(sums == expected)
            let total = expected.values.reduce(PolicyComparison.Sums(), +)
            #expect(told.total == total)
            #expect(total.differing > 0 && total.highestRise > 0 && total.highestFall > 0 && total.toExempt > 0)
            #expect(told.assessedMonthsChanged.isEmpty)
            for table: SQL in ["assessments", "ledger_postings", "outbox", "standings"] {
                #expect(try await scene.count("SELECT count(*) FROM \(table)") == 0)
            }
        }
    }

    @Test("who paid nothing and would pay is told apart from who would pay nothing any more")
    func exemptions() async throws {
        try await DuesScene.run { scene in
            try await scene.member(.student, joinedOn: "1976-01-01")
            try await scene.member(.student, joinedOn: "1970-01-01")
            try await scene.member(.student)
            var document = try DuesScene.policy(minimum: 5_310_001)
            document = DuesScene.replacing(document, "version", "other")
            document = DuesScene.replacing(document, "exemptAfterYears", 51)
            try await scene.propose(document)
            let told = try await scene.compare(2, "2026-11")
            #expect(
                told.total
                    == PolicyComparison.Sums(
                        members: 3, differing: 1, sumNow: 5_000, sumThen: 10_000, highestRise: 5_000, highestFall: 0,
                        toExempt: 0, fromExempt: 1))
        }
    }

    @Test("an interrupted comparison goes on where it was, in another process")
    func resumed() async throws {
        try await DuesScene.run(["dues.assessment.chunk": "4"]) { scene in
            for _ in 0..<10 { try await scene.member() }
            try await scene.propose(try DuesScene.policy(minimum: 6_310_000))
            try await scene.startComparison(2, "2026-11")
            #expect(try await scene.parts.comparer.step())
            let path = "/v1/policies/2/comparison?month=2026-11"
            let half: DuesScene.ComparisonShape = try await scene.get(path).json()
            #expect(half.state == "running" && half.members == 4 && half.total.members == 4)
            let again = try await scene.post("/v1/policies/2/comparisons", #"{"month": "2026-11"}"#)
            #expect(again.problem == "policy-comparison-under-way")
            try await DuesParts(scene.kit).comparer.drain()
            let whole: DuesScene.ComparisonShape = try await scene.get(path).json()
            #expect(whole.state == "done" && whole.members == 10)
            #expect(whole.total.sumThen - whole.total.sumNow == 10 * 3_000)
        }
    }

    @Test("a comparison of a month that is past permits no approval; months assessed already are named")
    func past() async throws {
        try await DuesScene.run { scene in
            try await scene.member()
            try await scene.assess("2026-10")
            try await scene.assess("2026-11")
            try await scene.propose(try DuesScene.policy(minimum: 6_000_000))
            let told = try await scene.compare(2, "2026-10")
            #expect(told.assessedMonthsChanged == ["2026-10", "2026-11"])
            #expect(try await scene.approve(2).problem == "policy-not-compared")
            try await scene.startComparison(2, "2026-12")
            #expect(try await scene.approve(2).problem == "policy-not-compared", "it is not finished")
            try await scene.parts.comparer.drain()
            #expect(try await scene.approve(2).status == .ok)
        }
    }

    @Test("a month without rules cannot be compared, and what was never compared is not found")
    func months() async throws {
        try await DuesScene.run { scene in
            try await scene.propose(try DuesScene.policy(minimum: 6_000_000))
            let answer = try await scene.post("/v1/policies/2/comparisons", #"{"month": "2026-01"}"#)
            #expect(answer.faults == ["month": "policy.none-in-force"])
            #expect(try await scene.get("/v1/policies/2/comparison?month=2026-11").status == .notFound)
            #expect(try await scene.get("/v1/policies/2/comparison?month=x").status == .unprocessableContent)
        }
    }
}
