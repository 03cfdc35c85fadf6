public import Foundation

extension CMS {
    /// A detached signature before the key has spoken: what must be signed, and how the answer completes it.
    ///
    /// This is the cut at which a remote provider works: it gets the hash only, and answers perhaps much later.
    public struct Draft: Sendable, Hashable {
        /// The exact bytes under the key's signature: the signed attributes in DER.
        public let bytesToSign: [UInt8]
        /// The signer's certificate.
        public let certificate: Certificate
        /// The certificates above it that travel along.
        public let chain: [Certificate]

        /// SHA-256 of `bytesToSign`, for a key that signs hashes.
        public var digestToSign: [UInt8] { Digest.sha256(bytesToSign) }

        /// Prepares the signature of content with this SHA-256.
        public init(
            contentDigest: [UInt8], certificate: Certificate, chain: [Certificate], signingTime: Date? = nil
        ) {
            var attributes = [
                Self.attribute(ObjectIdentifier.contentType, ObjectIdentifier.data),
                Self.attribute(ObjectIdentifier.messageDigest, DER.octetString(contentDigest)),
                // SigningCertificateV2 with one ESSCertIDv2, whose hash is SHA-256 by default (RFC 5035).
                Self.attribute(
                    ObjectIdentifier.signingCertificateV2,
                    DER.sequence(DER.sequence(DER.sequence(DER.octetString(certificate.fingerprint))))),
            ]
            if let signingTime {
                attributes.append(Self.attribute(ObjectIdentifier.signingTime, DER.time(signingTime)))
            }
            self.bytesToSign = DER.set(attributes)
            self.certificate = certificate
            self.chain = chain
        }

        /// Puts the key's signature in; the result is the whole CMS in DER.
        ///
        /// Throws `.keyMismatch` when the signature is not the certificate's over `bytesToSign`: a provider's or a
        /// token's wrong answer must not become a document.
        ///
        /// - Parameters:
        ///   - signature: RSA PKCS #1 v1.5 or ECDSA (DER), over SHA-256.
        ///   - timeStampToken: A time-stamp (RFC 3161) of the signature, added as unsigned attribute.
        public func completed(
            with signature: [UInt8], timeStampToken: [UInt8]? = nil
        ) throws(TrustError) -> [UInt8] {
            guard try certificate.verifies(signature, of: bytesToSign) else {
                throw TrustError(.keyMismatch, "the signature was not made by the certificate's key")
            }
            let digestAlgorithm = DER.sequence(ObjectIdentifier.sha256)
            // [0] IMPLICIT: the same content as the SET that was signed, under another tag.
            var attributes = bytesToSign
            attributes[0] = 0xa0
            var unsigned: [UInt8] = []
            if let timeStampToken {
                unsigned = DER.context(1, Self.attribute(ObjectIdentifier.signatureTimeStamp, timeStampToken))
            }
            let signer = DER.sequence(
                DER.smallInteger(1), DER.sequence(certificate.issuer.der, certificate.serialDER), digestAlgorithm,
                attributes, signatureAlgorithm, DER.octetString(signature), unsigned)
            let signedData = DER.sequence(
                DER.smallInteger(1), DER.set([digestAlgorithm]), DER.sequence(ObjectIdentifier.data),
                DER.context(0, DER.sorted(([certificate] + chain).map(\.der))), DER.set([signer]))
            return DER.sequence(ObjectIdentifier.signedData, DER.context(0, signedData))
        }

        private var signatureAlgorithm: [UInt8] {
            certificate.publicKeyAlgorithm == .ecdsa
                ? DER.sequence(ObjectIdentifier.ecdsaWithSHA256)
                : DER.sequence(ObjectIdentifier.rsaEncryption, DER.null)
        }

        private static func attribute(_ type: [UInt8], _ value: [UInt8]) -> [UInt8] {
            DER.sequence(type, DER.set([value]))
        }
    }
}
