import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing
import Trust

@testable import Signing

@Suite("Looking results up")
struct ResultDeskTests {
    private struct Seen: Decodable {
        struct Links: Decodable {
            let document: String
            let verification: String
        }
        let resultCode: String
        let signer: String
        let force: String
        let links: Links
    }

    @Test("the member and officers of the issuing body read it, others do not, and each access leaves a trace")
    func whoReads() async throws {
        try await SigningStage.run { stage in
            let result = try await stage.issued()
            let path = "/v1/results/\(result.resultId)"
            let before = try await stage.count("audit")
            for reader in [stage.member, stage.officer] {
                let answer = try await stage.get(path, by: reader)
                #expect(answer.status == .ok)
                let seen: Seen = try answer.json()
                #expect(seen.resultCode == "KQ.A35.12.08.GGT.1-GGT/ĐU" && seen.force == "in-force")
                #expect(seen.links.verification == "https://hoso.example/v1/verify/\(result.verificationId)")
                let document = try await stage.get("\(path)/document", by: reader)
                #expect(document.headers[.contentType] == "application/pdf")
                #expect(Digest.sha256(document.body).hex == result.sha256.text)
            }
            #expect(try await stage.count("audit") == before + 4)
            for part in ["", "/document"] {
                #expect(try await stage.get(path + part, by: stage.stranger).status == .forbidden)
                #expect(try await stage.get(path + part).status == .unauthorized)
            }
            #expect(try await stage.count("audit") == before + 4)
            let other: ResultID = stage.ids.next(at: stage.time.now)
            #expect(try await stage.get("/v1/results/\(other)", by: stage.member).status == .notFound)
            #expect(try await stage.get("/v1/results/x/document", by: stage.member).status == .notFound)
        }
    }

    @Test("anybody verifies by the identifier, as programs and as people, and sees no more than that")
    func verifies() async throws {
        try await SigningStage.run { stage in
            let result = try await stage.issued()
            let path = "/v1/verify/\(result.verificationId)"
            let answer = try await stage.get(path)
            #expect(answer.status == .ok)
            let json: JSONValue = try answer.json()
            #expect(json["exists"] == true && json["intact"] == true && json["inForce"] == true)
            #expect(!answer.text.contains("Mẫu") && !answer.text.contains("A35"))
            let page = try await stage.get(path, accept: "text/html,application/xhtml+xml,*/*;q=0.8")
            #expect(page.headers[.contentType] == "text/html; charset=utf-8")
            #expect(page.text.contains("đang có hiệu lực"))
            // As people type it.
            let typed = result.verificationId.text.lowercased().replacing("-", with: "")
            #expect(try await stage.get("/v1/verify/\(typed)").status == .ok)
        }
    }

    @Test("a changed document and an invalidated result are told")
    func changed() async throws {
        try await SigningStage.run { stage in
            let result = try await stage.issued()
            let path = "/v1/verify/\(result.verificationId)"
            try await stage.pool.execute("UPDATE results SET force = 'invalidated'")
            var json: JSONValue = try await stage.get(path).json()
            #expect(json["intact"] == true && json["inForce"] == false)
            try await stage.pool.execute("UPDATE results SET document = document || '\\x00'")
            json = try await stage.get(path).json()
            #expect(json["intact"] == false)
            #expect(try await stage.get(path, accept: "text/html").text.contains("đã bị thay đổi"))
        }
    }

    @Test("an unknown and a mistyped identifier are told apart, in both forms")
    func unknown() async throws {
        try await SigningStage.run { stage in
            let unknown = try await stage.get("/v1/verify/\(VerificationID.make())")
            #expect(unknown.status == .notFound && unknown.problem == "result-unknown")
            let mistyped = try await stage.get("/v1/verify/7K3M-9QXA-2BTD-0000")
            #expect(mistyped.status == .badRequest)
            #expect(mistyped.faults == ["verificationId": "verification-id.form"])
            let page = try await stage.get("/v1/verify/%3Cscript%3E", accept: "text/html")
            #expect(page.status == .badRequest && !page.text.contains("<script>"))
        }
    }

    @Test("a key file is refused in production, and so is a seal that nothing vouches for")
    func production() throws {
        func sealSettings(_ values: [String: String]) throws -> SealSettings {
            var values = values
            values["mode"] = "production"
            return try SealSettings(Settings.given(values, declared: Signing.allSettings))
        }
        #expect(throws: SealSettingsFault.fileInProduction) { try sealSettings(SigningStage.keyFile()) }
        var token = try SigningStage.token()
        #expect(try sealSettings(token).revocationLists.count == 2)
        token["signing.trust.revocationLists"] = nil
        #expect(throws: SealSettingsFault.noTrust) { try sealSettings(token) }
    }
}
