import Foundation
import TestPKI
import Testing
import Trust

@Suite("Signing identities")
struct SigningIdentityTests {
    let pki: DemonstrationPKI

    init() async throws { pki = try await .shared() }

    private func code(_ body: () throws -> SigningIdentity) -> TrustError.Code? {
        #expect(throws: TrustError.self) { _ = try body() }?.code
    }

    @Test("a key file opens with its certificate and the chain, nearest first")
    func keyFile() throws {
        let identity = try pki.identity("seal")
        #expect(try identity.certificate == pki.certificate("seal"))
        #expect(try identity.chain == [pki.certificate("issuing")])
    }

    @Test("a key file refuses a wrong passphrase, a missing file and bytes that are none")
    func keyFileErrors() throws {
        #expect(code { try .pkcs12(path: pki.path("seal.p12"), passphrase: "wrong") } == .wrongPassphrase)
        #expect(code { try .pkcs12(path: pki.path("seal.p12"), passphrase: "") } == .wrongPassphrase)
        #expect(code { try .pkcs12(path: pki.path("absent.p12"), passphrase: "x") } == .keyNotFound)
        #expect(code { try .pkcs12(bytes: [1, 2, 3], passphrase: "x") } == .malformed)
    }

    @Test("a key that is too short is refused when it is opened")
    func shortKey() {
        #expect(code { try pki.identity("faulty/weak") } == .keyTooWeak)
    }

    @Test("a token's key signs and finds its certificate there")
    func token() throws {
        let identity = try SigningIdentity.pkcs11(
            module: pki.module, token: pki.token, label: pki.sealLabel, pin: pki.pin,
            chain: [pki.certificate("issuing")])
        #expect(try identity.certificate == pki.certificate("seal"))
        // The file holds the same key, and RSA PKCS #1 signatures are the same each time.
        #expect(try identity.sign([1, 2, 3]) == pki.identity("seal").sign([1, 2, 3]))
    }

    @Test("a token refuses a wrong PIN, says so, is not tried to death, and opens with the right one")
    func wrongPIN() throws {
        // A token of its own: once one is open, the process is logged in and no PIN is asked for.
        func open(pin: String) throws -> SigningIdentity {
            try .pkcs11(module: pki.module, token: "guarded", label: pki.sealLabel, pin: pin)
        }
        #expect(code { try open(pin: "9999") } == .wrongPIN)
        #expect(code { try open(pin: "") } == .wrongPIN)
        _ = try open(pin: pki.pin)
    }

    @Test("an absent token, key or module has its own reason")
    func absent() {
        func open(module: String? = nil, token: String? = nil, label: String? = nil) -> TrustError.Code? {
            code {
                try .pkcs11(
                    module: module ?? pki.module, token: token ?? pki.token, label: label ?? pki.sealLabel,
                    pin: pki.pin)
            }
        }
        #expect(open(module: "/nowhere/module.so") == .tokenUnavailable)
        #expect(open(token: "no such token") == .tokenUnavailable)
        #expect(open(label: "no such key") == .keyNotFound)
    }

    @Test("a token that is pulled fails with a reason, and the others go on")
    func pulledToken() throws {
        func open(_ token: String) throws -> SigningIdentity {
            try .pkcs11(module: pki.module, token: token, label: pki.sealLabel, pin: pki.pin)
        }
        let seal = try open(pki.token)
        let pulled = try open("pulled")
        let expected = try pki.identity("seal").sign([1])
        #expect(try pulled.sign([1]) == expected)

        try pki.pullToken("pulled")
        let error = #expect(throws: TrustError.self) { try pulled.sign([1]) }
        #expect(error?.code == .tokenUnavailable)
        #expect(error?.isRetriable == true)
        #expect(try seal.sign([1]) == expected)
    }

    @Test("the asynchronous way opens and signs the same")
    func asynchronous() async throws {
        let identity = try await SigningIdentity.opening(
            module: pki.module, token: pki.token, label: pki.sealLabel, pin: pki.pin)
        let signatures = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<20 { group.addTask { try await identity.signature(of: [1, 2, 3]) } }
            return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
        }
        #expect(try signatures == [pki.identity("seal").sign([1, 2, 3])])
    }

    @Test("only a certificate that is valid now and made for signing is usable")
    func usable() throws {
        let now = Date()
        try pki.certificate("seal").checkUsableForSigning(at: now)
        for name in ["expired", "not-yet-valid", "no-signature"] {
            let error = #expect(throws: TrustError.self) {
                try CMS.signDetached([1], identity: pki.identity("faulty/\(name)"), at: now)
            }
            #expect(error?.code == .certificateUnusable, "\(name)")
        }
    }

    @Test("nothing stays behind, however often it is done")
    func handles() throws {
        func round() throws {
            let identity = try pki.identity("officer")
            let signature = try CMS.signDetached([1, 2], identity: identity, at: Date())
            _ = try CMS.verifyDetached(
                signature, content: [1, 2], anchors: pki.anchors, revocation: pki.revocation, at: Date())
            _ = try? SigningIdentity.pkcs12(path: pki.path("seal.p12"), passphrase: "wrong")
            _ = try? Certificate(der: [1])
            _ = try RunningDigest()
        }
        let before = LiveHandles.count
        for _ in 0..<100 { try round() }
        // Other tests run at the same time and hold a few; a leak of one for each round would be 100.
        #expect(LiveHandles.count - before < 80)
    }
}
