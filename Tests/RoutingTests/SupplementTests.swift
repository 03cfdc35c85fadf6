import Contracts
import Foundation
import HTTPTypes
import Postgres
import RoutingDomain
import ServiceTestKit
import Testing

@testable import Messaging
@testable import Routing

@Suite("Supplements as they arrive from Intake")
struct SupplementTests {
    private let threads = MessageThreadTests()

    /// A case whose first officer asked for a supplement, and the number of that request.
    private func asked(_ stage: RoutingStage) async throws -> (DossierID, Int64) {
        let dossier = try await stage.submitted()
        return (dossier, try await ask(stage, dossier))
    }

    private func ask(_ stage: RoutingStage, _ dossier: DossierID) async throws -> Int64 {
        let answer = try await stage.act(
            "supplement", step: "introduce", on: dossier, by: stage.officer(stage.places.cellA),
            text: "Thiếu số quyết định")
        #expect(answer.status == .ok)
        return try answer.json(SeenCase.self).version
    }

    private func supplement(
        _ dossier: DossierID, _ number: Int, answering request: Int64, _ stage: RoutingStage
    ) -> DossierSupplemented {
        DossierSupplemented(
            dossierId: dossier, number: number, requestSequence: request, byMemberId: stage.member,
            suppliedAt: stage.time.now,
            form: [
                "reason": .string("Chuyển công tác lần \(number)"), "decisionDate": "2026-11-02",
                "destinationCellId": .string("\(stage.places.cellB)"),
            ], changedFields: ["reason"], attachments: [])
    }

    private func isWaiting(_ stage: RoutingStage, _ dossier: DossierID) async throws -> Bool {
        try await stage.pool.queryOne("SELECT waiting FROM case_turns WHERE dossier_id = \(dossier)").get("waiting")
    }

    private func form(_ stage: RoutingStage, _ dossier: DossierID) async throws -> JSONValue {
        let running = try await CaseStore.read(dossier, in: stage.pool)
        return try #require(running).form
    }

    private func texts(_ stage: RoutingStage, _ dossier: DossierID) async throws -> [String] {
        try await threads.thread(stage, of: dossier, by: stage.member).items.map(\.text)
    }

    @Test("the clock goes on with what was left, the form is the new one, the thread says so, and the officer acts")
    func comesBack() async throws {
        try await RoutingStage.run { stage in
            let (dossier, request) = try await asked(stage)
            #expect(try await isWaiting(stage, dossier))
            try stage.set("2026-11-27T09:00")
            let event = supplement(dossier, 1, answering: request, stage)
            try await stage.deliver(event, key: dossier.value, sequence: 2)
            #expect(try await !isWaiting(stage, dossier))
            #expect(try await form(stage, dossier)["reason"] == "Chuyển công tác lần 1")
            #expect(try await texts(stage, dossier).map { $0.prefix(14) } == ["Bổ sung lần 1:"])
            #expect(
                try await stage.events(of: dossier) == [
                    "opened", "step-entered", "supplement-requested", "deadline-moved", "step-entered",
                    "message-posted",
                ])
            let approved = try await stage.act(
                "approve", step: "introduce", on: dossier, by: stage.officer(stage.places.cellA))
            #expect(approved.status == .ok)
        }
    }

    @Test("a repeat, under its own event id or another, changes nothing")
    func repeated() async throws {
        try await RoutingStage.run { stage in
            let (dossier, request) = try await asked(stage)
            let event = supplement(dossier, 1, answering: request, stage)
            for _ in 0..<3 { try await stage.deliver(event, key: dossier.value, sequence: 2) }
            #expect(try await stage.count("case_supplements") == 1)
            #expect(try await texts(stage, dossier).count == 1)
            // A request of a later time is not answered by the repeat of an older supplement.
            _ = try await ask(stage, dossier)
            try await stage.deliver(event, key: dossier.value, sequence: 2)
            #expect(try await isWaiting(stage, dossier))
        }
    }

    @Test("a supplement that overtakes its request waits for it")
    func overtakes() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let event = supplement(dossier, 1, answering: 3, stage)
            let notYet = await #expect(throws: NotYet.self) {
                try await stage.deliver(event, key: dossier.value, sequence: 2)
            }
            #expect(notYet?.waitingFor == "case:\(dossier)@3")
            #expect(try await ask(stage, dossier) == 3)
            try await stage.deliver(event, key: dossier.value, sequence: 2)
            #expect(try await !isWaiting(stage, dossier))
        }
    }

    @Test("after somebody acted it is noted and told in the thread; the case goes on as it stands")
    func tooLate() async throws {
        try await RoutingStage.run { stage in
            let (dossier, request) = try await asked(stage)
            try await stage.walk(dossier, until: stage.places.communeA)
            let turn = try await stage.see(dossier, by: stage.member).turn
            let before = try await form(stage, dossier)
            try await stage.deliver(
                supplement(dossier, 1, answering: request, stage), key: dossier.value, sequence: 2)
            #expect(try await stage.see(dossier, by: stage.member).turn == turn)
            #expect(try await form(stage, dossier) == before)
            let said = try #require(try await texts(stage, dossier).first)
            #expect(said.contains("đã được xử lý") && said.contains("somebody had acted"))
            #expect(
                try await stage.pool.queryOne("SELECT awaited FROM case_supplements").get("awaited", as: Bool.self)
                    == false)
            #expect(try await stage.walk(dossier).stage == "awaiting-result")
        }
    }

    @Test("an answer to an older request leaves the newer one waiting")
    func askedAgain() async throws {
        try await RoutingStage.run { stage in
            let (dossier, first) = try await asked(stage)
            try await stage.deliver(supplement(dossier, 1, answering: first, stage), key: dossier.value, sequence: 2)
            let second = try await ask(stage, dossier)
            try await stage.deliver(supplement(dossier, 2, answering: first, stage), key: dossier.value, sequence: 3)
            #expect(try await isWaiting(stage, dossier))
            let told = try await texts(stage, dossier)
            #expect(told.count == 2 && told.contains { $0.contains("yêu cầu mới") })
            try await stage.deliver(supplement(dossier, 3, answering: second, stage), key: dossier.value, sequence: 4)
            #expect(try await !isWaiting(stage, dossier))
        }
    }

    @Test("of a case that is over, or of a procedure that does not run here, it is no fault")
    func over() async throws {
        try await RoutingStage.run { stage in
            let (dossier, request) = try await asked(stage)
            try await stage.deliver(
                DossierWithdrawn(dossierId: dossier, withdrawnAt: stage.time.now, byMemberId: stage.member),
                key: dossier.value, sequence: 2)
            let event = supplement(dossier, 1, answering: request, stage)
            try await stage.deliver(event, key: dossier.value, sequence: 3)
            #expect(try await stage.count("case_supplements") == 1)
            #expect(try await stage.see(dossier, by: stage.member).stage == "withdrawn")
            let stranger: DossierID = stage.ids.next(at: stage.time.now)
            try await stage.deliver(supplement(stranger, 1, answering: 3, stage), key: stranger.value, sequence: 2)
            #expect(try await stage.count("case_supplements") == 1)
        }
    }
}
