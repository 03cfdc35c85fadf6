import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import TestSeed
import Testing

@testable import Dues

@Suite("Histories of remittances")
struct RemittanceHistoryTests {
    @Test("whatever is paid, given back, merged, acknowledged late or never: no đồng is lost at any level")
    func addsUp() async throws {
        try await DuesScene.run(["dues.remittance.chunk": "2"]) { scene in
            var numbers = SeededGenerator(seed: SeededGenerator.seed)
            var cells = [scene.cell, scene.otherCell]
            for index in 0..<6 {
                let cell: OrganizationID = scene.kit.ids.next(at: scene.kit.time.now)
                let parent = [scene.base, scene.commune].randomElement(using: &numbers) ?? scene.base
                try await scene.keep(
                    scene.organization(
                        cell, "A35.12.9\(index)", parent == scene.base ? .subordinateCell : .baseCell, under: parent))
                cells.append(cell)
            }
            var officers: [OrganizationID: MemberID] = [:]
            for superior in [scene.base, scene.commune, scene.province] {
                officers[superior] = try await scene.treasurer(of: superior)
            }
            var collected: Int64 = 0
            for month in 1...5 {
                for _ in 0..<Int.random(in: 0...12, using: &numbers) {
                    let cell = cells.randomElement(using: &numbers) ?? scene.cell
                    let amount = Int64.random(in: 1...99_999, using: &numbers)
                    let isBack = Int.random(in: 0..<4, using: &numbers) == 0
                    collected += isBack ? -amount : amount
                    try await scene.post(
                        debit: isBack ? .memberReceivable : .gatewayClearing,
                        credit: isBack ? .refunds : .memberReceivable, of: cell, amount, at: scene.kit.time.now)
                }
                if month == 3, let gone = cells.popLast(), let heir = cells.first {
                    try await scene.keep(
                        OrganizationState(
                            organizationId: gone, code: try OrganizationCode("A35.12.99"), name: "Chi bộ mẫu",
                            type: .subordinateCell, parentId: scene.base, status: .merged, mergedIntoId: heir,
                            residential: true, duesRegion: .one, hasSeal: false, bankAccounts: []))
                }
                let next = DuesMonth(containing: scene.kit.time.now).next
                for day in [5, 10, 15, 20, 25] {
                    try await scene.close(on: next.firstDay.adding(days: day - 1).text)
                    let due: [(id: RemittanceID, superior: OrganizationID)] = try await scene.pool.query(
                        "SELECT remittance_id AS id, superior_id FROM remittances WHERE state = 'due' ORDER BY 1"
                    ).map { (try $0.get("id"), try $0.get("superior_id")) }
                    for (id, superior) in due where Bool.random(using: &numbers) {
                        let officer = try #require(officers[superior])
                        let answer = try await scene.service.call(
                            .post, "/v1/remittances/\(id)/acknowledgement",
                            token: try await scene.service.token(member: officer), key: UUID().uuidString, json: "{}")
                        #expect(answer.status == .ok, "\(answer.text)")
                    }
                }
                try await expectNothingLost(scene, collected: collected)
            }
        }
    }

    /// What was collected is kept by somebody, on its way to somebody, or carried to the next month.
    private func expectNothingLost(_ scene: DuesScene, collected: Int64) async throws {
        let sums = try await scene.pool.queryOne(
            """
            SELECT coalesce(sum(own), 0)::bigint AS own, coalesce(sum(kept), 0)::bigint AS kept,
                coalesce(sum(passed) FILTER (WHERE counted_in IS NULL), 0)::bigint AS under_way,
                coalesce(sum(carried_out) FILTER (WHERE carried_to IS NULL), 0)::bigint AS carried
            FROM remittances
            """)
        let own: Int64 = try sums.get("own")
        #expect(own == collected)
        #expect(try own == sums.get("kept") + sums.get("under_way") + sums.get("carried"))
        // The same from the books: what nobody acknowledged is owed to the superior.
        let balances = try await scene.balances()
        #expect(balances["retained", default: 0] == (try sums.get("kept")))
        let owed = try await scene.count(
            "SELECT coalesce(sum(passed), 0)::bigint FROM remittances WHERE state IN ('due', 'paid')")
        #expect(balances["payable-to-superior", default: 0] == Int64(owed))
    }
}
