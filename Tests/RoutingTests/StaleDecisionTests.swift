import Contracts
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Routing
@testable import RoutingDomain

@Suite("Decisions on a case that has changed meanwhile")
struct StaleDecisionTests {
    private struct SeenList: Decodable {
        struct Item: Decodable {
            let dossierId: DossierID
            let turn: Int
            let version: Int64
        }
        let items: [Item]
    }

    @Test("a decision on an older version of the case is refused, tells what changed, and changes nothing")
    func stale() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let secretary = try stage.officer(stage.places.cellA)
            let list: SeenList = try await stage.service.call(
                .get, "/v1/work-list", token: stage.service.token(member: secretary)
            ).json()
            let read = try #require(list.items.first { $0.dossierId == dossier })
            #expect(try await stage.see(dossier, by: secretary).version == read.version)
            let asked = try await stage.act(
                "supplement", step: "introduce", on: dossier, by: secretary, turn: read.turn, version: read.version,
                text: "Thiếu bản tự kiểm điểm")
            #expect(asked.status == .ok, "\(asked.text)")

            let late = try await stage.act(
                "approve", step: "introduce", on: dossier, by: secretary, turn: read.turn, version: read.version)
            #expect(late.status == .conflict && late.problem == "case-changed")
            #expect(late.faults == ["version": "case.supplement-requested"])
            #expect(late.text.contains("Đã yêu cầu người nộp bổ sung."))
            #expect(try await stage.see(dossier, by: secretary).boxes.isEmpty)
            #expect(try await stage.act("approve", step: "introduce", on: dossier, by: secretary).status == .ok)
        }
    }

    @Test("what is said in the thread or told of the deadline makes no decision too late")
    func messages() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let secretary = try stage.officer(stage.places.cellA)
            let read = try await stage.see(dossier, by: secretary)
            let posted = try await stage.service.call(
                .post, "/v1/cases/\(dossier)/messages", token: stage.service.token(member: stage.member),
                key: "a-message-meanwhile", json: #"{"text": "Bao giờ xong ạ?"}"#)
            #expect(posted.status == .created)
            try stage.set("2026-12-24T08:00")
            try await DeadlineAlerts(desk: stage.desk()).run()
            let told = try await stage.events(of: dossier)
            #expect(told.contains("deadline-alert"), "\(told)")
            #expect(try await stage.see(dossier, by: secretary).version == read.version)
            let answer = try await stage.act(
                "approve", step: "introduce", on: dossier, by: secretary, turn: read.turn?.number,
                version: read.version)
            #expect(answer.status == .ok, "\(answer.text)")
        }
    }

    @Test("a case that somebody changed without its lock is not written over")
    func withoutLock() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let read = try #require(try await CaseStore.read(dossier, in: stage.pool))
            let answer = try await stage.act(
                "approve", step: "introduce", on: dossier, by: stage.officer(stage.places.cellA))
            #expect(answer.status == .ok)
            let newer = try #require(try await CaseStore.read(dossier, in: stage.pool))
            #expect(newer != read)
            let error = await #expect(throws: PostgresError.self) {
                try await stage.pool.transaction { try CaseStore.update(read, to: newer, in: $0) }
            }
            #expect(error?.sqlState == .notNullViolation)
            #expect(try await CaseStore.read(dossier, in: stage.pool) == newer)
        }
    }

    @Test("a decision that waited for the case goes by what the directory told meanwhile")
    func waited() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let secretary = try stage.officer(stage.places.cellA)
            let decision = try await stage.pool.transaction { transaction in
                let backend: Int = try await transaction.queryOne("SELECT pg_backend_pid() AS pid").get("pid")
                try await transaction.execute("SELECT FROM cases WHERE dossier_id = \(dossier) FOR UPDATE")
                let decision = Task { try await stage.act("approve", step: "introduce", on: dossier, by: secretary) }
                try await eventually("the decision waits for the case") {
                    let waiting: SQL = "SELECT FROM pg_stat_activity WHERE \(backend) = ANY (pg_blocking_pids(pid))"
                    return try await stage.pool.query(waiting).count == 1
                }
                try await stage.deliver(
                    MemberState(
                        memberId: stage.member, fullName: "Nguyễn Văn Mẫu 01", state: .official,
                        cellId: stage.places.cellA, joinedOn: Day("2015-05-19"), recognisedOn: Day("2016-05-19"),
                        channels: .init(consent: .init(email: false, sms: false, push: false)), transfersHeld: true),
                    key: stage.member.value, sequence: 2)
                return decision
            }
            let answer = try await decision.value
            #expect(answer.status == .conflict && answer.problem == "transfers-held", "\(answer.text)")
        }
    }

    @Test("who wants no more than what became of the case gets that, again under the same key")
    func minimal() async throws {
        try await RoutingStage.run { stage in
            struct Outcome: Decodable, Equatable {
                struct Turn: Decodable, Equatable {
                    let step: String
                    let organizationId: OrganizationID
                }
                let dossierId: DossierID
                let version: Int64
                let stage: String
                let turns: [Turn]
            }
            let dossier = try await stage.submitted()
            let secretary = try stage.officer(stage.places.cellA)
            let seen = try await stage.see(dossier, by: secretary)
            var answers: [TestAnswer] = []
            for _ in 0..<2 {
                answers.append(
                    try await stage.act(
                        "approve", step: "introduce", on: dossier, by: secretary, turn: seen.turn?.number,
                        version: seen.version, key: "minimal-answer", headers: [.prefer: "wait=5, Return=minimal;x"]))
            }
            #expect(answers.map(\.status) == [.ok, .ok])
            #expect(answers.map { $0.headers[.preferenceApplied] } == ["return=minimal", "return=minimal"])
            #expect(answers[0].text == answers[1].text)
            #expect(!answers[0].text.contains("boxes"))
            let now = try await stage.see(dossier, by: secretary)
            #expect(
                try answers[0].json(Outcome.self)
                    == Outcome(
                        dossierId: dossier, version: now.version, stage: "running",
                        turns: [.init(step: "onward-introduction", organizationId: stage.places.baseA)]))
        }
    }

    @Test("an action names the turn and the version that it is meant for")
    func named() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let secretary = try stage.officer(stage.places.cellA)
            for (number, (body, field)) in [
                (#"{"action": "approve", "step": "introduce", "version": 2}"#, "turn"),
                (#"{"action": "approve", "step": "introduce", "turn": 1}"#, "version"),
            ].enumerated() {
                let answer = try await stage.service.call(
                    .post, "/v1/cases/\(dossier)/actions", token: stage.service.token(member: secretary),
                    key: "a-key-for-attempt-\(number)", json: body)
                #expect(answer.status == .unprocessableContent && Array(answer.faults.keys) == [field])
            }
            let ahead = try await stage.act(
                "approve", step: "introduce", on: dossier, by: secretary, turn: 1, version: 3)
            #expect(ahead.faults == ["version": "version.unknown"])
            #expect(try await stage.see(dossier, by: secretary).boxes.isEmpty)
        }
    }
}
