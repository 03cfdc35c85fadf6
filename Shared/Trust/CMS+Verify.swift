import COpenSSL
public import Foundation

extension CMS {
    /// Checks a detached signature over content: one verdict for each signer, in the signature's order.
    ///
    /// - Parameters:
    ///   - signature: The CMS in DER.
    ///   - content: What it should be over.
    ///   - anchors: The believed roots.
    ///   - revocation: How to find out whether a certificate was taken back.
    ///   - moment: The moment for which the certificates are judged.
    ///
    /// Throws `.malformed` when it is no detached signature at all; whatever else is wrong stands in the verdicts.
    public static func verifyDetached(
        _ signature: [UInt8], content: [UInt8], anchors: TrustAnchors, revocation: TrustAnchors.Revocation,
        at moment: Date
    ) throws(TrustError) -> [SignatureVerdict] {
        let message = try DetachedMessage(signature)
        let digested = try message.digesting(content)
        let included = try message.certificates()
        var verdicts: [SignatureVerdict] = []
        for signer in try message.signers() {
            let finding = try signer.finding(digested: digested.pointer, included: included)
            verdicts.append(
                try finding.verdict(anchors: anchors, included: included, revocation: revocation, at: moment))
        }
        return verdicts
    }
}

/// A parsed CMS message; signers and digest chains refer to it and must not outlive it.
private struct DetachedMessage: ~Copyable {
    private let message: Owned

    init(_ bytes: [UInt8]) throws(TrustError) {
        var rest = 0
        let parsed = bytes.withUnsafeBufferPointer { buffer in
            var position = buffer.baseAddress
            let message = d2i_CMS_ContentInfo(nil, &position, buffer.count)
            if let position, let start = buffer.baseAddress { rest = buffer.count - (position - start) }
            return message
        }
        guard let message = Owned(parsed, releasedBy: { CMS_ContentInfo_free($0) }) else {
            throw TrustError.fromLibrary("not a CMS message", .malformed)
        }
        guard rest == 0 else { throw TrustError(.malformed, "\(rest) bytes follow the CMS message") }
        guard OBJ_obj2nid(CMS_get0_type(message.pointer)) == NID_pkcs7_signed else {
            throw TrustError(.malformed, "the CMS message is not signed data")
        }
        // Content inside would be checked instead of ours.
        guard CMS_is_detached(message.pointer) == 1 else {
            throw TrustError(.malformed, "the CMS message brings content of its own")
        }
        self.message = message
    }

    /// Runs the content through every digest that the signers use.
    func digesting(_ content: [UInt8]) throws(TrustError) -> Owned {
        guard let length = Int32(exactly: content.count) else {
            throw TrustError(.usage, "\(content.count) bytes of content are too many")
        }
        // A memory BIO over no bytes at all would be refused, so the content is copied into one that can be empty.
        guard let source = BIO_new(BIO_s_mem()) else { throw TrustError.fromLibrary("no memory") }
        guard length == 0 || BIO_write(source, content, length) == length,
            let head = CMS_dataInit(message.pointer, source)
        else {
            BIO_free(source)
            throw TrustError.fromLibrary("the CMS message cannot be read", .malformed)
        }
        // From here on the chain owns the source too.
        guard let chain = Owned(head, releasedBy: { BIO_free_all($0) }) else { throw TrustError.fromLibrary("") }
        var sink = [UInt8](repeating: 0, count: 65536)
        while BIO_read(chain.pointer, &sink, Int32(sink.count)) > 0 {}
        return chain
    }

    /// All certificates that travel along.
    func certificates() throws(TrustError) -> [Certificate] {
        guard let stack = Owned(CMS_get1_certs(message.pointer), releasedBy: { hoso_x509s_free($0) }) else { return [] }
        return try Trust.certificates(borrowing: stack.pointer)
    }

    /// The signers, each joined with its certificate where that travels along.
    func signers() throws(TrustError) -> [SignerInfo] {
        _ = CMS_set1_signers_certs(message.pointer, nil, 0)
        _ = libraryReasons()
        guard let stack = CMS_get0_SignerInfos(message.pointer), hoso_signers_count(stack) > 0 else {
            throw TrustError(.malformed, "nobody signed the CMS message")
        }
        return (0..<hoso_signers_count(stack)).compactMap { index in
            hoso_signers_at(stack, index).map { SignerInfo(pointer: $0) }
        }
    }
}

/// One signer of a message; borrowed from it.
private struct SignerInfo {
    let pointer: OpaquePointer

    func finding(digested: OpaquePointer, included: [Certificate]) throws(TrustError) -> SignerFinding {
        var leaf: OpaquePointer?
        var digest: UnsafeMutablePointer<X509_ALGOR>?
        CMS_SignerInfo_get0_algs(pointer, nil, &leaf, &digest, nil)
        guard let leaf else {
            return SignerFinding(certificate: nil, claimedTime: nil, faults: [.signerCertificateMissing])
        }
        var faults: [SignatureVerdict.Fault] = []
        if let weak = weakDigestName(digest) { faults.append(.weakDigest(weak)) }
        let hasAttributes = CMS_signed_get_attr_count(pointer) > 0
        // Without signed attributes the signature stands over the content itself, and the second check covers it.
        if hasAttributes, CMS_SignerInfo_verify(pointer) != 1 { faults.append(.signatureBroken) }
        if CMS_SignerInfo_verify_content(pointer, digested) != 1 { faults.append(.contentChanged) }
        _ = libraryReasons()
        let certificate = try Certificate(borrowing: leaf)
        if try !isBound(to: certificate) { faults.append(.signerCertificateNotBound) }
        return SignerFinding(certificate: certificate, claimedTime: claimedTime(), faults: faults)
    }

    private func weakDigestName(_ algorithm: UnsafePointer<X509_ALGOR>?) -> String? {
        var object: OpaquePointer?
        X509_ALGOR_get0(&object, nil, nil, algorithm)
        let identifier = OBJ_obj2nid(object)
        guard ![NID_sha256, NID_sha384, NID_sha512].contains(identifier) else { return nil }
        return OBJ_nid2sn(identifier).map { String(cString: $0) } ?? "unknown"
    }

    /// Whether the signed attributes name this very certificate by its hash (RFC 5035).
    private func isBound(to certificate: Certificate) throws(TrustError) -> Bool {
        let old = try signedValue(NID_id_smime_aa_signingCertificate) { position, count in
            d2i_ESS_SIGNING_CERT(nil, &position, count)
        }
        let new = try signedValue(NID_id_smime_aa_signingCertificateV2) { position, count in
            d2i_ESS_SIGNING_CERT_V2(nil, &position, count)
        }
        defer {
            ESS_SIGNING_CERT_free(old)
            ESS_SIGNING_CERT_V2_free(new)
        }
        let chain = try stack([certificate])
        defer { _ = libraryReasons() }
        return OSSL_ESS_check_signing_certs(old, new, chain.pointer, 1) > 0
    }

    private func signedValue(
        _ identifier: Int32, _ decode: (inout UnsafePointer<UInt8>?, Int) -> OpaquePointer?
    ) throws(TrustError) -> OpaquePointer? {
        let index = CMS_signed_get_attr_by_NID(pointer, identifier, -1)
        guard index >= 0, let attribute = CMS_signed_get_attr(pointer, index),
            let value = X509_ATTRIBUTE_get0_data(attribute, 0, V_ASN1_SEQUENCE, nil)
        else { return nil }
        let string = value.assumingMemoryBound(to: ASN1_STRING.self)
        var position = ASN1_STRING_get0_data(string)
        return decode(&position, Int(ASN1_STRING_length(string)))
    }

    private func claimedTime() -> Date? {
        let index = CMS_signed_get_attr_by_NID(pointer, NID_pkcs9_signingTime, -1)
        guard index >= 0, let attribute = CMS_signed_get_attr(pointer, index),
            let type = X509_ATTRIBUTE_get0_type(attribute, 0),
            [V_ASN1_UTCTIME, V_ASN1_GENERALIZEDTIME].contains(ASN1_TYPE_get(type)),
            let value = X509_ATTRIBUTE_get0_data(attribute, 0, ASN1_TYPE_get(type), nil)
        else { return nil }
        return try? date(value.assumingMemoryBound(to: ASN1_TIME.self))
    }
}

/// What a message says about one signer, before anybody asks whether he is trusted.
private struct SignerFinding {
    let certificate: Certificate?
    let claimedTime: Date?
    let faults: [SignatureVerdict.Fault]

    func verdict(
        anchors: TrustAnchors, included: [Certificate], revocation: TrustAnchors.Revocation, at moment: Date
    ) throws(TrustError) -> SignatureVerdict {
        var faults = faults
        var trustedChain: [Certificate] = []
        var trustedRoot: TrustAnchors.RootClass?
        if let certificate {
            switch try anchors.verify(certificate, through: included, revocation: revocation, at: moment) {
            case .refused(let fault): faults.append(.certificate(fault))
            case .trusted(let chain, let rootClass):
                trustedChain = chain
                trustedRoot = rootClass
                if !certificate.allowsSigning {
                    faults.append(.certificate(CertificateFault(.usage, "its key usage does not allow signing")))
                } else if !certificate.isStrongEnough {
                    faults.append(.certificate(CertificateFault(.weak, "the signer's key is too short")))
                }
            }
        }
        return SignatureVerdict(
            certificate: certificate, claimedTime: claimedTime, chain: trustedChain, rootClass: trustedRoot,
            faults: faults)
    }
}
