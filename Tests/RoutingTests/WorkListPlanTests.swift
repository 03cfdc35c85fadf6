import Contracts
import Foundation
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
}
