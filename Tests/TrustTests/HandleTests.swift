import Foundation
import TestPKI
import TestStack
import Testing

@testable import Trust

/// What the module holds of OpenSSL and of tokens, counted in a process of its own.
@Suite("Handles", .timeLimit(.minutes(5)))
struct HandleTests {
    @Test("after any work, be it done, failed or cancelled, nothing is held")
    func zero() async throws {
        guard OwnProcess.given != nil else { return try await OwnProcess.run(Self.self, []) }
        let pki = try await DemonstrationPKI.shared()
        func work() throws {
            let identity = try pki.identity("officer")
            let signature = try CMS.signDetached([1, 2], identity: identity, at: Date())
            _ = try CMS.verifyDetached(
                signature, content: [1, 2], anchors: pki.anchors, revocation: pki.revocation, at: Date())
            for wrong in [signature.dropLast(), signature.dropFirst()].map(Array.init) + [[], [0x30]] {
                _ = try? CMS.verifyDetached(
                    wrong, content: [1, 2], anchors: pki.anchors, revocation: pki.revocation, at: Date())
            }
            #expect(throws: TrustError.self) {
                try SigningIdentity.pkcs12(path: pki.path("seal.p12"), passphrase: "wrong")
            }
            #expect(throws: TrustError.self) { try Certificate(der: [1]) }
            withExtendedLifetime(identity) { #expect(LiveHandles.count > 0) }
        }
        for _ in 0..<20 { try work() }
        let rounds = try await cancelAtRandomMoments(rounds: 40, seed: SeededGenerator.seed) { _ in
            let identity = try await SigningIdentity.opening(
                module: pki.module, token: pki.token, label: pki.sealLabel, pin: pki.pin)
            _ = try await identity.signature(of: [1, 2, 3])
            try Task.checkCancellation()
        }
        #expect(!rounds.thrown.isEmpty)
        try await eventually("nothing is held") { LiveHandles.count == 0 }
    }
}
