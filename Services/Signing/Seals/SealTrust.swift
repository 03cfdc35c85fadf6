import Contracts
import Foundation
import SigningDocuments
import SigningDomain
import Trust

/// Which seals are believed: checked before one signs, and again whenever somebody asks about a sealed document.
struct SealTrust: Sendable {
    private let anchors: TrustAnchors
    private let lists: RevocationLists

    /// Reads roots and lists. Without any root, which only development allows, every seal is one for development.
    init(_ settings: SealSettings) throws {
        var roots: [TrustAnchors.Anchor] = []
        for (path, rootClass) in [
            (settings.publicRoots, TrustAnchors.RootClass.publicUse),
            (settings.governmentRoots, TrustAnchors.RootClass.governmentUse),
        ] {
            guard let path else { continue }
            roots += try Certificate.all(pem: Self.text(path)).map { TrustAnchors.Anchor($0, rootClass) }
        }
        anchors = TrustAnchors(roots)
        lists = try RevocationLists(settings.revocationLists)
    }

    /// Under which root the seal stands; throws `JobFailure` where it may not sign now.
    func check(_ identity: SigningIdentity, at now: Date) throws -> SignerClass {
        do {
            try identity.certificate.checkUsableForSigning(at: now)
        } catch {
            throw JobFailure.ofSurroundings("certificate-unusable")
        }
        guard !anchors.anchors.isEmpty else { return .development }
        let current = lists.current
        let revocation: TrustAnchors.Revocation = current.isEmpty ? .unchecked : .lists(current)
        switch try anchors.verify(identity.certificate, through: identity.chain, revocation: revocation, at: now) {
        case .trusted(_, .publicUse): return .public
        case .trusted(_, .governmentUse): return .government
        case .refused(let fault): throw JobFailure.ofSurroundings("certificate-\(fault.kind.rawValue)")
        }
    }

    /// What the document's own signature says: nothing that is stored beside it is believed.
    ///
    /// The certificate is judged for the moment of the signature: that it ran out later, or was taken back later, does
    /// not undo it.
    ///
    /// - Parameter id: the identifier that the signature must name, so that no other sealed document can stand in.
    func finding(in document: [UInt8], of id: VerificationID, signedAt: Date) -> SealFinding {
        guard let signatures = try? PDFSignature.all(in: document), let last = signatures.last, last.coversWholeFile,
            last.reason?.contains(id.text) == true
        else { return .broken }
        var finding = SealFinding.good
        for signature in signatures {
            guard let verdict = try? signature.verdict(anchors: anchors, revocation: .unchecked, at: signedAt),
                verdict.isIntact
            else { return .broken }
            if !isBelieved(verdict, at: signedAt) { finding = .untrusted }
        }
        return finding
    }

    /// The revocation lists that could not be read at the last look.
    var unreadableLists: [String] { lists.unreadable }

    private func isBelieved(_ verdict: SignatureVerdict, at moment: Date) -> Bool {
        let isDevelopment = anchors.anchors.isEmpty
        let faults = verdict.faults.filter { fault in
            if case .certificate = fault { !isDevelopment } else { true }
        }
        guard faults.isEmpty else { return false }
        return !zip(verdict.chain, verdict.chain.dropFirst()).contains { certificate, issuer in
            wasTakenBack(certificate, issuedBy: issuer, before: moment)
        }
    }

    private func wasTakenBack(_ certificate: Certificate, issuedBy issuer: Certificate, before moment: Date) -> Bool {
        lists.current.contains { list in
            guard let date = try? list.revocationDate(of: certificate), date <= moment else { return false }
            return (try? list.isSigned(by: issuer)) ?? false
        }
    }

    private static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
}
