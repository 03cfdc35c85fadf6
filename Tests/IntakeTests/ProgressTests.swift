import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Intake
@testable import Messaging

@Suite("The applicant's view of a dossier")
struct ProgressTests {
    private func issued(_ given: Acknowledged, by issuer: OrganizationID, _ stage: IntakeStage) throws -> ResultIssued {
        ResultIssued(
            dossierId: given.dossierId, resultId: stage.ids.next(at: stage.time.now),
            resultCode: try ResultCode("KQ.A35.12.08.GGT.1-GGT/ĐU"),
            storeKey: try ResultStoreKey(dossier: given.code, number: 1), documentType: "GGT", version: 1,
            number: "1-GGT/ĐU", issuingOrganizationId: issuer, signedAt: stage.time.now,
            sha256: try ContentDigest(String(repeating: "a", count: 64)), size: 10, verificationId: .make(),
            signerClass: .development, level: .basic)
    }

    @Test("the status follows what Routing and Signing tell, in whatever order, once")
    func follows() async throws {
        try await IntakeStage.run { stage in
            let given = try await stage.submitted()
            let key = given.dossierId.value
            let due = Deadline(at: stage.time.now, calendarVersion: "test", provisional: false)
            let entered = CaseStepEntered(
                dossierId: given.dossierId, step: "introduce", box: 1, organizationId: stage.cell,
                role: .cellSecretary, enteredAt: stage.time.now, due: due)
            try await stage.deliver(entered, key: key, sequence: 2)
            var seen: SeenDossier = try await stage.see(given.dossierId).json()
            #expect(seen.status == "in-progress")
            #expect(seen.currentStep?.organization.name == "Chi bộ Mẫu 1")
            // The result is heard of before the request for it.
            let result = try issued(given, by: stage.commune, stage)
            try await stage.deliver(result, key: key)
            let request = CaseResultRequested(
                dossierId: given.dossierId, dossierCode: given.code, documentType: "GGT", version: 1,
                memberId: stage.member, issuingOrganizationId: stage.commune, requestedAt: stage.time.now,
                content: .init(title: "Giấy giới thiệu", boxes: [], fields: [:]))
            for _ in 0..<2 { try await stage.deliver(request, key: key, sequence: 3) }
            seen = try await stage.see(given.dossierId).json()
            #expect(seen.status == "result-issued")
            #expect(seen.currentStep == nil)
            #expect(seen.results.map(\.resultCode) == ["KQ.A35.12.08.GGT.1-GGT/ĐU"])
            #expect(
                seen.results.first?.links.document == "http://127.0.0.1:8104/v1/results/\(result.resultId)/document")
            #expect(
                seen.timeline.map(\.event).sorted()
                    == [
                        DossierSubmitted.type, CaseStepEntered.type, ResultIssued.type, CaseResultRequested.type,
                    ].sorted())
            try await stage.deliver(
                CaseCompleted(dossierId: given.dossierId, outcome: "admitted", finishedAt: stage.time.now), key: key,
                sequence: 4)
            let row = try await stage.pool.queryOne("SELECT status, finished_at FROM dossiers")
            #expect(try row.get("status", as: String.self) == "completed")
            #expect(try row.get("finished_at", as: Date?.self) == stage.time.now)
        }
    }

    @Test("news of a dossier that was never submitted is a fault of the message")
    func unknown() async throws {
        try await IntakeStage.run { stage in
            let id: DossierID = stage.ids.next(at: stage.time.now)
            await #expect(throws: Unprocessable.self) {
                try await stage.deliver(
                    CaseCompleted(dossierId: id, outcome: "admitted", finishedAt: stage.time.now), key: id.value)
            }
        }
    }

    @Test("a case that a campaign opened has no dossier here, and what is told of it is no fault")
    func campaign() async throws {
        try await IntakeStage.run { stage in
            func opened(_ campaign: CampaignID?) throws -> CaseOpened {
                CaseOpened(
                    dossierId: stage.ids.next(at: stage.time.now), code: try DossierCode("A35.12-261120-900000001"),
                    procedure: .residenceOpinion, procedureVersion: 1, memberId: stage.ids.next(at: stage.time.now),
                    organizationId: stage.ids.next(at: stage.time.now), openedAt: stage.time.now, campaignId: campaign)
            }
            let asked = try opened(stage.ids.next(at: stage.time.now))
            let done = CaseCompleted(
                dossierId: asked.dossierId, outcome: "opinion-given", finishedAt: stage.time.now)
            try await stage.deliver(asked, key: asked.dossierId.value)
            try await stage.deliver(done, key: asked.dossierId.value, sequence: 2)
            #expect(try await stage.count("timeline") == 0)
            let strange = try opened(nil)
            await #expect(throws: Unprocessable.self) {
                try await stage.deliver(strange, key: strange.dossierId.value)
            }
        }
    }

    @Test("the applicant and officers on the way see it, others do not; officers' looks leave a trace")
    func whoSees() async throws {
        try await IntakeStage.run { stage in
            let given = try await stage.submitted()
            let own = try await stage.see(given.dossierId)
            #expect(own.status == .ok)
            let seen: SeenDossier = try own.json()
            #expect(seen.receivingOrganization.name == "Đảng bộ xã Mẫu A")
            #expect(seen.attachments.count == 2)
            #expect(try await stage.see(given.dossierId, by: stage.neighbour).status == .forbidden)
            let before = try await stage.count("audit")
            #expect(try await stage.see(given.dossierId, by: stage.officer).status == .ok)
            #expect(try await stage.count("audit") == before + 1)
            #expect(try await stage.see(stage.ids.next(at: stage.time.now)).status == .notFound)
        }
    }

    @Test("a member's dossiers come in pages, the newest first, each once")
    func pages() async throws {
        struct List: Decodable {
            struct Item: Decodable { let dossierId: DossierID }
            let items: [Item]
            let next: DossierID?
        }
        try await IntakeStage.run { stage in
            var all: [DossierID] = []
            for _ in 0..<5 {
                stage.time.advance(by: 1)
                all.append(try await stage.submitted().dossierId)
            }
            func page(_ query: String, by member: MemberID) async throws -> TestAnswer {
                try await stage.service.call(
                    .get, "/v1/dossiers\(query)", token: stage.service.token(member: member))
            }
            var found: [DossierID] = []
            var next: DossierID?
            repeat {
                let mark = next.map { "&after=\($0)" } ?? ""
                let list: List = try await page("?limit=2\(mark)", by: stage.member).json()
                #expect(list.items.count <= 2)
                found += list.items.map(\.dossierId)
                next = list.next
            } while next != nil
            #expect(found == all.reversed())
            #expect(try await page("", by: stage.neighbour).json(List.self).items.isEmpty)
            #expect(try await page("?limit=0", by: stage.member).faults == ["limit": "parameter.form"])
            #expect(try await page("?after=x", by: stage.member).faults == ["after": "parameter.form"])
        }
    }

    @Test("what is published is public, and a broken file of the catalogue is named")
    func catalogue() async throws {
        try await IntakeStage.run { stage in
            let list = try await stage.service.call(.get, "/v1/procedures")
            #expect(list.status == .ok && list.text.contains("official-transfer.01"))
            #expect(try await stage.service.call(.get, "/v1/procedures/official-transfer").status == .ok)
            #expect(try await stage.service.call(.get, "/v1/procedures/nothing").status == .notFound)
        }
        var catalogue = try CatalogueReader.read(directory: nil)
        let fault = #expect(throws: CatalogueFault.self) {
            try CatalogueReader.add("procedure: official-transfer\nversion: x", file: "broken.yaml", to: &catalogue)
        }
        #expect(fault?.description.hasPrefix("broken.yaml: ") == true)
    }

    @Test("with an old copy of the roles officers read nothing; members read their own")
    func staleRoles() async throws {
        try await IntakeStage.run { stage in
            let given = try await stage.submitted()
            #expect(try await stage.see(given.dossierId, by: stage.officer).status == .ok)
            stage.time.advance(by: 61)
            let stale = try await stage.see(given.dossierId, by: stage.officer)
            #expect(stale.status == .serviceUnavailable && stale.problem == "projection-stale")
            #expect(try await stage.see(given.dossierId).status == .ok)
            stage.noteRoles()
            #expect(try await stage.see(given.dossierId, by: stage.officer).status == .ok)
        }
    }
}
