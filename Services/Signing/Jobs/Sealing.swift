import Contracts
import Foundation
import SigningDocuments
import SigningDomain
import Trust

/// Draws a document and puts the seal on it.
struct Sealing: Sendable {
    let seals: SealKeeper
    let renderer = DocumentRenderer()

    /// The sealed bytes; throws `JobFailure`.
    ///
    /// - Parameter act: what the seal is for, in Vietnamese; the identifier is added to it.
    func sealed(
        _ content: DocumentContent, by identity: SigningIdentity, signer: String, act: String,
        verification: VerificationID, at now: Date
    ) async throws -> [UInt8] {
        let drawn: [UInt8]
        do {
            drawn = try await renderer.rendered(content)
        } catch {
            // Only what was asked for can be too long; fonts and memory are the machine's.
            throw error.code == .tooLong ? JobFailure.ofRequest("too-long") : JobFailure.ofSurroundings("drawing")
        }
        // The seal is over the identifier too, so that no other document can be shown under it (`SealTrust.finding`).
        let appearance = PDFSigner.Appearance(
            field: "seal", name: signer, reason: "\(act), mã tra cứu \(verification)")
        do {
            return try await PDFSigner.sign(drawn, as: appearance, signedAt: now) {
                try await identity.signDetached($0, at: now)
            }
        } catch let error as PDFError {
            throw JobFailure.ofSurroundings("pdf-\(error.code.rawValue)")
        }
    }
}
