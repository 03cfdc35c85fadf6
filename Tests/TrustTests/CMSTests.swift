import Foundation
import Subprocess
import TestPKI
import Testing
import Trust

@Suite("Detached signatures")
struct CMSTests {
    let pki: DemonstrationPKI
    let content = Array("Giấy giới thiệu chuyển sinh hoạt đảng".utf8)

    init() async throws { pki = try await .shared() }

    private func verify(
        _ signature: [UInt8], _ content: [UInt8]? = nil, anchors: TrustAnchors? = nil, at moment: Date = Date()
    ) throws -> SignatureVerdict {
        let verdicts = try CMS.verifyDetached(
            signature, content: content ?? self.content, anchors: anchors ?? pki.anchors,
            revocation: pki.revocation, at: moment)
        return try #require(verdicts.count == 1 ? verdicts[0] : nil)
    }

    @Test("what a seal or an officer signs is valid", arguments: ["seal", "officer"])
    func roundTrip(name: String) throws {
        let signature = try CMS.signDetached(content, identity: pki.identity(name), at: Date())
        let verdict = try verify(signature)
        #expect(verdict.isValid, "\(verdict.faults)")
        #expect(try verdict.certificate == pki.certificate(name))
        #expect(verdict.chain.count == 3)
        #expect(verdict.rootClass == .publicUse)
        #expect(verdict.claimedTime == nil)
    }

    @Test("a token's signature is valid")
    func token() async throws {
        let identity = try SigningIdentity.pkcs11(
            module: pki.module, token: pki.token, label: pki.sealLabel, pin: pki.pin,
            chain: [pki.certificate("issuing")])
        let signature = try await identity.signDetached(content, at: Date())
        let verdict = try verify(signature)
        #expect(verdict.isValid, "\(verdict.faults)")
    }

    @Test("empty content can be signed")
    func empty() throws {
        let signature = try CMS.signDetached([], identity: pki.identity("seal"), at: Date())
        #expect(try verify(signature, []).isValid)
        #expect(try verify(signature, [0]).faults == [.contentChanged])
    }

    @Test("the signing time is stated only when asked for")
    func signingTime() throws {
        let moment = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        let signature = try CMS.signDetached(
            content, identity: pki.identity("seal"), signingTime: moment, at: moment)
        let verdict = try verify(signature)
        #expect(verdict.isValid)
        #expect(verdict.claimedTime == moment)
    }

    @Test("one changed byte of the content is found")
    func changedContent() throws {
        let signature = try CMS.signDetached(content, identity: pki.identity("officer"), at: Date())
        for index in content.indices {
            var changed = content
            changed[index] ^= 1
            let verdict = try verify(signature, changed)
            #expect(verdict.faults == [.contentChanged])
            #expect(!verdict.isIntact)
        }
    }

    @Test("whatever byte of a signature is changed, nobody else becomes the signer")
    func changedSignature() throws {
        let identity = try pki.identity("officer")
        let signature = try CMS.signDetached(content, identity: identity, at: Date())
        let attributes = CMS.Draft(
            contentDigest: Digest.sha256(content), certificate: identity.certificate, chain: identity.chain
        ).bytesToSign.dropFirst()
        let start = try #require(
            signature.indices.first { signature[$0...].starts(with: attributes) }, "the attributes are in it")
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            guard let verdict = try? verify(changed) else { continue }
            // A few bytes are under no signature: what travels along unused, and the names of algorithms.
            guard verdict.isValid else { continue }
            #expect(!(start..<start + attributes.count).contains(index), "byte \(index) is a signed attribute")
            #expect(index < signature.count - 64, "byte \(index) belongs to the key's signature")
            #expect(verdict.certificate == identity.certificate)
        }
    }

    @Test("a remote provider's answer completes a draft, and a wrong one is refused")
    func draft() throws {
        let identity = try pki.identity("seal")
        let draft = CMS.Draft(
            contentDigest: Digest.sha256(content), certificate: identity.certificate, chain: identity.chain)
        let signature = try identity.sign(draft.bytesToSign)
        #expect(try verify(draft.completed(with: signature)).isValid)
        for wrong in [try pki.identity("officer").sign(draft.bytesToSign), try identity.sign([1]), [], [0]] {
            let error = #expect(throws: TrustError.self) { try draft.completed(with: wrong) }
            #expect(error?.code == .keyMismatch)
        }
    }

    @Test("a signer whom no root vouches for is intact but not valid")
    func untrusted() throws {
        let signature = try CMS.signDetached(content, identity: pki.identity("seal"), at: Date())
        let verdict = try verify(signature, anchors: TrustAnchors([]))
        #expect(verdict.isIntact)
        #expect(!verdict.isValid)
        guard case .certificate(let fault) = verdict.faults.first else {
            Issue.record("\(verdict.faults)")
            return
        }
        #expect(fault.kind == .untrusted)
    }

    @Test("a revoked, expired or unfit signer is found in the verdict")
    func faultySigners() throws {
        for (name, kind) in [
            ("revoked", CertificateFault.Kind.revoked), ("expired", .expired), ("no-signature", .usage),
        ] {
            let identity = try pki.identity("faulty/\(name)")
            let draft = CMS.Draft(
                contentDigest: Digest.sha256(content), certificate: identity.certificate, chain: identity.chain)
            let verdict = try verify(draft.completed(with: identity.sign(draft.bytesToSign)))
            guard case .certificate(let fault) = verdict.faults.first else {
                Issue.record("\(name): \(verdict.faults)")
                continue
            }
            #expect(fault.kind == kind, "\(fault)")
        }
    }

    @Test("what is no detached signature is refused")
    func malformed() throws {
        let signature = try CMS.signDetached(content, identity: pki.identity("seal"), at: Date())
        for wrong in [[], [0x30, 0x00], Array(signature.dropLast()), signature + [0]] {
            #expect(throws: TrustError.self) { try verify(wrong) }
        }
    }

    @Test("openssl accepts the signature, also as CAdES, and refuses other content", arguments: ["seal", "officer"])
    func judgedByOpenSSL(name: String) async throws {
        let directory = pki.directory.appending(path: "cms-\(name)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        func file(_ file: String, _ bytes: [UInt8]) throws -> String {
            let url = directory.appending(path: file)
            try Data(bytes).write(to: url)
            return url.path
        }
        let signature = try file(
            "signature.der", CMS.signDetached(content, identity: pki.identity(name), at: Date()))
        func isAccepted(_ content: String) async throws -> Bool {
            let arguments = [
                "cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", signature, "-content", content,
                "-CAfile", pki.path("root.pem"), "-out", "/dev/null",
            ]
            let ended = try await Subprocess.run(.name("openssl"), arguments: Arguments(arguments), output: .discarded)
            return ended.terminationStatus.isSuccess
        }
        #expect(try await isAccepted(file("content", content)))
        #expect(try await !isAccepted(file("other", content + [0])))
    }

    @Test(
        "signatures that openssl makes are read: without the certificate's name in it, with SHA-1, with content inside")
    func madeByOpenSSL() async throws {
        func made(_ options: String...) async throws -> [UInt8] {
            let input = pki.directory.appending(path: "openssl-input")
            let output = pki.directory.appending(path: "openssl-\(options.joined())")
            try Data(content).write(to: input)
            let arguments = [
                "cms", "-sign", "-binary", "-in", input.path, "-signer", pki.path("seal.pem"), "-inkey",
                pki.path("seal.key"), "-certfile", pki.path("issuing.pem"), "-outform", "DER", "-out", output.path,
            ]
            _ = try await Subprocess.run(
                .name("openssl"), arguments: Arguments(arguments + options), output: .discarded)
            return [UInt8](try Data(contentsOf: output))
        }
        #expect(try await verify(made("-cades")).isValid)
        #expect(try await verify(made()).faults == [.signerCertificateNotBound])
        #expect(try await verify(made("-md", "sha1", "-cades")).faults == [.weakDigest("SHA1")])
        #expect(try await verify(made("-noattr")).faults == [.signerCertificateNotBound])
        #expect(try await verify(made("-nocerts", "-cades")).faults == [.signerCertificateMissing])
        await #expect(throws: TrustError.self) { try await verify(made("-nodetach")) }
    }
}
