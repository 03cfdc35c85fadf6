import Contracts
import Foundation
import SigningDomain
import Trust

/// The check of the seal's certificate before it signs: its chain, its time, whether it was taken back.
struct SealTrust: Sendable {
    private let anchors: TrustAnchors
    private let revocation: TrustAnchors.Revocation

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
        let lists = try settings.revocationLists.map { try CertificateRevocationList(pem: Self.text($0)) }
        revocation = lists.isEmpty ? .unchecked : .lists(lists)
    }

    /// Under which root the seal stands; throws `JobFailure` where it may not sign now.
    func check(_ identity: SigningIdentity, at now: Date) throws -> SignerClass {
        do {
            try identity.certificate.checkUsableForSigning(at: now)
        } catch {
            throw JobFailure.ofSurroundings("certificate-unusable")
        }
        guard !anchors.anchors.isEmpty else { return .development }
        switch try anchors.verify(identity.certificate, through: identity.chain, revocation: revocation, at: now) {
        case .trusted(_, .publicUse): return .public
        case .trusted(_, .governmentUse): return .government
        case .refused(let fault): throw JobFailure.ofSurroundings("certificate-\(fault.kind.rawValue)")
        }
    }

    private static func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
}
