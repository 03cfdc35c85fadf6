import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Messaging
@testable import Routing

@Suite("An official transfer over HTTP, on PostgreSQL")
struct TransferOverHTTPTests {
    @Test("officers act in turn from cell to cell; the result completes the case")
    func wholeWalk() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            #expect(try await stage.events(of: dossier) == ["opened", "step-entered"])
            let admitted = try await stage.walk(dossier)
            #expect(admitted.stage == "awaiting-result")
            #expect(admitted.boxes.map(\.number) == Array(1...6))
            let hops = Array(repeating: ["step-completed", "step-entered"], count: 5).flatMap(\.self)
            #expect(
                try await stage.events(of: dossier)
                    == ["opened", "step-entered", "step-completed", "letter-issued", "step-entered"] + hops
                    + ["step-completed", "member-admitted", "result-requested"])
            let request = try await stage.last(CaseResultRequested.self, of: dossier)
            #expect(request.content.boxes.count == 6)
            #expect(request.content.fields["memberName"] == "Nguyễn Văn Mẫu 01")
            let admission = try await stage.last(MemberAdmitted.self, of: dossier)
            #expect(admission.fromCellId == stage.places.cellA && admission.toCellId == stage.places.cellB)

            try await stage.issue(request)
            let done = try await stage.see(dossier, by: stage.member)
            #expect(done.stage == "completed" && done.outcome == "admitted")
            try await stage.issue(request)
            #expect(try await stage.see(dossier, by: stage.member) == done)
            #expect(try await stage.events(of: dossier).last == "completed")
            #expect(try await stage.count("case_history") == done.version)
        }
    }

    @Test("the wrong officer is refused, and nothing changes")
    func wrongOfficer() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let before = try await stage.events(of: dossier)
            for other in [stage.places.baseA, stage.places.cellB, stage.places.province] {
                let answer = try await stage.act(
                    "approve", step: "introduce", on: dossier, by: try stage.officer(other))
                #expect(answer.status == .forbidden)
                #expect(answer.problem == "no-role-here")
            }
            #expect(
                try await stage.act("approve", step: "introduce", on: dossier, by: stage.helper).status == .forbidden)
            #expect(try await stage.events(of: dossier) == before)
        }
    }

    @Test("nobody decides in his own matter; whoever entered the dossier does not approve it")
    func ownMatter() async throws {
        try await RoutingStage.run { stage in
            let secretary = try stage.officer(stage.places.cellA)
            let own = try stage.dossier(to: stage.places.cellB, of: secretary)
            try await stage.deliver(own, key: own.dossierId.value)
            let answer = try await stage.act("approve", step: "introduce", on: own.dossierId, by: secretary)
            #expect(answer.status == .forbidden)
            #expect(answer.problem == "own-matter")
            let superior = try stage.officer(stage.places.baseA)
            // He leads the cell: that is handed over first.
            let handedOver = ["officesHandedOver": "true"]
            let approved = try await stage.act(
                "approve", step: "introduce", on: own.dossierId, by: superior, fields: handedOver)
            #expect(approved.status == .ok, "\(approved.text)")

            let entered = try await stage.submitted(enteredBy: secretary)
            let other = try await stage.act("approve", step: "introduce", on: entered, by: secretary)
            #expect(other.status == .forbidden)
            #expect(other.problem == "entered-dossier")
        }
    }

    @Test("of actions at the same time one wins, the others find the turn gone and hear what happened")
    func concurrent() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let seen = try await stage.walk(dossier, until: stage.places.baseA)
            let second: MemberID = stage.ids.next(at: stage.time.now)
            try await stage.tell(second, "Cán bộ Mẫu 99", cell: stage.places.cellA)
            try await stage.appoint(second, .organisationOfficer, at: stage.places.baseA)
            let officers = [try stage.officer(stage.places.baseA), second]
            let answers = try await withThrowingTaskGroup(of: (Int, String?).self) { group in
                for attempt in 0..<6 {
                    group.addTask {
                        let answer = try await stage.act(
                            "approve", step: "onward-introduction", on: dossier, by: officers[attempt % 2],
                            turn: seen.turn?.number, version: seen.version)
                        if answer.status == .conflict {
                            #expect(answer.text.contains("case.step-completed") && answer.text.contains("approve"))
                        }
                        return (answer.status.code, answer.problem)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.0 == 200 } == 1)
            #expect(answers.count { $0.0 == 409 && $0.1 == "turn-passed" } == 5)
            let after = try await stage.see(dossier, by: stage.member)
            #expect(after.boxes.count == 2)
            #expect(after.turn?.organization.id == stage.places.communeA)
        }
    }

    @Test("the same key again gives the same answer and no second effect; the key for another action is refused")
    func idempotency() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let secretary = try stage.officer(stage.places.cellA)
            func approve() async throws -> TestAnswer {
                try await stage.act(
                    "approve", step: "introduce", on: dossier, by: secretary, turn: 1, version: 2,
                    key: "one-key-for-one-action")
            }
            let first = try await approve()
            let again = try await approve()
            #expect(first.status == .ok)
            #expect(again.status == .ok && again.body == first.body)
            #expect(again.headers[.idempotencyReplayed] == "true")
            #expect(try await stage.see(dossier, by: stage.member).boxes.count == 1)
            let other = try await stage.act(
                "refuse", step: "introduce", on: dossier, by: secretary, key: "one-key-for-one-action")
            #expect(other.status.kind == .clientError && other.status != .ok)
            let missing = try await stage.service.call(
                .post, "/v1/cases/\(dossier)/actions", token: stage.service.token(member: secretary), json: "{}")
            #expect(missing.status == .badRequest)
        }
    }

    @Test("a stale copy of the roles refuses decisions and looks for now, and says when to come back")
    func stale() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let secretary = try stage.officer(stage.places.cellA)
            stage.time.advance(by: 61)
            let answer = try await stage.act("approve", step: "introduce", on: dossier, by: secretary)
            #expect(answer.status == .serviceUnavailable)
            #expect(answer.problem == "projection-stale")
            #expect(answer.headers[.retryAfter] != nil)
            for path in ["/v1/cases/\(dossier)", "/v1/cases/\(dossier)/history", "/v1/work-list"] {
                let look = try await stage.service.call(.get, path, token: stage.service.token(member: secretary))
                #expect(look.problem == "projection-stale", "\(path)")
            }
            let own = try await stage.service.call(
                .get, "/v1/cases/\(dossier)", token: stage.service.token(member: stage.member))
            #expect(own.status == .ok, "the applicant needs no role")
            stage.service.kit.projectionAges.note("routing.directory", levelAt: stage.time.now)
            #expect(try await stage.act("approve", step: "introduce", on: dossier, by: secretary).status == .ok)
        }
    }

    @Test("bad input names the field and the rule")
    func badInput() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let secretary = try stage.officer(stage.places.cellA)
            func act(_ action: String, text: String? = nil, fields: [String: String] = [:]) async throws -> [String:
                String]
            {
                let answer = try await stage.act(
                    action, step: "introduce", on: dossier, by: secretary, text: text, fields: fields)
                #expect(answer.status == .unprocessableContent)
                return answer.faults
            }
            #expect(try await act("admit") == ["action": "action.unknown"])
            #expect(try await act("refuse") == ["text": "text.required"])
            #expect(try await act("approve", fields: ["x": "1"]) == ["fields.x": "field.unknown"])
            #expect(
                try await act("approve", fields: ["duesPaidThrough": "May"])
                    == ["fields.duesPaidThrough": "dues-month.form"])
            let token = try await stage.service.token(member: secretary)
            let wrong = try await stage.service.call(
                .post, "/v1/cases/\(dossier)/actions", token: token, key: "key-of-a-bad-request-1",
                json: #"{"action": 1, "step": "x"}"#)
            #expect(wrong.faults == ["action": "wrong-type"])
            let nowhere = try await stage.service.call(
                .post, "/v1/cases/x/actions", token: token, key: "key-of-a-bad-request-2",
                json: #"{"action": "a", "step": "x"}"#)
            #expect(nowhere.status == .notFound)
            let low = try await stage.service.call(
                .get, "/v1/work-list", token: stage.service.token(member: secretary, level: 1))
            #expect(low.status == .forbidden || low.status == .unauthorized)
            #expect(try await stage.service.call(.get, "/v1/work-list").status == .unauthorized)
        }
    }

    @Test("a returned case is re-addressed by the common superior; earlier boxes stand")
    func readdressed() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            try await stage.walk(dossier, until: stage.places.cellB)
            let cell = try stage.officer(stage.places.cellB)
            let back = try await stage.act("return", step: "admit", on: dossier, by: cell, text: "Sai địa chỉ")
            #expect(back.status == .ok)
            let province = try stage.officer(stage.places.province)
            let sent = try await stage.act(
                "readdress", step: "readdress", on: dossier, by: province,
                fields: ["destinationCellId": "\(stage.places.baseCellB)"])
            #expect(sent.status == .ok)
            let end = try await stage.walk(dossier)
            #expect(end.boxes.map(\.number) == Array(1...8))
            #expect(try await stage.last(MemberAdmitted.self, of: dossier).toCellId == stage.places.baseCellB)
        }
    }
}

extension RoutingStage {
    /// Signing answers a request.
    func issue(_ request: CaseResultRequested) async throws {
        let id: ResultID = ids.next(at: time.now)
        try await deliver(
            ResultIssued(
                dossierId: request.dossierId, resultId: id,
                resultCode: try ResultCode("KQ.A35.11.GGT.1-GGT/A35"),
                storeKey: try ResultStoreKey("\(request.dossierCode.text)-KQ(1)"),
                documentType: request.documentType, version: request.version, number: "1-GGT/A35",
                issuingOrganizationId: request.issuingOrganizationId, signedAt: time.now,
                sha256: try ContentDigest(String(repeating: "0", count: 64)), size: 1_000,
                verificationId: try VerificationID("7K3M-9QXA-2BTD-0H5B"), signerClass: .development, level: .basic),
            key: request.dossierId.value)
    }
}
