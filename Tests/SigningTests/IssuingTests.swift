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

@testable import Messaging
@testable import Signing

@Suite("Issuing results")
struct IssuingTests {
    /// The document of a result, judged by our own verifier.
    private func verdicts(_ result: ResultIssued, _ stage: SigningStage) async throws -> [SignatureVerdict] {
        let pki = try await DemonstrationPKI.shared()
        let document = try await ResultStore.document(of: result.resultId, in: stage.pool)
        #expect(Digest.sha256(document).hex == result.sha256.text)
        #expect(document.count == Int(result.size))
        return try PDFSignature.all(in: document).map { signature in
            #expect(signature.coversWholeFile)
            return try signature.verdict(anchors: pki.anchors, revocation: pki.revocation, at: stage.time.now)
        }
    }

    @Test("a request becomes a signed, numbered, stored document that verifies, and is told once")
    func issues() async throws {
        try await SigningStage.run { stage in
            let request = try await stage.asked(stage.request())
            try await stage.worker.drain()
            let told = try await stage.told(ResultIssued.self, of: request.dossierId)
            let result = try #require(told.first)
            #expect(told.count == 1)
            #expect(result.number == "1-GGT/ĐU")
            #expect(result.resultCode.text == "KQ.A35.12.08.GGT.1-GGT/ĐU")
            #expect(result.storeKey.text == "A35.12.08-261120-0007-KQ(1)")
            #expect(result.signerClass == .development && result.level == .basic)
            #expect(result.signedAt == stage.time.now)
            #expect(try await verdicts(result, stage).map(\.isValid) == [true])
            #expect(try await stage.job().state == "issued")
        }
    }

    @Test("a seal in a token signs under the root that is believed")
    func token() async throws {
        try await SigningStage.run(settings: SigningStage.token()) { stage in
            let result = try await stage.issued()
            #expect(result.signerClass == .public)
            #expect(try await verdicts(result, stage).map(\.isValid) == [true])
        }
    }

    @Test("the same request under any number of events is one document")
    func once() async throws {
        try await SigningStage.run { stage in
            let request = try stage.request()
            for sequence in 1...3 { try await stage.asked(request, sequence: Int64(sequence)) }
            try await stage.worker.drain()
            try await stage.asked(request, sequence: 4)
            try await stage.worker.drain()
            #expect(try await stage.count("results") == 1)
            #expect(try await stage.count("outbox") == 1)
        }
    }

    @Test("two workers on many jobs sign each once, and the register has no gaps")
    func twoWorkers() async throws {
        try await SigningStage.run { stage in
            for number in 1...6 { try await stage.asked(stage.request(number: number)) }
            let (one, other) = (try stage.worker, try stage.worker)
            async let first: Void = one.drain()
            async let second: Void = other.drain()
            _ = try await (first, second)
            let rows = try await stage.pool.query("SELECT register_number FROM results ORDER BY register_number")
            #expect(try rows.map { try $0.get("register_number", as: Int.self) } == Array(1...6))
            #expect(try await stage.count("outbox") == 6)
        }
    }

    @Test("a letter issued anew in a dossier has its own number and key, and its event its own version")
    func anew() async throws {
        try await SigningStage.run { stage in
            let first = try await stage.asked(stage.request())
            try await stage.worker.drain()
            try await stage.asked(stage.request(dossier: first.dossierId, version: 2), sequence: 2)
            try await stage.worker.drain()
            let told = try await stage.told(ResultIssued.self, of: first.dossierId)
            #expect(told.map(\.number) == ["1-GGT/ĐU", "2-GGT/ĐU"])
            #expect(told.map(\.storeKey.number) == [1, 2])
            #expect(Set(told.map(\.verificationId)).count == 2)
        }
    }

    @Test("a request of a body that is not known yet waits")
    func unknownIssuer() async throws {
        try await SigningStage.run { stage in
            let nowhere: OrganizationID = stage.ids.next(at: stage.time.now)
            let waits = await #expect(throws: NotYet.self) {
                try await stage.asked(stage.request(issuer: nowhere))
            }
            #expect(waits?.waitingFor == "organization:\(nowhere)")
            let jobs = try await stage.count("jobs")
            #expect(jobs == 0)
        }
    }

    @Test("what cannot become a document is given up, its number given back, and the case is told")
    func hopeless() async throws {
        try await SigningStage.run { stage in
            let request = try await stage.asked(
                stage.request(text: String(repeating: "Nội dung rất dài. ", count: 6_000)))
            try await stage.worker.drain()
            let failed = try await stage.told(ResultFailed.self, of: request.dossierId)
            #expect(failed.map(\.reason) == ["too-long"] && failed.allSatisfy(\.final))
            #expect(try await stage.job() == ("failed", 1, "too-long"))
            #expect(try await stage.count("registers") == 0)
            #expect(try await stage.issued().number == "1-GGT/ĐU")
        }
    }

    @Test("a job that the database refuses waits like any other and holds up nobody")
    func refusedByDatabase() async throws {
        try await SigningStage.run { stage in
            _ = try await stage.issued()
            // Another dossier of the same code: its key in the store is taken.
            let second = try await stage.asked(stage.request())
            stage.time.advance(by: 0.1)
            let third = try await stage.asked(stage.request(number: 8))
            try await stage.worker.drain()
            #expect(try await stage.told(ResultIssued.self, of: third.dossierId).map(\.number) == ["2-GGT/ĐU"])
            #expect(try await stage.told(ResultIssued.self, of: second.dossierId).isEmpty)
            let row = try await stage.pool.queryOne("SELECT reason, attempts FROM jobs WHERE state = 'waiting'")
            #expect(try row.get("reason", as: String.self) == "database")
            #expect(try row.get("attempts", as: Int.self) == 1)
        }
    }

    @Test("a job whose request cannot be read is set aside, told and counted, and the next one is done")
    func unreadable() async throws {
        HosoMetricsFactory.start()
        try await SigningStage.run { stage in
            let bad = try await stage.asked(stage.request())
            try await stage.pool.execute("UPDATE jobs SET request = '{\"version\": \"x\"}'")
            stage.time.advance(by: 0.1)
            let good = try await stage.asked(stage.request(number: 8))
            try await stage.worker.drain()
            #expect(try await stage.told(ResultIssued.self, of: good.dossierId).count == 1)
            let row = try await stage.pool.queryOne("SELECT * FROM jobs WHERE dossier_id = \(bad.dossierId)")
            #expect(try row.get("state", as: String.self) == "unreadable")
            #expect(try row.get("reason", as: String.self) == "request-unreadable")
            let told = try await stage.told(ResultFailed.self, of: bad.dossierId)
            #expect(told.map(\.reason) == ["request-unreadable"] && told.allSatisfy { !$0.final })
            #expect(
                try await stage.service.call(.get, "/metrics").text.contains(
                    #"signing_jobs_total{outcome="request-unreadable"}"#))
        }
    }

    @Test("a document type that no code can bear is given up")
    func badType() async throws {
        try await SigningStage.run { stage in
            let request = try await stage.asked(stage.request(type: "no type"))
            try await stage.worker.drain()
            #expect(
                try await stage.told(ResultFailed.self, of: request.dossierId).map(\.reason) == ["result-code-form"])
        }
    }
}

@Suite("When the seal is at fault")
struct SealFaultTests {
    @Test("without its seal the service goes on; the job waits longer each time and is issued when the seal is there")
    func sealAway() async throws {
        let pki = try await DemonstrationPKI.shared()
        let path = FileManager.default.temporaryDirectory.appending(path: "hoso-seal-\(UUID().uuidString).p12").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var settings = try await SigningStage.keyFile()
        settings["signing.pkcs12.path"] = path
        try await SigningStage.run(settings: settings) { stage in
            let request = try await stage.asked(stage.request())
            try await stage.worker.drain()
            #expect(try await stage.job() == ("waiting", 1, "seal-key-not-found"))
            // Its time has not come.
            try await stage.worker.drain()
            #expect(try await stage.job().attempts == 1)
            for wait in [1.0, 2, 4, 8] {
                stage.time.advance(by: wait)
                try await stage.worker.drain()
            }
            #expect(try await stage.job().attempts == 5)
            let late = try await stage.told(ResultFailed.self, of: request.dossierId)
            #expect(late.map(\.final) == [false])
            #expect(await stage.service.parts.checks.first?.look() == .degraded("seal: seal-key-not-found"))
            try FileManager.default.copyItem(atPath: pki.path("seal.p12"), toPath: path)
            stage.time.advance(by: 16)
            try await stage.worker.drain()
            #expect(try await stage.told(ResultIssued.self, of: request.dossierId).count == 1)
            #expect(await stage.service.parts.checks.first?.look() == .ok)
        }
    }

    @Test("a wrong passphrase or PIN is tried once, not again and again")
    func wrongPassphrase() async throws {
        var settings = try await SigningStage.keyFile()
        settings["signing.pkcs12.passphrase"] = "wrong"
        try await SigningStage.run(settings: settings) { stage in
            try await stage.asked(stage.request())
            try await stage.worker.drain()
            #expect(try await stage.job().reason == "seal-wrong-passphrase")
            // Even a repaired file is not looked at again in this process.
            stage.time.advance(by: 10)
            try await stage.worker.drain()
            #expect(try await stage.job() == ("waiting", 2, "seal-wrong-passphrase"))
        }
    }

    @Test(
        "a certificate that is not accepted signs nothing",
        arguments: [("expired", "certificate-unusable"), ("revoked", "certificate-revoked")])
    func badCertificate(name: String, reason: String) async throws {
        let pki = try await DemonstrationPKI.shared()
        var settings = try await SigningStage.keyFile("faulty/\(name)")
        settings["signing.trust.publicRoots"] = pki.path("root.pem")
        settings["signing.trust.revocationLists"] = "\(pki.path("root.crl")),\(pki.path("issuing.crl"))"
        try await SigningStage.run(settings: settings) { stage in
            try await stage.asked(stage.request())
            try await stage.worker.drain()
            #expect(try await stage.job().reason == reason)
            #expect(try await stage.count("results") == 0)
            #expect(try await stage.count("registers") == 0)
        }
    }

    @Test("a revocation list that is replaced counts from then on, without a restart")
    func freshList() async throws {
        let pki = try await DemonstrationPKI.shared()
        let path = FileManager.default.temporaryDirectory.appending(path: "hoso-list-\(UUID().uuidString).crl").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var values = try await SigningStage.keyFile()
        values["mode"] = "development"
        values["signing.trust.publicRoots"] = pki.path("root.pem")
        values["signing.trust.revocationLists"] = "\(pki.path("root.crl")),\(path)"
        // At first a list that says nothing of the seal.
        try FileManager.default.copyItem(atPath: pki.path("root.crl"), toPath: path)
        let trust = try SealTrust(SealSettings(Settings.given(values, declared: Signing.allSettings)))
        let now = Date()
        #expect(throws: JobFailure.ofSurroundings("certificate-revocation_unknown")) {
            try trust.check(pki.identity("seal"), at: now)
        }
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: pki.path("issuing.crl"), toPath: path)
        #expect(try trust.check(pki.identity("seal"), at: now) == .public)
        #expect(throws: JobFailure.ofSurroundings("certificate-revoked")) {
            try trust.check(pki.identity("faulty/revoked"), at: now)
        }
        // One that cannot be read leaves what was known, and is told.
        try Data("half of a li".utf8).write(to: URL(filePath: path))
        #expect(throws: JobFailure.ofSurroundings("certificate-revoked")) {
            try trust.check(pki.identity("faulty/revoked"), at: now)
        }
    }
}
