import Contracts
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Routing
@testable import RoutingDomain

@Suite("What work lists cost")
struct WorkListPlanTests {
    static func province(_ stage: RoutingStage) -> WorkListScope { .subtrees([stage.places.province]) }

    static func seats(_ stage: RoutingStage) throws -> WorkListScope {
        .seats(
            [Seat(organizationId: stage.places.province, role: .organisationOfficer)],
            of: try stage.officer(stage.places.province))
    }

    /// How many pages of the database a question reads, and its plan.
    private func cost(
        _ question: WorkListQuestion, _ scope: WorkListScope, limit: Int, _ stage: RoutingStage
    ) async throws -> (pages: Int, plan: String) {
        let query = try #require(WorkListStore.candidates(question, scope, now: stage.time.now, limit: limit))
        let rows = try await WorkListStore.inOrder(
            "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) \(query)", in: stage.pool)
        let plan =
            try rows
            .map { try $0.get("QUERY PLAN", as: String.self) }.joined(separator: "\n")
        let buffers = plan.matches(of: /shared(?: hit=(\d+))?(?: read=(\d+))?/).first
        let hit = buffers?.output.1.flatMap { Int($0) } ?? 0
        let read = buffers?.output.2.flatMap { Int($0) } ?? 0
        return (hit + read, plan)
    }

    @Test("a page reads ranges of indexes, and hardly more of them than it has rows, however much waits")
    func plans() async throws {
        try await RoutingStage.run { stage in
            try await ManyCases(stage: stage, count: 20_000).fill()
            let middle = WorkListMark(stage.time.now, stage.ids.next(at: stage.time.now), turn: 1)
            let transfer = ProcedureCode.officialTransfer
            let questions: [(WorkListQuestion, WorkListScope)] = [
                (WorkListQuestion(list: .mine), try Self.seats(stage)),
                (WorkListQuestion(list: .mine, after: middle), try Self.seats(stage)),
                (WorkListQuestion(list: .organization), .organizations([stage.places.province])),
                (WorkListQuestion(list: .subtree), Self.province(stage)),
                (WorkListQuestion(list: .subtree, after: middle), Self.province(stage)),
                (WorkListQuestion(list: .subtree, overdue: true), Self.province(stage)),
                (WorkListQuestion(list: .subtree, procedure: transfer), Self.province(stage)),
                (
                    WorkListQuestion(list: .subtree, procedure: transfer, step: "onward-introduction"),
                    Self.province(stage)
                ),
                (WorkListQuestion(list: .subtree, waiting: true), Self.province(stage)),
                (WorkListQuestion(list: .subtree, code: "A36.7-261120-00"), Self.province(stage)),
            ]
            for (number, (question, scope)) in questions.enumerated() {
                let (pages, plan) = try await cost(question, scope, limit: 51, stage)
                for table in ["case_turns", "case_places"] {
                    #expect(!plan.contains("Seq Scan on \(table)"), "question \(number):\n\(plan)")
                }
                #expect(plan.contains("Index Only Scan") || question.code != nil, "question \(number):\n\(plan)")
                #expect(pages < 300, "question \(number) reads \(pages) pages:\n\(plan)")
            }
        }
    }

    @Test("counts stop at their bound")
    func bounded() async throws {
        try await RoutingStage.run { stage in
            try await ManyCases(stage: stage, count: 20_000).fill()
            let counts = try await WorkListStore.counts(
                WorkListQuestion(list: .subtree), Self.province(stage), now: stage.time.now, in: stage.pool)
            #expect(counts.all == WorkListCounts.Count(20_000) && counts.all.count == 1_000 && counts.all.more)
            #expect(counts.overdue.more && counts.waiting == WorkListCounts.Count(0))
            let (pages, plan) = try await cost(
                WorkListQuestion(list: .subtree), Self.province(stage), limit: 1_001, stage)
            // A row each at the most, where the pages are not known to be visible to all.
            #expect(pages < 1_300, "\(pages) pages:\n\(plan)")
        }
    }

    @Test(
        "50 requests a second among many open cases: the 99th of a hundred is answered within 50 ms",
        .enabled(
            if: ProcessInfo.processInfo.environment["HOSO_TEST_LONG"] != nil, "only with Infra/test --long"))
    func latency() async throws {
        let rows = ProcessInfo.processInfo.environment["HOSO_TEST_ROWS"].flatMap(Int.init) ?? 300_000
        try await RoutingStage.run { stage in
            try await ManyCases(stage: stage, count: rows).fill()
            let token = try await stage.service.token(member: stage.officer(stage.places.province))
            let asked = [
                "", "?list=organization", "?list=subtree", "?list=subtree&overdue=true",
                "?list=subtree&procedure=official-transfer&step=introduce", "?list=subtree&code=A36.7-261120-00",
                "/counts?list=subtree", "/counts",
            ]
            var late: [Duration] = []
            try await withThrowingTaskGroup(of: Duration.self) { group in
                let clock = ContinuousClock()
                let start = clock.now
                for number in 0..<1_000 {
                    let intended = start + .milliseconds(20 * number)
                    group.addTask {
                        try await clock.sleep(until: intended)
                        let answer = try await stage.service.call(
                            .get, "/v1/work-list\(asked[number % asked.count])", token: token)
                        guard answer.status == .ok else { throw StageFault.unread }
                        return clock.now - intended
                    }
                }
                for try await duration in group { late.append(duration) }
            }
            late.sort()
            let figures =
                "median \(late[late.count / 2]), 99% \(late[late.count * 99 / 100]), longest \(late[late.count - 1])"
            print("work lists among \(rows) open cases at 50/s: \(figures)")
            #expect(late[late.count * 99 / 100] < .milliseconds(50), "\(figures)")
        }
    }
}
