import Contracts
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import SigningDocuments
import SigningDomain
import Subprocess
import SystemPackage
import TestPKI
import Testing
import Trust

@testable import Signing

@Suite("Receipts as sealed documents")
struct ReceiptTests {
    private func text(of pdf: [UInt8]) async throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "hoso-\(UUID().uuidString).pdf")
        try Data(pdf).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let ended = try await Subprocess.run(
            .path("/usr/bin/env"), arguments: ["pdftotext", file.path, "-"], output: .string(limit: 1 << 20))
        return ended.standardOutput.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test("a request becomes one sealed document that says who paid what for whom, verifies, and is told once")
    func seals() async throws {
        try await SigningStage.run { stage in
            let receipt = try await stage.receipt(lines: 2, overpaid: 5_000)
            let issued = try await stage.sealed(receipt)
            #expect(try await stage.toldReceipts(ReceiptDocumentIssued.self).count == 1)
            #expect(issued.number == "DP-2026-000123" && issued.level == .basic)
            let answer = try await stage.get("/v1/receipts/\(issued.receiptId)/document", by: receipt.payer)
            #expect(answer.status == .ok && answer.headers[.contentType] == "application/pdf")
            #expect(Digest.sha256(Array(answer.body)).hex == issued.sha256.text)
            let pki = try await DemonstrationPKI.shared()
            let signatures = try PDFSignature.all(in: Array(answer.body))
            let verdicts = try signatures.map {
                try $0.verdict(anchors: pki.anchors, revocation: pki.revocation, at: stage.time.now)
            }
            #expect(verdicts.map(\.isValid) == [true])
            let text = try await text(of: Array(answer.body))
            for wanted in [
                "ĐẢNG BỘ TỈNH MẪU", "ĐẢNG BỘ XÃ MẪU", "Số DP-2026-000123", "BIÊN LAI THU ĐẢNG PHÍ",
                "Người nộp tiền: \(ReceiptFixture.payerName)", ReceiptFixture.otherName, "10/2026", "11/2026",
                "36.860 đ", "Ba mươi sáu nghìn tám trăm sáu mươi đồng", "Cổng thanh toán vnpay", "14422574",
                receipt.request.reference.text, "Ngày 20 tháng 11 năm 2026", "20/11/2026 09:15",
                "Số tiền nộp thừa, chờ hoàn trả", "5.000 đ", issued.verificationId.text,
            ] {
                #expect(text.contains(wanted), "\(wanted)")
            }
        }
    }

    @Test("cash has a voucher without a gateway's number")
    func cash() async throws {
        try await SigningStage.run { stage in
            let receipt = try await stage.receipt(channel: "cash")
            let issued = try await stage.sealed(receipt)
            let answer = try await stage.get("/v1/receipts/\(issued.receiptId)/document", by: receipt.payer)
            let text = try await text(of: Array(answer.body))
            #expect(text.contains("PHIẾU THU ĐẢNG PHÍ") && text.contains("Hình thức: Tiền mặt"))
            #expect(!text.contains("14422574"))
        }
    }

    @Test("a thousand lines are one document")
    func longList() async throws {
        try await SigningStage.run { stage in
            let issued = try await stage.sealed(stage.receipt(lines: 1_000))
            #expect(issued.size > 0)
        }
    }

    @Test("asked for any number of times, by two workers, it is one document, and the same bytes each time")
    func once() async throws {
        try await SigningStage.run { stage in
            let receipt = try await stage.receipt()
            for sequence in 1...5 { try await stage.ask(receipt.request, sequence: Int64(sequence)) }
            let (one, other) = (try stage.worker, try stage.worker)
            async let first: Void = one.drain()
            async let second: Void = other.drain()
            _ = try await (first, second)
            try await stage.ask(receipt.request, sequence: 6)
            try await stage.worker.drain()
            #expect(try await stage.count("receipt_documents") == 1)
            #expect(try await stage.toldReceipts(ReceiptDocumentIssued.self).count == 1)
            let path = "/v1/receipts/\(receipt.request.receiptId)/document"
            let bytes = try await stage.get(path, by: receipt.payer).body
            #expect(try await stage.get(path, by: receipt.payer).body == bytes)
        }
    }

    @Test("the payer, the one member it is about and his officers read it, others do not; each access leaves a trace")
    func whoReads() async throws {
        try await SigningStage.run { stage in
            let treasurer = try await stage.known(as: "Cán bộ Mẫu 09")
            let role: RoleID = stage.ids.next(at: stage.time.now)
            try await stage.deliver(
                RoleState(
                    roleId: role, memberId: treasurer, organizationId: stage.commune, role: .cellDuesOfficer,
                    from: try Day("2020-01-01"), status: .active), key: role.value)
            stage.noteRoles()
            let receipt = try await stage.receipt(forOther: true)
            let path = "/v1/receipts/\(receipt.request.receiptId)/document"
            #expect(try await stage.get(path, by: receipt.payer).status == .notFound)
            _ = try await stage.sealed(receipt)
            let before = try await stage.count("audit")
            for reader in [receipt.payer, receipt.other, treasurer] {
                #expect(try await stage.get(path, by: reader).status == .ok)
            }
            #expect(try await stage.count("audit") == before + 3)
            #expect(try await stage.get(path, by: stage.stranger).status == .forbidden)
            #expect(try await stage.get(path).status == .unauthorized)
            // A list names several: one of them does not read what the others pay.
            let list = try await stage.receipt(lines: 2)
            _ = try await stage.sealed(list)
            let listed = "/v1/receipts/\(list.request.receiptId)/document"
            #expect(try await stage.get(listed, by: list.other).status == .forbidden)
            #expect(try await stage.get(listed, by: list.payer).status == .ok)
            #expect(try await stage.count("audit") == before + 5)
        }
    }

    @Test("anybody verifies it; money that went back shows, before and after the document was made")
    func corrected() async throws {
        try await SigningStage.run { stage in
            func correct(
                _ receipt: ReceiptID, remaining: Int64, reversal: Bool = false, sequence: Int64
            ) async throws {
                try await stage.deliver(
                    ReceiptCorrected(
                        receiptId: receipt, refundId: stage.ids.next(at: stage.time.now), number: "HT-2026-000001",
                        issuingOrganizationId: stage.commune, amount: Dong(1_000), remaining: Dong(remaining),
                        reversal: reversal, correctedAt: stage.time.now), key: receipt.value, sequence: sequence)
            }
            let receipt = try await stage.receipt()
            let issued = try await stage.sealed(receipt)
            let path = "/v1/verify/\(issued.verificationId)"
            var json: JSONValue = try await stage.get(path).json()
            #expect(json["exists"] == true && json["intact"] == true && json["inForce"] == true)
            let page = try await stage.get(path, accept: "text/html").text
            #expect(page.contains("Biên lai có thật") && !page.contains(ReceiptFixture.payerName))
            #expect(!page.contains("15.930"))
            try await correct(issued.receiptId, remaining: 14_930, sequence: 2)
            json = try await stage.get(path).json()
            #expect(json["inForce"] == true)
            #expect(try await stage.get(path, accept: "text/html").text.contains("một phần số tiền"))
            try await correct(issued.receiptId, remaining: 0, sequence: 3)
            json = try await stage.get(path).json()
            #expect(json["intact"] == true && json["inForce"] == false)
            #expect(try await stage.get(path, accept: "text/html").text.contains("đã được hoàn trả"))
            // The document stays as it is.
            let answer = try await stage.get("/v1/receipts/\(issued.receiptId)/document", by: receipt.payer)
            #expect(Digest.sha256(Array(answer.body)).hex == issued.sha256.text)

            let reversed = try await stage.receipt()
            try await correct(reversed.request.receiptId, remaining: 0, reversal: true, sequence: 1)
            try await stage.ask(reversed.request, sequence: 2)
            try await stage.worker.drain()
            let late = try #require(
                try await stage.toldReceipts(ReceiptDocumentIssued.self).first {
                    $0.receiptId == reversed.request.receiptId
                })
            let told = try await stage.get("/v1/verify/\(late.verificationId)", accept: "text/html").text
            #expect(told.contains("cổng thanh toán đã thu hồi giao dịch"))
        }
    }

    @Test("a sealed receipt and its corrections stand, and a changed one is told")
    func stands() async throws {
        try await SigningStage.run { stage in
            let issued = try await stage.sealed(stage.receipt())
            for statement: SQL in [
                "UPDATE receipt_documents SET document = '\\x00'", "DELETE FROM receipt_documents",
                "TRUNCATE receipt_documents", "TRUNCATE receipt_corrections",
            ] {
                let fault = await #expect(throws: PostgresError.self) { try await stage.pool.execute(statement) }
                #expect(fault?.sqlState == "23001", "\(statement)")
            }
            try await stage.pool.execute("ALTER TABLE receipt_documents DISABLE TRIGGER USER")
            try await stage.pool.execute("UPDATE receipt_documents SET document = document || '\\x00'")
            let json: JSONValue = try await stage.get("/v1/verify/\(issued.verificationId)").json()
            #expect(json["exists"] == true && json["intact"] == false)
        }
    }

    @Test("without its seal the receipt waits and is told to be late, and is sealed when the seal is there")
    func sealAway() async throws {
        let pki = try await DemonstrationPKI.shared()
        let path = FileManager.default.temporaryDirectory.appending(path: "hoso-seal-\(UUID().uuidString).p12").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var settings = try await SigningStage.keyFile()
        settings["signing.pkcs12.path"] = path
        try await SigningStage.run(settings: settings) { stage in
            try await stage.ask(stage.receipt().request)
            for wait in [0.0, 1, 2, 4, 8] {
                stage.time.advance(by: wait)
                try await stage.worker.drain()
            }
            let late = try await stage.toldReceipts(ReceiptDocumentFailed.self)
            #expect(late.map(\.reason) == ["seal-key-not-found"] && late.map(\.final) == [false])
            try FileManager.default.copyItem(atPath: pki.path("seal.p12"), toPath: path)
            stage.time.advance(by: 16)
            try await stage.worker.drain()
            #expect(try await stage.toldReceipts(ReceiptDocumentIssued.self).count == 1)
        }
    }

    @Test("a receipt whose member is not known here yet waits; one that is too long is given up and can be asked again")
    func failures() async throws {
        try await SigningStage.run { stage in
            let receipt = try await stage.receipt()
            try await stage.pool.execute("DELETE FROM directory_members WHERE id = \(receipt.payer)")
            try await stage.ask(receipt.request)
            try await stage.worker.drain()
            let reason: String = try await stage.pool.queryOne("SELECT reason FROM receipts").get(at: 0)
            #expect(reason == "member-unknown")
            _ = try await stage.known(receipt.payer, as: ReceiptFixture.payerName)
            stage.time.advance(by: 1)
            try await stage.worker.drain()
            #expect(try await stage.toldReceipts(ReceiptDocumentIssued.self).count == 1)

            let long = try await stage.receipt(lines: 5_000)
            try await stage.ask(long.request)
            try await stage.worker.drain()
            let failed = try await stage.toldReceipts(ReceiptDocumentFailed.self)
            #expect(failed.map(\.reason) == ["too-long"] && failed.allSatisfy(\.final))
            // The same attempt changes nothing, the next one is a new job.
            try await stage.ask(long.request, sequence: 2)
            try await stage.worker.drain()
            #expect(try await stage.toldReceipts(ReceiptDocumentFailed.self).count == 1)
            let again = long.request
            try await stage.ask(
                ReceiptDocumentRequested(
                    receiptId: again.receiptId, attempt: 2, number: again.number,
                    issuingOrganizationId: again.issuingOrganizationId, payerMemberId: again.payerMemberId,
                    lines: Array(again.lines.prefix(3)), amount: again.amount, channel: again.channel,
                    reference: again.reference, gatewayTransaction: again.gatewayTransaction, paidAt: again.paidAt,
                    issuedAt: again.issuedAt, requestedAt: stage.time.now), sequence: 3)
            try await stage.worker.drain()
            #expect(try await stage.toldReceipts(ReceiptDocumentIssued.self).count == 2)
        }
    }

    @Test("a request that cannot be read is set aside and told as final, so that it can be asked for again")
    func unreadable() async throws {
        try await SigningStage.run { stage in
            let receipt = try await stage.receipt()
            try await stage.ask(receipt.request)
            try await stage.pool.execute("UPDATE receipts SET request = '{\"version\": \"x\"}'")
            try await stage.worker.drain()
            let state: String = try await stage.pool.queryOne("SELECT state FROM receipts").get(at: 0)
            #expect(state == "unreadable")
            let told = try await stage.toldReceipts(ReceiptDocumentFailed.self)
            #expect(told.map(\.reason) == ["request-unreadable"] && told.allSatisfy(\.final))
            let asked = receipt.request
            try await stage.ask(
                ReceiptDocumentRequested(
                    receiptId: asked.receiptId, attempt: 2, number: asked.number,
                    issuingOrganizationId: asked.issuingOrganizationId, payerMemberId: asked.payerMemberId,
                    lines: asked.lines, amount: asked.amount, channel: asked.channel, reference: asked.reference,
                    gatewayTransaction: asked.gatewayTransaction, paidAt: asked.paidAt, issuedAt: asked.issuedAt,
                    requestedAt: stage.time.now), sequence: 2)
            try await stage.worker.drain()
            #expect(try await stage.toldReceipts(ReceiptDocumentIssued.self).count == 1)
        }
    }

    @Test("names stand in the document alone: not in rows, events, audit")
    func noNames() async throws {
        try await SigningStage.run { stage in
            _ = try await stage.sealed(stage.receipt(lines: 2))
            for query: SQL in [
                "SELECT string_agg(r::text, ' ') FROM receipts AS r",
                "SELECT string_agg(convert_from(data, 'UTF8'), ' ') FROM outbox",
                "SELECT string_agg(a::text, ' ') FROM audit AS a",
            ] {
                let all: String = try await stage.pool.queryOne(query).get(at: 0)
                #expect(!all.contains("Nguyễn Thị Nộp") && !all.contains("Trần Văn Khác"))
            }
        }
    }
}
