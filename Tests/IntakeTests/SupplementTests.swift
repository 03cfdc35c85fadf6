import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Intake
@testable import Messaging

@Suite("Supplements to dossiers")
struct SupplementTests {
    struct Receipt: Decodable {
        let number: Int
        let status: String
        let changedFields: [String]
    }
    struct Seen: Decodable {
        struct Wanted: Decodable {
            let reason: String
        }
        struct Version: Decodable {
            let version: Int
            let form: JSONValue
            let attachmentIds: [AttachmentID]
        }
        let status: String
        let wantedSupplement: Wanted?
        let form: JSONValue
        let versions: [Version]
    }

    /// A dossier that a body has asked to be supplemented; the request is event 3 of its case.
    private func asked(_ stage: IntakeStage) async throws -> DossierID {
        let given = try await stage.submitted()
        try await stage.deliver(
            CaseStepEntered(
                dossierId: given.dossierId, step: "introduce", box: 1, organizationId: stage.cell,
                role: .cellSecretary, enteredAt: stage.time.now,
                due: Deadline(
                    at: stage.time.now.addingTimeInterval(86_400), calendarVersion: "2026-1", provisional: false)),
            key: given.dossierId.value, sequence: 2)
        try await ask(stage, given.dossierId, sequence: 3)
        return given.dossierId
    }

    private func ask(_ stage: IntakeStage, _ id: DossierID, sequence: Int64) async throws {
        try await stage.deliver(
            CaseSupplementRequested(
                dossierId: id, step: "introduce", organizationId: stage.cell, byMemberId: stage.officer,
                reason: "Thiếu số quyết định", requestedAt: stage.time.now), key: id.value, sequence: sequence)
    }

    private func send(
        _ stage: IntakeStage, _ form: JSONValue, files: [AttachmentID] = [], to id: DossierID,
        by member: MemberID? = nil, key: String? = nil
    ) async throws -> TestAnswer {
        let body: JSONValue = [
            "form": form, "attachmentIds": .array(files.map { .string("\($0)") }), "declaredUnclassified": true,
        ]
        return try await post(
            stage, String(decoding: ContractsJSON.encode(body), as: UTF8.self), to: id, by: member, key: key)
    }

    private func post(
        _ stage: IntakeStage, _ json: String, to id: DossierID, by member: MemberID? = nil, key: String? = nil
    ) async throws -> TestAnswer {
        try await stage.service.call(
            .post, "/v1/dossiers/\(id)/supplements", token: stage.service.token(member: member ?? stage.member),
            key: key ?? stage.freshKey(), json: json)
    }

    @Test("a supplement is kept beside what was submitted, told as an event, and the dossier goes on")
    func taken() async throws {
        try await IntakeStage.run { stage in
            let id = try await asked(stage)
            var seen: Seen = try await stage.see(id).json()
            #expect(seen.status == "awaiting-supplement")
            #expect(seen.wantedSupplement?.reason == "Thiếu số quyết định" && seen.versions.count == 1)
            let before = seen.form
            let file = try await stage.file()
            let answer = try await send(stage, ["decisionNumber": "12-QĐ/ĐU"], files: [file], to: id)
            #expect(answer.status == .created && answer.headers[.location] == "/v1/dossiers/\(id)")
            let receipt: Receipt = try answer.json()
            #expect(receipt.number == 1 && receipt.status == "in-progress")
            #expect(receipt.changedFields == ["decisionNumber"])
            seen = try await stage.see(id).json()
            #expect(seen.status == "in-progress" && seen.wantedSupplement == nil)
            #expect(seen.form["decisionNumber"] == "12-QĐ/ĐU" && seen.form["reason"] == before["reason"])
            #expect(seen.versions.map(\.version) == [1, 2] && seen.versions.map(\.form) == [before, seen.form])
            #expect(seen.versions.last?.attachmentIds == [file] && seen.versions.first?.attachmentIds.count == 2)
            let row = try await stage.pool.queryOne(
                "SELECT type, version, data FROM outbox WHERE key = \(id) ORDER BY version DESC LIMIT 1")
            #expect(try row.get("type", as: String.self) == DossierSupplemented.type)
            #expect(try row.get("version", as: Int64.self) == 2)
            let told: DossierSupplemented = try ContractsJSON.decode(from: row.get("data", as: [UInt8].self))
            #expect(told.number == 1 && told.requestSequence == 3 && told.form == seen.form)
            #expect(told.attachments.map(\.id) == [file] && told.byMemberId == stage.member)
            for statement: SQL in ["UPDATE supplements SET form = '{}'", "DELETE FROM supplements"] {
                await #expect(throws: PostgresError.self) { try await stage.pool.execute(statement) }
            }
        }
    }

    @Test("nothing is taken that nobody waits for: before the request, after the answer, after the end")
    func notWaiting() async throws {
        try await IntakeStage.run { stage in
            let given = try await stage.submitted()
            let id = given.dossierId
            let early = try await send(stage, ["note": "Sớm"], to: id)
            #expect(early.status == .conflict && early.problem == "supplement-not-asked")
            #expect(early.text.contains("không chờ bổ sung") && early.text.contains("does not wait"))
            try await ask(stage, id, sequence: 3)
            #expect(try await send(stage, ["note": "Đúng lúc"], to: id).status == .created)
            #expect(try await send(stage, ["note": "Lần nữa"], to: id).problem == "supplement-not-asked")
            try await ask(stage, id, sequence: 6)
            #expect(try await send(stage, ["note": "Lần hai"], to: id).json(Receipt.self).number == 2)
            try await stage.deliver(
                CaseCompleted(dossierId: id, outcome: "admitted", finishedAt: stage.time.now), key: id.value,
                sequence: 9)
            #expect(try await send(stage, ["note": "Muộn"], to: id).problem == "supplement-not-asked")
            #expect(try await stage.count("supplements") == 2)
            let nowhere: DossierID = stage.ids.next(at: stage.time.now)
            #expect(try await send(stage, ["note": "Ai?"], to: nowhere).status == .notFound)
        }
    }

    @Test("a repeat under its key is the same supplement; of two at once one is taken")
    func once() async throws {
        try await IntakeStage.run { stage in
            let id = try await asked(stage)
            let key = stage.freshKey()
            let first = try await send(stage, ["note": "Một"], to: id, key: key)
            let second = try await send(stage, ["note": "Một"], to: id, key: key)
            #expect(first.status == .created && first.body == second.body)
            #expect(try await send(stage, ["note": "Hai"], to: id, key: key).problem == "idempotency-key-reused")
            #expect(try await stage.count("supplements") == 1)
            try await ask(stage, id, sequence: 6)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...4 {
                    group.addTask { try await send(stage, ["note": .string("Bản \(number)")], to: id).status.code }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted()
            }
            #expect(statuses == [201, 409, 409, 409])
            #expect(try await stage.count("supplements") == 2)
        }
    }

    @Test("only the applicant supplements, and only while he may enter anything")
    func whoMay() async throws {
        try await IntakeStage.run { stage in
            let id = try await asked(stage)
            for other in [stage.neighbour, stage.officer] {
                let answer = try await send(stage, ["note": "Hộ"], to: id, by: other)
                #expect(answer.status == .forbidden && answer.problem == "not-the-applicant")
            }
            let nobody = try await stage.service.call(
                .post, "/v1/dossiers/\(id)/supplements", key: stage.freshKey(), json: "{}")
            #expect(nobody.status == .unauthorized)
            try await stage.deliver(
                MemberState(
                    memberId: stage.member, fullName: "Nguyễn Văn Mẫu 01", state: .official, cellId: stage.cell,
                    joinedOn: try Day("2015-05-19"),
                    channels: .init(consent: .init(email: false, sms: false, push: false)), account: .locked),
                key: stage.member.value, sequence: 2)
            #expect(try await send(stage, ["note": "Khoá"], to: id).status == .forbidden)
            #expect(try await stage.count("supplements") == 0)
        }
    }

    @Test("what is wrong is said by field, a foreign or used file is refused, and nothing is half done")
    func refused() async throws {
        try await IntakeStage.run { stage in
            let id = try await asked(stage)
            let foreign = try await stage.file(by: stage.neighbour)
            let other: SeenDossier = try await stage.see(stage.submitted().dossierId).json()
            let used = try #require(other.form["selfReviewAttachmentId"]?.string.flatMap(AttachmentID.init))
            let answer = try await send(
                stage, ["reason": 5, "destinationCellId": .string("\(stage.cell)"), "x": 1], files: [foreign, used],
                to: id)
            #expect(answer.status == .unprocessableContent)
            #expect(
                answer.faults == [
                    "form.reason": "wrong-type", "form.destinationCellId": "supplement.address",
                    "form.x": "unknown-field", "attachmentIds[0]": "attachment.unknown",
                    "attachmentIds[1]": "attachment.used",
                ])
            #expect(try await post(stage, "[]", to: id).faults == ["$": "wrong-type"])
            #expect(try await post(stage, "{nonsense", to: id).problem == "malformed-body")
            #expect(
                try await post(stage, "{\"declaredUnclassified\":true}", to: id).faults == ["form": "supplement.empty"])
            #expect(try await stage.see(id).json(Seen.self).status == "awaiting-supplement")
            #expect(try await stage.count("supplements") == 0)
        }
    }
}
