import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing
import Trust

@testable import Intake

@Suite("Uploading attachments")
struct AttachmentTests {
    private struct Uploaded: Decodable {
        let attachmentId: AttachmentID
        let name: String
        let mediaType: String
        let size: Int
        let sha256: ContentDigest
    }

    @Test("a file is kept with its digest; the same request again makes no second one")
    func kept() async throws {
        try await IntakeStage.run { stage in
            let key = stage.freshKey()
            let answer = try await stage.upload(key: key)
            #expect(answer.status == .created)
            let file: Uploaded = try answer.json()
            #expect(file.name == "bản.pdf" && file.mediaType == "application/pdf")
            #expect(file.size == IntakeStage.pdf.count)
            #expect(file.sha256.text == Digest.sha256(IntakeStage.pdf).hex)
            let again = try await stage.upload(key: key)
            #expect(again.body == answer.body)
            #expect(try await stage.count("attachments") == 1)
            let row = try await stage.pool.queryOne("SELECT contents FROM attachments")
            #expect(try row.get("contents", as: [UInt8].self) == IntakeStage.pdf)
        }
    }

    @Test("a file over the limit is refused by its stated length and by its true one, naming the limit")
    func tooLarge() async throws {
        try await IntakeStage.run(settings: ["intake.attachmentLimit": "2048"]) { stage in
            let large = Array("%PDF-".utf8) + [UInt8](repeating: 0x20, count: 3_000)
            let answer = try await stage.upload(large)
            #expect(answer.status == .contentTooLarge)
            #expect(answer.problem == "attachment-too-large")
            #expect(answer.text.contains("2 KiB (2048 byte"))
            #expect(try await stage.upload(Array(large.prefix(2_048))).status == .created)
            #expect(try await stage.count("attachments") == 1)
        }
    }

    @Test("a file larger than a common body is taken in up to the attachments' own limit")
    func largerThanBodies() async throws {
        try await IntakeStage.run { stage in
            let large = Array("%PDF-".utf8) + [UInt8](repeating: 0x20, count: 3_000_000)
            #expect(try await stage.upload(large).status == .created)
            let over = Array("%PDF-".utf8) + [UInt8](repeating: 0x20, count: 10_485_760)
            let answer = try await stage.upload(over)
            #expect(answer.status == .contentTooLarge)
            #expect(answer.text.contains("10 MiB"))
        }
    }

    @Test("each unusable file has its own problem, and nothing of it is kept")
    func refused() async throws {
        try await IntakeStage.run { stage in
            #expect(try await stage.upload(type: "image/png").problem == "attachment-content-differs")
            #expect(try await stage.upload(Array("MZ".utf8)).problem == "attachment-content-differs")
            #expect(try await stage.upload([]).problem == "attachment-empty")
            let html = try await stage.upload(type: "text/html")
            #expect(html.problem == "attachment-format-not-accepted" && html.status == .unsupportedMediaType)
            #expect(try await stage.upload(type: nil).problem == "attachment-format-not-accepted")
            #expect(try await stage.upload(name: nil).faults == ["X-File-Name": "file-name.missing"])
            #expect(try await stage.upload(name: "%FF").faults == ["X-File-Name": "file-name.encoding"])
            #expect(try await stage.upload(name: "..%2Fx").faults == ["X-File-Name": "file-name.form"])
            #expect(try await stage.upload(key: "short").problem == "idempotency-key-malformed")
            #expect(try await stage.count("attachments") == 0)
            #expect(try await stage.count("audit") == 0)
        }
    }

    @Test("files that no dossier came to use are removed, the others stay")
    func unclaimed() async throws {
        try await IntakeStage.run { stage in
            _ = try await stage.submitted()
            _ = try await stage.file()
            let upkeep = UnclaimedFiles(kit: stage.service.kit, retention: 3_600)
            try await upkeep.removeOld()
            #expect(try await stage.count("attachments") == 3)
            stage.time.advance(by: 3_601)
            try await upkeep.removeOld()
            #expect(try await stage.count("attachments") == 2)
        }
    }
}
