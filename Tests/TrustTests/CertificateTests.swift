import Foundation
import TestPKI
import Testing
import Trust

@Suite("Certificates and chains")
struct CertificateTests {
    let pki: DemonstrationPKI

    init() async throws { pki = try await .shared() }

    @Test("names, numbers, key and usage are read")
    func reading() throws {
        let seal = try pki.certificate("seal")
        #expect(seal.subject.commonName == "Con dấu điện tử Đảng ủy xã Mẫu (trình diễn)")
        #expect(seal.subject.organizationName == "Đảng ủy xã Mẫu (trình diễn)")
        #expect(seal.subject.value(of: "UID") == "MST:0000000000")
        #expect(seal.issuer.commonName == "Hồ Sơ Demonstration CA")
        #expect(seal.publicKeyAlgorithm == .rsa)
        #expect(seal.publicKeyBits == 2048)
        #expect(seal.keyUsage == [.digitalSignature, .nonRepudiation])
        #expect(!seal.isAuthority)
        #expect(seal.notBefore < Date() && Date() < seal.notAfter)
        #expect(seal.notAfter.timeIntervalSince(seal.notBefore) == 1095 * 86400)
        // Drawn at random: one in 256 begins with a zero, which is not written. RFC 5280, 4.1.2.2: 20 octets at most.
        #expect((16...20).contains(try #require([UInt8](hex: seal.serial)).count))

        let officer = try pki.certificate("officer")
        #expect(officer.publicKeyAlgorithm == .ecdsa)
        #expect(officer.publicKeyBits == 256)
        #expect(try pki.certificate("issuing").isAuthority)
    }

    @Test("a certificate survives the way through its bytes, and equal bytes are equal certificates")
    func bytes() throws {
        let seal = try pki.certificate("seal")
        #expect(try Certificate(der: seal.der) == seal)
        #expect(try Certificate(der: seal.der).subject == seal.subject)
        #expect(
            try Certificate.all(pem: pki.text("chain.pem")).map(\.subject.commonName) == [
                "Hồ Sơ Demonstration CA", "Hồ Sơ Demonstration Root CA",
            ])
    }

    @Test("what is no certificate is refused with a reason")
    func malformed() throws {
        let seal = try pki.certificate("seal")
        for wrong in [[], [0x30, 0x00], Array(seal.der.dropLast()), seal.der + [0]] {
            let error = #expect(throws: TrustError.self) { try Certificate(der: wrong) }
            #expect(error?.code == .malformed)
        }
        #expect(throws: TrustError.self) { try Certificate(pem: "no PEM at all") }
        #expect(throws: TrustError.self) { try Certificate(pem: "-----BEGIN CERTIFICATE-----\nAAAA\n") }
        #expect(throws: TrustError.self) { try CertificateRevocationList(pem: pki.text("seal.pem")) }
    }

    @Test("a description shows no holder")
    func description() throws {
        #expect(try !"\(pki.certificate("officer"))".contains("Nguyễn"))
    }

    @Test("a chain to a believed root is trusted, and shows which kind of root")
    func trusted() throws {
        let verdict = try pki.anchors.verify(
            pki.certificate("seal"), through: [pki.certificate("issuing")], revocation: pki.revocation, at: Date())
        guard case .trusted(let chain, let rootClass) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(try chain == [pki.certificate("seal"), pki.certificate("issuing"), pki.certificate("root")])
        #expect(rootClass == .publicUse)
    }

    @Test(
        "each faulty certificate is refused for its own reason",
        arguments: [
            ("faulty/expired", CertificateFault.Kind.expired), ("faulty/not-yet-valid", .notYetValid),
            ("faulty/revoked", .revoked), ("faulty/untrusted", .untrusted), ("faulty/weak", .weak),
        ])
    func refused(name: String, kind: CertificateFault.Kind) throws {
        let verdict = try pki.anchors.verify(
            pki.certificate(name), through: [pki.certificate("issuing")],
            revocation: name.hasSuffix("untrusted")
                ? .unchecked : pki.revocation, at: Date())
        guard case .refused(let fault) = verdict else {
            Issue.record("trusted")
            return
        }
        #expect(fault.kind == kind, "\(fault)")
    }

    @Test("a list tells when a certificate was taken back, and whose key signed the list")
    func revocationDate() throws {
        let list = try CertificateRevocationList(pem: pki.text("issuing.crl"))
        let revoked = try pki.certificate("faulty/revoked")
        let date = try #require(try list.revocationDate(of: revoked))
        #expect(date <= Date() && date >= revoked.notBefore)
        #expect(try list.revocationDate(of: pki.certificate("seal")) == nil)
        #expect(try CertificateRevocationList(pem: pki.text("root.crl")).revocationDate(of: revoked) == nil)
        #expect(try list.isSigned(by: pki.certificate("issuing")))
        #expect(try !list.isSigned(by: pki.certificate("root")))
    }

    @Test("the moment decides: a certificate was not valid before it was made")
    func moment() throws {
        let verdict = try pki.anchors.verify(
            pki.certificate("faulty/expired"), through: [pki.certificate("issuing")], revocation: .unchecked,
            at: Date(timeIntervalSince1970: 1_600_000_000))
        guard case .refused(let fault) = verdict else {
            Issue.record("trusted")
            return
        }
        #expect(fault.kind == .notYetValid)
    }

    @Test("without the authority between, without a root, or without a list there is no trust")
    func incomplete() throws {
        let seal = try pki.certificate("seal")
        let issuing = try pki.certificate("issuing")
        let noIntermediate = try pki.anchors.verify(seal, revocation: .unchecked, at: Date())
        let noRoot = try TrustAnchors([]).verify(seal, through: [issuing], revocation: .unchecked, at: Date())
        let noList = try pki.anchors.verify(seal, through: [issuing], revocation: .lists([]), at: Date())
        for (verdict, kind) in [
            (noIntermediate, CertificateFault.Kind.untrusted), (noRoot, .untrusted), (noList, .revocationUnknown),
        ] {
            guard case .refused(let fault) = verdict else {
                Issue.record("trusted")
                continue
            }
            #expect(fault.kind == kind, "\(fault)")
        }
    }

    @Test("a stale revocation list is as good as none")
    func staleList() throws {
        let list = try CertificateRevocationList(pem: pki.text("issuing.crl"))
        let late = try #require(list.nextUpdate).addingTimeInterval(1)
        let verdict = try pki.anchors.verify(
            pki.certificate("issuing"), revocation: pki.revocation, at: late)
        guard case .refused(let fault) = verdict else {
            Issue.record("trusted")
            return
        }
        #expect([.revocationUnknown, .expired].contains(fault.kind), "\(fault)")
    }
}
