import Contracts
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Intake

@Suite("Submitting dossiers")
struct SubmissionTests {
    @Test("a complete dossier is acknowledged with code, official time and deadline, and told to the others")
    func acknowledged() async throws {
        try await IntakeStage.run { stage in
            let answer = try await stage.submit(stage.body())
            #expect(answer.status == .created)
            let given: Acknowledged = try answer.json()
            #expect(given.code.text == "A35.12.08-261120-0001")
            #expect(given.status == "received")
            #expect(given.receivedAt == stage.time.now)
            #expect(given.deadline.at == RFC3339.moment(of: "2026-11-23T10:00:00+07:00"))
            #expect(answer.headers[.location] == "/v1/dossiers/\(given.dossierId)")
            let row = try await stage.pool.queryOne("SELECT type, key, version, data FROM outbox")
            #expect(try row.get("type", as: String.self) == DossierSubmitted.type)
            #expect(try row.get("key", as: DossierID.self) == given.dossierId)
            let told: DossierSubmitted = try ContractsJSON.decode(from: row.get("data", as: [UInt8].self))
            #expect(told.code == given.code && told.receivingOrganizationId == stage.commune)
            #expect(told.form["destinationCellId"]?.string == "\(stage.otherCell)")
            #expect(told.attachments.map(\.name) == ["bản.pdf", "bản.pdf"])
            #expect(told.applicantMemberId == stage.member && told.procedureVersion == 1)
        }
    }

    @Test("the same request again is the same dossier; with another body it is refused")
    func repeated() async throws {
        try await IntakeStage.run { stage in
            let body = try await stage.body()
            let key = stage.freshKey()
            let first = try await stage.submit(body, key: key)
            let second = try await stage.submit(body, key: key)
            #expect(first.body == second.body)
            #expect(try await stage.count("dossiers") == 1)
            #expect(try await stage.count("outbox") == 1)
            let other = try await stage.submit(stage.body(), key: key)
            #expect(other.problem == "idempotency-key-reused")
        }
    }

    @Test("many at once get numbers without gaps, and a refused one takes none")
    func numbers() async throws {
        try await IntakeStage.run { stage in
            var bodies: [String] = []
            for _ in 0..<8 { bodies.append(try await stage.body()) }
            #expect(try await stage.submit(stage.body(form: ["reason": nil])).status == .unprocessableContent)
            let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
                for body in bodies {
                    group.addTask { try await stage.submit(body).json(Acknowledged.self).code.number }
                }
                return try await group.reduce(into: []) { $0.append($1) }.sorted()
            }
            #expect(numbers == Array(1...8))
            stage.time.advance(by: 3 * 86_400)
            #expect(try await stage.submitted().code.text == "A35.12.08-261123-0001")
        }
    }

    @Test("everything wrong is said at once, and nothing is half done")
    func incomplete() async throws {
        try await IntakeStage.run { stage in
            let unknown: OrganizationID = stage.ids.next(at: stage.time.now)
            let foreign = try await stage.file(by: stage.neighbour)
            let answer = try await stage.submit(
                stage.body(form: [
                    "destinationCellId": .string("\(unknown)"), "reason": 5, "decisionDate": nil,
                    "selfReviewAttachmentId": .string("\(foreign)"),
                ]))
            #expect(answer.status == .unprocessableContent && answer.problem == "invalid-fields")
            #expect(
                answer.faults == [
                    "form.destinationCellId": "organization.unknown", "form.reason": "wrong-type",
                    "form.decisionDate": "missing", "form.selfReviewAttachmentId": "attachment.unknown",
                ])
            for table in ["dossiers", "dossier_counters", "timeline", "outbox"] {
                #expect(try await stage.count(table) == 0)
            }
        }
    }

    @Test("a body that is no JSON says where it breaks; one that is not JSON by its type is another problem")
    func malformed() async throws {
        try await IntakeStage.run { stage in
            let broken = try await stage.submit("{\"procedure\": \"official-transfer\",\n  nonsense}")
            #expect(broken.status == .badRequest && broken.problem == "malformed-body")
            let text = try await stage.service.call(
                .post, "/v1/dossiers", token: stage.service.token(member: stage.member), key: stage.freshKey(),
                headers: [.contentType: "text/plain"], body: Array("x".utf8))
            #expect(text.problem == "unsupported-media-type")
            #expect(try await stage.submit("[]").faults == ["$": "wrong-type"])
            #expect(try await stage.count("dossiers") == 0)
        }
    }

    @Test("a file goes into one dossier only")
    func usedFile() async throws {
        try await IntakeStage.run { stage in
            let body = try await stage.body()
            #expect(try await stage.submit(body).status == .created)
            #expect(
                try await stage.submit(body).faults == [
                    "form.selfReviewAttachmentId": "attachment.used", "form.decisionAttachmentId": "attachment.used",
                ])
            #expect(try await stage.count("dossiers") == 1)
        }
    }

    @Test("nobody submits without a sign-in of level 2, a known membership, and one that goes on")
    func whoMay() async throws {
        try await IntakeStage.run { stage in
            let body = try await stage.body()
            let nobody = try await stage.service.call(.post, "/v1/dossiers", key: stage.freshKey(), json: body)
            #expect(nobody.status == .unauthorized)
            let low = try await stage.service.call(
                .post, "/v1/dossiers", token: stage.service.token(member: stage.member, level: 1),
                key: stage.freshKey(), json: body)
            #expect(low.status == .forbidden)
            let operators = try await stage.service.call(
                .post, "/v1/dossiers", token: stage.service.operatorToken(), key: stage.freshKey(), json: body)
            #expect(operators.status == .forbidden)
            let stranger: MemberID = stage.ids.next(at: stage.time.now)
            #expect(try await stage.submit(body, by: stranger).problem == "member-unknown")
            let former: MemberID = stage.ids.next(at: stage.time.now)
            try await stage.tell(former, "Phạm Văn Mẫu 09", in: stage.cell, state: .resigned)
            #expect(try await stage.submit(body, by: former).problem == "membership-ended")
            #expect(try await stage.count("dossiers") == 0)
        }
    }
}
