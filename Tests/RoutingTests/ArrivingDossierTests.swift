import Contracts
import HTTPTypes
import ServiceTestKit
import Testing

@testable import Messaging
@testable import Routing

@Suite("Dossiers as they arrive from Intake")
struct ArrivingDossierTests {
    @Test("a dossier waits for the member, the destination and the definition that are not known yet")
    func waits() async throws {
        try await RoutingStage.run { stage in
            func waitingFor(_ dossier: DossierSubmitted) async throws -> String? {
                do {
                    try await stage.deliver(dossier, key: dossier.dossierId.value)
                    return nil
                } catch let notYet as NotYet {
                    return notYet.waitingFor
                }
            }
            let stranger: MemberID = stage.ids.next(at: stage.time.now)
            #expect(
                try await waitingFor(stage.dossier(to: stage.places.cellB, of: stranger)) == "member:\(stranger)")
            let nowhere: OrganizationID = stage.ids.next(at: stage.time.now)
            #expect(try await waitingFor(stage.dossier(to: nowhere)) == "organization:\(nowhere)")
            #expect(
                try await waitingFor(stage.dossier(to: stage.places.cellB, version: 2))
                    == "procedure:official-transfer@2")
            #expect(try await stage.count("cases") == 0)
            let dossier = try stage.dossier(to: stage.places.cellB, of: stranger)
            try await stage.tell(stranger, "Lê Văn Mẫu 03", cell: stage.places.cellA)
            #expect(try await waitingFor(dossier) == nil)
            #expect(try await stage.count("cases") == 1)
        }
    }

    @Test("the same dossier under a new event id opens no second case")
    func twice() async throws {
        try await RoutingStage.run { stage in
            let dossier = try stage.dossier(to: stage.places.cellB)
            for _ in 0..<3 { try await stage.deliver(dossier, key: dossier.dossierId.value) }
            #expect(try await stage.events(of: dossier.dossierId) == ["opened", "step-entered"])
        }
    }

    @Test("a dossier of a procedure that is not published here waits for its definition")
    func otherProcedure() async throws {
        try await RoutingStage.run { stage in
            let dossier = try stage.dossier(to: nil, procedure: .dues)
            let waits = await #expect(throws: NotYet.self) {
                try await stage.deliver(dossier, key: dossier.dossierId.value)
            }
            #expect(waits?.waitingFor == "procedure:dues@\(dossier.procedureVersion)")
            #expect(try await stage.count("cases") == 0)
        }
    }

    @Test("a dossier without a usable destination waits with the receiving body, and a person is told")
    func unroutable() async throws {
        try await RoutingStage.run { stage in
            let dossier = try stage.dossier(to: nil)
            try await stage.deliver(dossier, key: dossier.dossierId.value)
            #expect(try await stage.events(of: dossier.dossierId) == ["opened", "step-entered", "unroutable"])
            let told = try await stage.last(CaseUnroutable.self, of: dossier.dossierId)
            #expect(told.reason == "destination-missing")
            #expect(told.organizationId == stage.places.communeA)
            let officer = try stage.officer(stage.places.communeA)
            let answer = try await stage.act(
                "readdress", step: "readdress", on: dossier.dossierId, by: officer,
                fields: ["destinationCellId": "\(stage.places.cellB)"])
            #expect(answer.status == .ok)
            #expect(try await stage.walk(dossier.dossierId).stage == "awaiting-result")
        }
    }

    @Test("a dossier taken back ends its case; after the end nobody can act")
    func withdrawn() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            try await stage.deliver(
                DossierWithdrawn(dossierId: dossier, withdrawnAt: stage.time.now, byMemberId: stage.member),
                key: dossier.value, sequence: 2)
            #expect(try await stage.see(dossier, by: stage.member).stage == "withdrawn")
            let late = try await stage.act(
                "approve", step: "introduce", on: dossier, by: stage.officer(stage.places.cellA))
            #expect(late.status == .conflict)
            #expect(late.problem == "not-running")
        }
    }
}
