import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import SigningDocuments
import SigningDomain
import TestPKI
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

    @Test("the body that asked for an opinion reads it where another one issued it")
    func requester() async throws {
        try await SigningStage.run { stage in
            func path(of request: CaseResultRequested) async throws -> String {
                try await stage.asked(request)
                try await stage.worker.drain()
                let told = try await stage.told(ResultIssued.self, of: request.dossierId)
                return "/v1/results/\(try #require(told.first).resultId)/document"
            }
            let asked = try await path(
                of: stage.request(type: "YKNX", issuer: stage.province, requester: stage.commune))
            #expect(try await stage.get(asked, by: stage.officer).status == .ok)
            #expect(try await stage.get(asked, by: stage.stranger).status == .forbidden)
            let other = try await path(of: stage.request(number: 8, type: "YKNX", issuer: stage.province))
            #expect(try await stage.get(other, by: stage.officer).status == .forbidden)
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
            try await stage.takeGuardAway()
            try await stage.pool.execute("UPDATE results SET document = document || '\\x00'")
            json = try await stage.get(path).json()
            #expect(json["intact"] == false)
            #expect(try await stage.get(path, accept: "text/html").text.contains("đã bị thay đổi"))
        }
    }

    @Test("with an old copy of the roles officers read nothing; the member reads his own")
    func staleRoles() async throws {
        try await SigningStage.run { stage in
            let result = try await stage.issued()
            let path = "/v1/results/\(result.resultId)"
            #expect(try await stage.get(path, by: stage.officer).status == .ok)
            stage.time.advance(by: 61)
            for part in ["", "/document"] {
                #expect(try await stage.get(path + part, by: stage.officer).problem == "projection-stale")
                #expect(try await stage.get(path + part, by: stage.member).status == .ok)
            }
        }
    }

    @Test("a document changed together with its hash, and another's good document in its place, are told")
    func replaced() async throws {
        try await SigningStage.run { stage in
            let result = try await stage.issued()
            let other = try await stage.asked(stage.request(number: 8))
            try await stage.worker.drain()
            let path = "/v1/verify/\(result.verificationId)"
            let document = try await ResultStore.document(of: result.resultId, in: stage.pool)
            var changed = document
            try await stage.takeGuardAway()
            changed[changed.count / 3] ^= 1
            for forged in [
                changed, try await stage.document(of: other.dossierId), Array("%PDF-1.7".utf8), document + [0x0A],
            ] {
                try await stage.replace(result.resultId, with: forged)
                let json: JSONValue = try await stage.get(path).json()
                #expect(json["intact"] == false)
            }
            try await stage.replace(result.resultId, with: document)
            let json: JSONValue = try await stage.get(path).json()
            #expect(json["intact"] == true)
        }
    }

    @Test("a result stands: only its force changes")
    func stands() async throws {
        try await SigningStage.run { stage in
            _ = try await stage.issued()
            for statement: SQL in [
                "UPDATE results SET document = '\\x00'", "UPDATE results SET sha256 = 'x'", "DELETE FROM results",
                "TRUNCATE results",
            ] {
                let fault = await #expect(throws: PostgresError.self) { try await stage.pool.execute(statement) }
                #expect(fault?.sqlState == "23001", "\(statement)")
            }
            try await stage.pool.execute("UPDATE results SET force = 'invalidated'")
        }
    }

    @Test("whose seal is not believed, or was taken back before it signed, is told apart from a changed document")
    func believed() async throws {
        let pki = try await DemonstrationPKI.shared()
        let id = VerificationID.make()
        let now = Date()
        func sealed(by name: String) async throws -> [UInt8] {
            let identity = try pki.identity(name)
            let appearance = PDFSigner.Appearance(field: "seal", reason: "mã tra cứu \(id)")
            return try await PDFSigner.sign(try await drawn(), as: appearance, signedAt: now) {
                try await identity.signDetached($0, at: now)
            }
        }
        var values = try await SigningStage.keyFile()
        values["mode"] = "development"
        values["signing.trust.publicRoots"] = pki.path("root.pem")
        values["signing.trust.revocationLists"] = "\(pki.path("root.crl")),\(pki.path("issuing.crl"))"
        let trust = try SealTrust(SealSettings(Settings.given(values, declared: Signing.allSettings)))
        let good = try await sealed(by: "seal")
        #expect(trust.finding(in: good, of: id, signedAt: now) == .good)
        #expect(trust.finding(in: good, of: .make(), signedAt: now) == .broken)
        let revoked = try await sealed(by: "faulty/revoked")
        #expect(trust.finding(in: revoked, of: id, signedAt: now) == .untrusted)
        values["signing.trust.publicRoots"] = pki.path("faulty/untrusted.pem")
        let others = try SealTrust(SealSettings(Settings.given(values, declared: Signing.allSettings)))
        #expect(others.finding(in: good, of: id, signedAt: now) == .untrusted)
    }

    /// A drawn document without a signature.
    private func drawn() async throws -> [UInt8] {
        try await DocumentRenderer().rendered(
            DocumentContent(
                template: "test", issuer: .init(name: "ĐẢNG BỘ XÃ MẪU"), number: "1-GGT/ĐU",
                placeAndDate: "Mẫu, ngày 20 tháng 11 năm 2026", title: "Giấy giới thiệu",
                signature: .init(role: "BÍ THƯ", name: "Nguyễn Văn Mẫu"),
                verification: .init(identifier: "7K3M", address: "https://hoso.example/"), createdAt: TestTimes.start))
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
    func production() async throws {
        func sealSettings(_ values: [String: String]) throws -> SealSettings {
            var values = values
            values["mode"] = "production"
            return try SealSettings(Settings.given(values, declared: Signing.allSettings))
        }
        let keyFile = try await SigningStage.keyFile()
        #expect(throws: SealSettingsFault.fileInProduction) { try sealSettings(keyFile) }
        var token = try await SigningStage.token()
        #expect(try sealSettings(token).revocationLists.count == 2)
        token["signing.trust.revocationLists"] = nil
        #expect(throws: SealSettingsFault.noTrust) { try sealSettings(token) }
    }
}

extension SigningStage {
    /// What whoever owns the tables can do, before he changes what stands.
    fileprivate func takeGuardAway() async throws {
        try await pool.execute("ALTER TABLE results DISABLE TRIGGER USER")
    }

    /// The document of the only result of a dossier.
    fileprivate func document(of dossier: DossierID) async throws -> [UInt8] {
        try await pool.queryOne("SELECT document FROM results WHERE dossier_id = \(dossier)").get("document")
    }

    /// Puts another document in the place of a result's, with a hash that fits.
    fileprivate func replace(_ result: ResultID, with document: [UInt8]) async throws {
        try await pool.execute(
            """
            UPDATE results SET document = \(document), sha256 = \(Digest.sha256(document).hex), size = \(document.count)
            WHERE id = \(result)
            """)
    }
}
