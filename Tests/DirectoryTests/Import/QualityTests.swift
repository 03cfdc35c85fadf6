import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Figures of data quality")
struct QualityTests {
    private struct Figures: Decodable {
        var code: String
        var members: Int
        var membersInSource: Int
        var membersComplete: Int
        var membersConsistent: Int
        var differencesOpen: Int
        var cells: Int
        var cellsWithSecretary: Int
        var committees: Int
        var committeesWithSigner: Int
    }

    @Test("an organisation and each below it: members, how many are complete and without difference, who is in office")
    func figures() async throws {
        try await withImports { scene in
            let secretary = try await scene.known("S1", "Nguyễn Văn Mẫu 01")
            _ = try await scene.scene.role(.cellSecretary, of: secretary, at: scene.tree.a.cell)
            _ = try await scene.scene.member(
                "Nguyễn Văn Mẫu 02", in: scene.tree.b.cell,
                more: #","personalId":"901090000017","sex":"male","birthDate":"1990-03-04","recordNumber":"LL1""#)
            _ = try await scene.take([
                .init(sourceId: "S1", fullName: "Nguyễn Văn Mẫu Một", cardNumber: "T1"),
                .init(sourceId: "S3", fullName: "Nguyễn Văn Mẫu 03", cellCode: "A35.12.01.01"),
            ])
            struct Answer: Decodable { var items: [Figures] }
            let items = try await scene.scene.service.call(
                .get, "/v1/organizations/\(scene.tree.province)/quality", token: scene.scene.operating
            ).json(Answer.self).items
            #expect(items.map(\.code) == ["A35", "A35.11", "A35.12"])
            #expect(items.map(\.members) == [2, 1, 1] && items.map(\.membersInSource) == [1, 1, 0])
            #expect(items.map(\.membersComplete) == [1, 0, 1] && items.map(\.membersConsistent) == [1, 0, 1])
            #expect(items.map(\.differencesOpen) == [3, 2, 1])
            #expect(items.map(\.cells) == [2, 1, 1] && items.map(\.cellsWithSecretary) == [1, 1, 0])
            #expect(items.map(\.committees) == [5, 2, 2] && items.map(\.committeesWithSigner) == [0, 0, 0])
            let far = try await scene.token(.organisationOfficer, at: scene.tree.b.commune)
            let refused = try await scene.scene.service.call(
                .get, "/v1/organizations/\(scene.tree.a.commune)/quality", token: far)
            #expect(refused.status == .forbidden)
        }
    }
}
