import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Messaging
@testable import Routing
@testable import RoutingDomain

@Suite("The paper file over HTTP, on PostgreSQL")
struct PaperFileTests {
    private struct Seen: Decodable {
        struct Entry: Decodable {
            let state: PaperFileState
            let on: Day
            let organization: SeenCase.Place
            let byMemberId: MemberID
            let byName: String
            let text: String?
            let reference: String?
            let police: String?
            let recordedAt: Date
        }
        struct File: Decodable {
            let state: PaperFileState?
            let overdue: Bool
            let entries: [Entry]
            let mayRecord: [PaperFileState]
        }
        let stage: String
        let version: Int64
        let paperFile: File?
    }

    /// A transfer whose letter is issued.
    private func issued(_ stage: RoutingStage) async throws -> DossierID {
        let dossier = try await stage.submitted()
        try await stage.walk(dossier, until: stage.places.baseA)
        return dossier
    }

    private func record(
        _ state: String, on dossier: DossierID, by officer: MemberID, _ stage: RoutingStage,
        _ more: [String: String] = [:], key: String? = nil
    ) async throws -> TestAnswer {
        let body = ["state": state, "on": "2026-11-20"].merging(more) { _, new in new }
        return try await stage.service.call(
            .post, "/v1/cases/\(dossier)/paper-file", token: stage.service.token(member: officer),
            key: key ?? "key-\(stage.ids.next(at: stage.time.now))",
            json: String(decoding: ContractsJSON.encode(body), as: UTF8.self))
    }

    private func see(_ dossier: DossierID, by member: MemberID, _ stage: RoutingStage) async throws -> Seen {
        try await stage.service.call(.get, "/v1/cases/\(dossier)", token: stage.service.token(member: member)).json()
    }

    private func audited(_ dossier: DossierID, _ stage: RoutingStage) async throws -> [String] {
        try await stage.pool.query(
            """
            SELECT details FROM audit WHERE action = 'case.paper-file-recorded' AND subject = \("\(dossier)")
            ORDER BY id
            """
        ).map { try $0.get("details") }
    }

    @Test("the handover is recorded, shown, told and audited; officers decide on; it arrives after the end")
    func life() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await issued(stage)
            let (sender, receiver) = (try stage.officer(stage.places.baseA), try stage.officer(stage.places.baseB))
            let before = try await see(dossier, by: sender, stage)
            let offered = try #require(before.paperFile)
            #expect(offered.state == nil && offered.entries.isEmpty && offered.mayRecord == [.handedOver])

            let answer = try await record("handed-over", on: dossier, by: sender, stage)
            #expect(answer.status == .ok, "\(answer.text)")
            let seen: Seen = try answer.json()
            let entry = try #require(seen.paperFile?.entries.first)
            #expect(seen.paperFile?.state == .handedOver && seen.paperFile?.mayRecord == [.lost])
            #expect(entry.organization.id == stage.places.baseA && entry.organization.name == "Đảng bộ cơ sở A")
            #expect(entry.byMemberId == sender && entry.byName == "Cán bộ Mẫu \(sender)")
            #expect(try entry.on == Day("2026-11-20") && entry.recordedAt == stage.time.now)
            #expect(try await stage.events(of: dossier).last == "paper-file-recorded")
            let told = try await stage.last(CasePaperFileRecorded.self, of: dossier)
            #expect(told.state == .handedOver && told.memberId == stage.member && told.dossierId == dossier)
            #expect(told.organizationId == stage.places.baseA && told.recordedAt == stage.time.now)
            #expect(try await audited(dossier, stage).count == 1)

            // The turn is the one that it was, and what was read before is not stale.
            let read = try #require(try await stage.see(dossier, by: sender).turn)
            let decision = try await stage.act(
                "approve", step: read.step, on: dossier, by: sender, turn: read.number, version: before.version)
            #expect(decision.status == .ok, "\(decision.text)")
            try await stage.walk(dossier)
            try await stage.issue(try await stage.last(CaseResultRequested.self, of: dossier))
            let own = try await see(dossier, by: stage.member, stage)
            #expect(own.stage == "completed" && own.paperFile?.state == .handedOver)
            #expect(own.paperFile?.mayRecord == [])
            let arrived = try await record("arrived", on: dossier, by: receiver, stage)
            #expect(arrived.status == .ok, "\(arrived.text)")
            let end = try await see(dossier, by: stage.member, stage)
            #expect(end.stage == "completed" && end.version == own.version && end.paperFile?.state == .arrived)
            #expect(try await stage.last(CasePaperFileRecorded.self, of: dossier).organizationId == stage.places.baseB)
            let versions = try await stage.pool.queryOne(
                "SELECT max(version) AS last, count(*) AS n FROM case_history WHERE dossier_id = \(dossier)")
            #expect(try versions.get("last", as: Int64.self) == versions.get("n", as: Int64.self))
        }
    }

    @Test("a lost file: report, police confirmation, a new one; no event and no audit row bears the report")
    func lost() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await issued(stage)
            let (sender, receiver) = (try stage.officer(stage.places.baseA), try stage.officer(stage.places.baseB))
            let report = ["text": "Mất túi trên xe khách"]
            let confirmation = ["reference": "15/XN-CAX", "police": "Công an xã Mẫu A"]
            let answers = [
                try await record("handed-over", on: dossier, by: sender, stage),
                try await record("lost", on: dossier, by: receiver, stage, report),
                try await record("police-confirmed", on: dossier, by: sender, stage, confirmation),
                try await record("reissued", on: dossier, by: sender, stage),
            ]
            #expect(answers.map(\.status) == Array(repeating: .ok, count: 4), "\(answers.map(\.text))")
            let file = try #require(try await see(dossier, by: stage.member, stage).paperFile)
            #expect(file.entries.map(\.state) == [.handedOver, .lost, .policeConfirmed, .reissued])
            #expect(file.entries[1].text == "Mất túi trên xe khách")
            #expect(file.entries[2].reference == "15/XN-CAX" && file.entries[2].police == "Công an xã Mẫu A")
            let told = try await stage.pool.query(
                "SELECT data FROM outbox WHERE key = \(dossier) AND type = \(CasePaperFileRecorded.type) ORDER BY version"
            )
            let texts = try told.map { String(decoding: try $0.get("data", as: [UInt8].self), as: UTF8.self) }
            #expect(texts.count == 4 && texts[2].contains("15/XN-CAX"))
            let rows = try await audited(dossier, stage)
            #expect(rows.count == 4)
            for text in texts + rows { #expect(!text.contains("xe khách")) }

            // The member has had the new one for too long.
            try stage.set("2027-01-05T12:00")
            #expect(try await see(dossier, by: sender, stage).paperFile?.overdue == false)
            try stage.set("2027-01-06T08:00")
            #expect(try await see(dossier, by: sender, stage).paperFile?.overdue == true)
        }
    }

    @Test("who may not, what may not follow, and bad input are refused by field and rule, and change nothing")
    func refused() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await issued(stage)
            let (sender, receiver) = (try stage.officer(stage.places.baseA), try stage.officer(stage.places.baseB))
            let before = try await stage.events(of: dossier)
            for other in [receiver, try stage.officer(stage.places.communeA)] {
                let answer = try await record("handed-over", on: dossier, by: other, stage)
                #expect(answer.status == .forbidden && answer.problem == "paper-file-not-yours", "\(answer.text)")
            }
            // Who may not even look at the case.
            let stranger = try await record("handed-over", on: dossier, by: stage.helper, stage)
            #expect(stranger.status == .forbidden && stranger.problem == "forbidden", "\(stranger.text)")
            let own = try await record("handed-over", on: dossier, by: stage.member, stage)
            #expect(own.status == .forbidden && own.problem == "own-matter")
            let early = try await record("arrived", on: dossier, by: receiver, stage)
            #expect(early.status == .conflict && early.problem == "paper-file-order")
            #expect(early.faults == ["state": "paper-file-order"])
            let inputs: [([String: String], [String: String])] = [
                (["state": "burnt"], ["state": "word.unknown"]), (["on": "2026-11-21"], ["on": "paper-file.day"]),
                (["on": "yesterday"], ["on": "day.calendar"]), (["reference": "1"], ["reference": "field.unknown"]),
                (["txt": "Đã giao"], ["txt": "field.unknown"]),
            ]
            for (more, faults) in inputs {
                let answer = try await record("handed-over", on: dossier, by: sender, stage, more)
                #expect(answer.status == .unprocessableContent && answer.faults == faults, "\(answer.text)")
            }
            let token = try await stage.service.token(member: sender)
            let path = "/v1/cases/\(dossier)/paper-file"
            let dayless = try await stage.service.call(
                .post, path, token: token, key: "key-without-a-day", json: #"{"state": "handed-over"}"#)
            #expect(dayless.faults == ["on": "missing"])
            let keyless = try await stage.service.call(
                .post, path, token: token, json: #"{"state": "handed-over", "on": "2026-11-20"}"#)
            #expect(keyless.status == .badRequest)
            let unknown: DossierID = stage.ids.next(at: stage.time.now)
            #expect(try await record("handed-over", on: unknown, by: sender, stage).status == .notFound)
            stage.time.advance(by: 61)
            let stale = try await record("handed-over", on: dossier, by: sender, stage)
            #expect(stale.status == .serviceUnavailable && stale.problem == "projection-stale")
            #expect(try await stage.events(of: dossier) == before)
            #expect(try await audited(dossier, stage).isEmpty)
        }
    }

    @Test("a procedure without a paper file shows none and takes no record")
    func none() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.arrive(
                "temporary-transfer",
                [
                    "destinationCellId": .string("\(stage.places.cellB)"), "stayReason": "work",
                    "stayFrom": "2026-12-01", "stayUntil": "2027-05-31", "reason": "Biệt phái",
                ])
            try await stage.walk(dossier, until: stage.places.baseA)
            let sender = try stage.officer(stage.places.baseA)
            #expect(try await see(dossier, by: sender, stage).paperFile == nil)
            let answer = try await record("handed-over", on: dossier, by: sender, stage)
            #expect(answer.status == .conflict && answer.problem == "paper-file-none")
        }
    }

    @Test("the same key again gives the same answer and no second record; of several at once one is recorded")
    func once() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await issued(stage)
            let sender = try stage.officer(stage.places.baseA)
            let key = "one-key-for-one-record"
            let first = try await record("handed-over", on: dossier, by: sender, stage, key: key)
            let again = try await record("handed-over", on: dossier, by: sender, stage, key: key)
            #expect(first.status == .ok && again.status == .ok && again.body == first.body)
            #expect(again.headers[.idempotencyReplayed] == "true")
            let other = try await record("lost", on: dossier, by: sender, stage, ["text": "Mất"], key: key)
            #expect(other.status == .unprocessableContent && other.problem == "idempotency-key-reused")
            let answers = try await withThrowingTaskGroup(of: TestAnswer.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await record("lost", on: dossier, by: sender, stage, ["text": "Mất"]) }
                }
                return try await group.reduce(into: [TestAnswer]()) { $0.append($1) }
            }
            #expect(answers.count { $0.status == .ok } == 1)
            #expect(answers.count { $0.status == .conflict && $0.problem == "paper-file-order" } == 3)
            let states = try #require(try await see(dossier, by: sender, stage).paperFile).entries.map(\.state)
            #expect(states == [.handedOver, .lost])
        }
    }
}
