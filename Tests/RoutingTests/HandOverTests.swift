import Contracts
import HTTPTypes
import ServiceKit
import ServiceTestKit
import Testing

@testable import Routing
@testable import RoutingDomain

@Suite("The hand-over of offices over HTTP, on PostgreSQL")
struct HandOverTests {
    private struct Seen: Decodable {
        struct Office: Decodable, Equatable {
            let organization: SeenCase.Place
            let role: RoleName
            let isSole: Bool
            let openTurns: Int
        }
        struct HandOver: Decodable {
            let offices: [Office]
            let byMemberId: MemberID?
        }
        let handOver: HandOver?
    }

    private func see(_ dossier: DossierID, by member: MemberID, _ stage: RoutingStage) async throws -> Seen {
        try await stage.service.call(.get, "/v1/cases/\(dossier)", token: stage.service.token(member: member)).json()
    }

    @Test("what the member holds is listed with what waits there, handed over, and told with the letter")
    func offices() async throws {
        try await RoutingStage.run { stage in
            let places = stage.places
            let sister: OrganizationID = stage.ids.next(at: stage.time.now)
            try await stage.deliver(
                OrganizationState(
                    organizationId: sister, code: try OrganizationCode("A35.19"), name: "Chi bộ A2",
                    type: .subordinateCell, parentId: places.baseA, status: .active, residential: true,
                    duesRegion: .two, hasSeal: false, bankAccounts: []), key: sister.value)
            // One off the way that nobody else holds, one on it that somebody else holds too, and three that go on or are
            // none.
            try await stage.appoint(stage.member, .cellSecretary, at: sister)
            try await stage.appoint(stage.member, .organisationOfficer, at: places.baseA)
            try await stage.appoint(stage.member, .inspector, at: places.province)
            try await stage.appoint(stage.member, .inspector, at: places.baseB)
            try await stage.appoint(stage.member, .member, at: places.cellA)
            let neighbour: MemberID = stage.ids.next(at: stage.time.now)
            try await stage.tell(neighbour, "Trần Thị Mẫu 05", cell: sister)
            let waiting = try stage.dossier(to: places.cellB, of: neighbour)
            try await stage.deliver(waiting, key: waiting.dossierId.value)

            let dossier = try await stage.submitted()
            let secretary = try stage.officer(places.cellA)
            let listed = try #require(try await see(dossier, by: secretary, stage).handOver)
            #expect(listed.byMemberId == nil && listed.offices.count == 2)
            #expect(
                listed.offices.contains(
                    .init(
                        organization: .init(id: sister, name: "Chi bộ A2"), role: .cellSecretary, isSole: true,
                        openTurns: 1)))
            #expect(
                listed.offices.contains(
                    .init(
                        organization: .init(id: places.baseA, name: "Đảng bộ cơ sở A"), role: .organisationOfficer,
                        isSole: false, openTurns: 0)))

            let early = try await stage.act("approve", step: "introduce", on: dossier, by: secretary)
            #expect(early.status == .conflict && early.problem == "offices-not-handed-over", "\(early.text)")
            let unclear = try await stage.act(
                "approve", step: "introduce", on: dossier, by: secretary, fields: ["officesHandedOver": "1"])
            #expect(unclear.faults == ["fields.officesHandedOver": "confirmation.form"])
            let done = try await stage.act(
                "approve", step: "introduce", on: dossier, by: secretary, fields: ["officesHandedOver": "true"])
            #expect(done.status == .ok, "\(done.text)")
            let told = try await stage.last(CaseLetterIssued.self, of: dossier).offices ?? []
            #expect(
                Set(told) == [
                    .init(organizationId: sister, role: .cellSecretary),
                    .init(organizationId: places.baseA, role: .organisationOfficer),
                ])
            let kept = try #require(try await see(dossier, by: secretary, stage).handOver)
            #expect(kept.byMemberId == secretary && kept.offices == listed.offices)
        }
    }

    @Test("who holds nothing has no list, and his letter is issued at once")
    func nothing() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let secretary = try stage.officer(stage.places.cellA)
            #expect(try await see(dossier, by: secretary, stage).handOver == nil)
            let done = try await stage.act("approve", step: "introduce", on: dossier, by: secretary)
            #expect(done.status == .ok)
            #expect(try await stage.last(CaseLetterIssued.self, of: dossier).offices == nil)
        }
    }
}
