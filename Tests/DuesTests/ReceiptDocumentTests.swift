import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

@Suite("Documents of receipts")
struct ReceiptDocumentTests {
    private struct Shown: Decodable, Sendable {
        struct Document: Decodable, Sendable {
            struct Links: Decodable, Sendable {
                let document: String
                let verification: String
            }

            let state: String
            let reason: String?
            let verificationId: VerificationID?
            let links: Links?
        }

        struct Voucher: Decodable, Sendable {
            let number: String
            let amount: Int64
            let remaining: Int64
        }

        let number: String
        let amount: Int64
        let force: String
        let lines: [PaymentLine]
        let vouchers: [Voucher]
        let document: Document
    }

    /// A receipt of a paid order.
    private func receipt(_ scene: DuesScene) async throws -> (id: ReceiptID, member: MemberID) {
        let member = try await scene.member()
        try await scene.assess()
        let order = try await scene.order(member)
        #expect(try await scene.pay(order) == "00")
        try await scene.parts.receipts.drain()
        return (try #require(try await scene.events(ReceiptIssued.self).last).receiptId, member)
    }

    private func call(
        _ scene: DuesScene, _ method: HTTPRequest.Method, _ receipt: ReceiptID, _ rest: String = "", by member: MemberID
    ) async throws -> TestAnswer {
        scene.kit.projectionAges.note("dues.directory", levelAt: scene.kit.time.now)
        return try await scene.service.call(
            method, "/v1/receipts/\(receipt)\(rest)", token: try await scene.service.token(member: member))
    }

    private func shown(_ scene: DuesScene, _ receipt: ReceiptID, by member: MemberID) async throws -> Shown {
        try await call(scene, .get, receipt, by: member).json()
    }

    private func issued(_ receipt: ReceiptID, _ scene: DuesScene) throws -> ReceiptDocumentIssued {
        ReceiptDocumentIssued(
            receiptId: receipt, number: "DP-2026-000001", issuingOrganizationId: scene.base,
            signedAt: scene.kit.time.now,
            sha256: try ContentDigest(String(repeating: "ab", count: 32)), size: 40_000,
            verificationId: try VerificationID(checking: "7K3M-9QXA-2BTD-0H5B", field: "x"),
            signerClass: .development, level: .basic)
    }

    @Test("a hundred who ask at once make one request, and the answer shows how far it is until it is there")
    func once() async throws {
        try await DuesScene.run { scene in
            let (id, member) = try await receipt(scene)
            #expect(try await shown(scene, id, by: member).document.state == "unasked")
            try await withThrowingTaskGroup(of: TestAnswer.self) { group in
                for _ in 0..<100 {
                    group.addTask { try await call(scene, .put, id, "/document", by: member) }
                }
                for try await answer in group { #expect(answer.status == .accepted, "\(answer.text)") }
            }
            let asked = try await scene.events(ReceiptDocumentRequested.self)
            #expect(asked.count == 1)
            let request = try #require(asked.first)
            #expect(request.number == "DP-2026-000001" && request.amount == Dong(15_930) && request.attempt == 1)
            #expect(request.lines.map(\.memberId) == [member] && request.payerMemberId == member)
            #expect(request.channel == "vnpay" && !request.gatewayTransaction.isEmpty)
            #expect(try await shown(scene, id, by: member).document.state == "asked")

            try await scene.service.deliver(issued(id, scene), key: id.value)
            let there = try await call(scene, .put, id, "/document", by: member)
            #expect(there.status == .ok)
            let view: Shown = try there.json()
            #expect(view.document.state == "issued" && view.document.verificationId?.text == "7K3M-9QXA-2BTD-0H5B")
            #expect(view.document.links?.document == "http://127.0.0.1:8104/v1/receipts/\(id)/document")
            #expect(view.force == "in-force" && view.lines.count == 1)
            #expect(try await scene.events(ReceiptDocumentRequested.self).count == 1)
        }
    }

    @Test("a late seal is shown and still comes; a final failure can be asked again, and a stale one changes nothing")
    func failures() async throws {
        try await DuesScene.run { scene in
            let (id, member) = try await receipt(scene)
            _ = try await call(scene, .put, id, "/document", by: member)
            func fail(_ attempt: Int, final: Bool, sequence: Int64) async throws {
                try await scene.service.deliver(
                    ReceiptDocumentFailed(
                        receiptId: id, attempt: attempt, reason: "seal-key-not-found", final: final,
                        failedAt: scene.kit.time.now), key: id.value, sequence: sequence)
            }
            try await fail(1, final: false, sequence: 1)
            var document = try await shown(scene, id, by: member).document
            #expect(document.state == "late" && document.reason == "seal-key-not-found")
            _ = try await call(scene, .put, id, "/document", by: member)
            #expect(try await scene.events(ReceiptDocumentRequested.self).count == 1)
            try await fail(1, final: true, sequence: 2)
            #expect(try await shown(scene, id, by: member).document.state == "failed")
            _ = try await call(scene, .put, id, "/document", by: member)
            #expect(try await scene.events(ReceiptDocumentRequested.self).map(\.attempt) == [1, 2])
            try await fail(1, final: true, sequence: 3)
            #expect(try await shown(scene, id, by: member).document.state == "asked")
            try await scene.service.deliver(issued(id, scene), key: id.value, sequence: 4)
            try await fail(2, final: true, sequence: 5)
            document = try await shown(scene, id, by: member).document
            #expect(document.state == "issued" && document.reason == nil)
            let fault = await #expect(throws: PostgresError.self) {
                try await scene.pool.execute("UPDATE receipt_documents SET sha256 = 'x'")
            }
            #expect(fault?.sqlState == "23001")
        }
    }

    @Test("strangers see no receipt and ask for no document; officers of the cell do")
    func whoAsks() async throws {
        try await DuesScene.run { scene in
            let (id, _) = try await receipt(scene)
            let (stranger, officer) = (try await scene.member(cell: scene.otherCell), try await scene.member())
            try await scene.role(.cellDuesOfficer, of: officer, at: scene.cell)
            for (method, rest) in [(HTTPRequest.Method.get, ""), (.put, "/document")] {
                #expect(try await call(scene, method, id, rest, by: stranger).status == .forbidden)
            }
            #expect(try await scene.events(ReceiptDocumentRequested.self).isEmpty)
            #expect(try await call(scene, .put, id, "/document", by: officer).status == .accepted)
            let unknown: ReceiptID = scene.kit.ids.next(at: scene.kit.time.now)
            #expect(try await call(scene, .get, unknown, by: officer).status == .notFound)
        }
    }

    @Test("channels that are set so get the document with the number, the others wait to be asked")
    func atOnce() async throws {
        for (channels, count) in [("cash,vnpay", 1), ("cash", 0)] {
            try await DuesScene.run(["dues.receipts.documents": channels]) { scene in
                _ = try await receipt(scene)
                let requests = try await scene.events(ReceiptDocumentRequested.self)
                #expect(requests.count == count)
                for request in requests {
                    let row = try #require(try await ReceiptRow.find(request.receiptId, in: scene.pool))
                    #expect(request == row.request(attempt: 1, at: request.requestedAt))
                    let state = try await shown(scene, request.receiptId, by: try #require(request.payerMemberId))
                    #expect(state.document.state == "asked")
                }
            }
        }
    }

    @Test("what was settled above the payment has no receipt: giving it back corrects none")
    func above() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let scene = refunds.scene
            let (member, order, payment) = try await refunds.paid(transaction: "1")
            try await scene.parts.receipts.drain()
            let id = try #require(try await scene.events(ReceiptIssued.self).last).receiptId
            let more = SettledFile.Line(reference: order.reference, transaction: "1", gross: order.total + 20_000)
            _ = try await SettledFile.vnpay.bring([more], day: "2026-11-20", scene)
            let differs = try #require(try await refunds.exceptions("amount-differs").first)
            #expect(try await refunds.act("confirm", on: differs).status == .ok)
            _ = try await refunds.gone(payment, kind: "overpayment", amount: 20_000, paper)
            try await scene.parts.vouchers.drain()
            var view = try await shown(scene, id, by: member)
            #expect(view.force == "in-force" && view.vouchers.map(\.remaining) == [order.total])
            #expect(try await scene.events(ReceiptCorrected.self).isEmpty)
            _ = try await refunds.gone(payment, amount: order.total, number: "98", paper)
            try await scene.parts.vouchers.drain()
            view = try await shown(scene, id, by: member)
            #expect(view.force == "cancelled" && view.vouchers.map(\.remaining) == [order.total, 0])
            #expect(try await scene.events(ReceiptCorrected.self).map(\.remaining) == [.zero])
        }
    }

    @Test("money that went back gives a voucher in a series of its own, a part first and then the rest")
    func vouchers() async throws {
        let paper = GatewaysOnPaper()
        try await RefundScene.run(client: paper) { refunds in
            let scene = refunds.scene
            let (member, _, payment) = try await refunds.paid(.vnpay, ["2026-11", "2026-12"])
            try await scene.parts.receipts.drain()
            let id = try #require(try await scene.events(ReceiptIssued.self).last).receiptId
            _ = try await call(scene, .put, id, "/document", by: member)
            func giveBack(_ kind: String, lines: String? = nil, as number: String) async throws {
                _ = try await refunds.approved(payment, kind: kind, lines: lines)
                #expect(try await scene.parts.vouchers.step() == false, "approved is not given back yet")
                paper.answer { call in
                    try GatewayUnderTest.vnpay.refund(call, .done(number), amount: 15_930, type: "03")
                }
                try await scene.parts.refundWork.drain()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<3 { group.addTask { try await DuesParts(scene.kit).vouchers.drain() } }
                    try await group.waitForAll()
                }
            }
            try await giveBack("lines", lines: #"{"memberId":"\#(member)","month":"2026-12"}"#, as: "91")
            var view = try await shown(scene, id, by: member)
            #expect(view.force == "reduced" && view.vouchers.map(\.number) == ["HT-2026-000001"])
            #expect(view.vouchers.map(\.remaining) == [15_930])
            try await giveBack("payment", as: "92")
            view = try await shown(scene, id, by: member)
            #expect(view.force == "cancelled" && view.vouchers.map(\.number) == ["HT-2026-000001", "HT-2026-000002"])
            #expect(view.number == "DP-2026-000001" && view.amount == 31_860, "the receipt stays as it was")
            let told = try await scene.events(ReceiptCorrected.self)
            #expect(told.map(\.remaining) == [Dong(15_930), .zero] && told.allSatisfy { !$0.reversal })
            let versions: [Int64] = try await scene.pool.query(
                "SELECT version FROM outbox WHERE key = \(id) ORDER BY version"
            ).map { try $0.get(at: 0) }
            #expect(versions == [1, 2, 3])
        }
    }
}
