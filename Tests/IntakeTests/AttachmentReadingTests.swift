import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Intake

@Suite("Reading attachments")
struct AttachmentReadingTests {
    @Test("its owner reads a file back as it came, as a download that no browser interprets")
    func owner() async throws {
        try await IntakeStage.run { stage in
            let id = try await stage.file()
            let answer = try await stage.read(id)
            #expect(answer.status == .ok)
            #expect(Array(answer.body) == IntakeStage.pdf)
            #expect(answer.headers[.contentType] == "application/pdf")
            #expect(
                answer.headers[.contentDisposition]
                    == "attachment; filename=\"b_n.pdf\"; filename*=UTF-8''b%E1%BA%A3n.pdf")
            #expect(answer.headers[.xContentTypeOptions] == "nosniff")
            #expect(answer.headers[.cacheControl] == "private, no-store")
            // Nobody else before it belongs to a dossier, and not even its existence is told.
            for other in [stage.neighbour, stage.officer] {
                #expect(try await stage.read(id, by: other).status == .notFound)
            }
        }
    }

    @Test("of a dossier: the applicant and the officers to whom it came, each of whose looks leaves a trace")
    func officers() async throws {
        try await IntakeStage.run { stage in
            let given = try await stage.submitted()
            let ids: [AttachmentID] = try await stage.pool.query(
                "SELECT id FROM attachments WHERE dossier_id = \(given.dossierId)"
            ).map { try $0.get("id") }
            let id = try #require(ids.first)
            #expect(try await stage.read(id, by: stage.officer).status == .ok)
            let looks = try await stage.pool.queryOne(
                """
                SELECT count(*) AS n FROM audit
                WHERE action = 'attachment.read' AND subject = \("\(id)") AND actor = \("\(stage.officer)")
                """
            ).get("n", as: Int.self)
            #expect(looks == 1)
            #expect(try await stage.read(id, by: stage.neighbour).status == .forbidden)
            #expect(try await stage.read(id).status == .ok)
            stage.time.advance(by: 61)
            #expect(try await stage.read(id, by: stage.officer).problem == "projection-stale")
            #expect(try await stage.read(id).status == .ok)
        }
    }

    @Test("without a token, with a wrong id or an unknown one there is nothing to read")
    func refused() async throws {
        try await IntakeStage.run { stage in
            let id = try await stage.file()
            #expect(try await stage.service.call(.get, "/v1/attachments/\(id)").status == .unauthorized)
            #expect(try await stage.read(stage.ids.next(at: stage.time.now)).status == .notFound)
            let token = try await stage.service.token(member: stage.member)
            #expect(try await stage.service.call(.get, "/v1/attachments/x", token: token).status == .notFound)
        }
    }
}
