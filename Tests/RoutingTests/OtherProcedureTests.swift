import Contracts
import Foundation
import HTTPTypes
import ServiceTestKit
import Testing

@testable import Messaging
@testable import Routing

@Suite("Dossiers of the other procedures, from their arrival to the request for the result")
struct OtherProcedureTests {
    @Test("a temporary transfer is admitted until its last day and asks for the temporary letter")
    func temporaryTransfer() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.arrive(
                "temporary-transfer",
                [
                    "destinationCellId": .string("\(stage.places.cellB)"), "stayReason": "work",
                    "stayFrom": "2026-12-01", "stayUntil": "2027-05-31", "reason": "Biệt phái",
                ])
            #expect(try await stage.walk(dossier).stage == "awaiting-result")
            #expect(try await stage.last(MemberAdmitted.self, of: dossier).temporaryUntil == Day("2027-05-31"))
            let request = try await stage.last(CaseResultRequested.self, of: dossier)
            #expect(request.documentType == "GGTTT" && request.requestedByOrganizationId == nil)
            #expect(request.content.fields["stayUntil"] == "31/05/2027")
        }
    }

    @Test("an opinion goes from the place of work to the residence and names the body that asked")
    func residenceOpinion() async throws {
        try await RoutingStage.run { stage in
            try await stage.appoint(stage.helper, .committeeSigner, at: stage.places.baseB)
            let dossier = try await stage.arrive(
                "residence-opinion", ["purpose": "annual", "residenceCellIds": [.string("\(stage.places.cellB)")]])
            let officers = try (
                work: stage.officer(stage.places.baseA), residence: stage.officer(stage.places.baseB),
                cell: stage.officer(stage.places.cellB)
            )
            let grades = ["obligations": "good", "conduct": "good", "contact": "fair", "family": "good"]
            let asked = try await stage.act("approve", step: "ask", on: dossier, by: officers.work)
            let received = try await stage.act("approve", step: "receive", on: dossier, by: officers.residence)
            let recorded = try await stage.act(
                "record", step: "record-opinion", on: dossier, by: officers.cell, text: "Gương mẫu", fields: grades)
            let confirmed = try await stage.act("confirm", step: "confirm", on: dossier, by: stage.helper)
            #expect([asked, received, recorded, confirmed].allSatisfy { $0.status == .ok })
            let request = try await stage.last(CaseResultRequested.self, of: dossier)
            #expect(request.documentType == "YKNX" && request.requestedByOrganizationId == stage.places.baseA)
            #expect(request.issuingOrganizationId == stage.places.baseB)
            #expect(request.content.fields["purpose"] == "Đánh giá, xếp loại hằng năm")
            #expect(request.content.boxes.first?.text.contains("Gương mẫu") == true)
        }
    }

    @Test("an objection to dues is examined by the office and decided by the committee")
    func duesObjection() async throws {
        try await RoutingStage.run { stage in
            let signer: MemberID = stage.ids.next(at: stage.time.now)
            try await stage.tell(signer, "Lê Văn Mẫu 03", cell: stage.places.cellB)
            try await stage.appoint(stage.helper, .officeOfficer, at: stage.places.baseA)
            try await stage.appoint(signer, .committeeSigner, at: stage.places.baseA)
            let dossier = try await stage.arrive(
                "dues-objection", ["duesMonth": "2026-10", "reason": "Nghỉ không lương"])
            let proposed = try await stage.act(
                "propose", step: "examine", on: dossier, by: stage.helper, text: "Đề nghị chấp nhận")
            let accepted = try await stage.act("accept", step: "decide", on: dossier, by: signer)
            #expect([proposed, accepted].allSatisfy { $0.status == .ok })
            let request = try await stage.last(CaseResultRequested.self, of: dossier)
            #expect(request.documentType == "TB" && request.issuingOrganizationId == stage.places.baseA)
            #expect(request.content.fields["duesMonth"] == "10/2026")
            #expect(request.content.fields["reason"] == "Nghỉ không lương")
        }
    }
}
