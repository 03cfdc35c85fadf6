public import Foundation

/// An X.509 certificate, read once into a value: no OpenSSL object stays behind.
public struct Certificate: Sendable {
    /// The certificate's own bytes.
    public let der: [UInt8]
    /// Whose key it is.
    public let subject: DistinguishedName
    /// Who says so.
    public let issuer: DistinguishedName
    /// The serial number as lowercase hexadecimal digits.
    public let serial: String
    /// Valid from this moment.
    public let notBefore: Date
    /// Valid until and including this moment.
    public let notAfter: Date
    /// The kind of key that is certified.
    public let publicKeyAlgorithm: PublicKeyAlgorithm
    /// The key's size in bits.
    public let publicKeyBits: Int
    /// What the key may be used for; nil when the certificate does not restrict it.
    public let keyUsage: KeyUsage?
    /// Whether it is an authority's, allowed to certify others.
    public let isAuthority: Bool
    /// Where its revocation can be asked by OCSP.
    public let ocspAddresses: [String]

    /// The encoded INTEGER of the serial number.
    let serialDER: [UInt8]

    /// SHA-256 of the whole certificate: 32 bytes.
    public var fingerprint: [UInt8] { Digest.sha256(der) }

    /// Whether the key is as strong as Decree 23/2025 and Circular 15/2025 ask: RSA of 2048, ECDSA of 256 bits at least.
    public var isStrongEnough: Bool {
        switch publicKeyAlgorithm {
        case .rsa: publicKeyBits >= 2048
        case .ecdsa: publicKeyBits >= 256
        case .other: false
        }
    }

    /// Throws `.certificateUnusable` or `.keyTooWeak` with the reason when nothing may be signed with it at this moment.
    ///
    /// Issuer and revocation are not looked at: that is `TrustAnchors.verify`.
    public func checkUsableForSigning(at moment: Date) throws(TrustError) {
        guard isStrongEnough else { throw tooWeak }
        guard moment >= notBefore else {
            throw TrustError(.certificateUnusable, "the certificate is not valid before \(notBefore)")
        }
        guard moment <= notAfter else {
            throw TrustError(.certificateUnusable, "the certificate expired at \(notAfter)")
        }
        guard allowsSigning else {
            throw TrustError(.certificateUnusable, "the certificate's key usage does not allow signing")
        }
    }

    var tooWeak: TrustError {
        TrustError(
            .keyTooWeak, "the key is \(publicKeyAlgorithm) of \(publicKeyBits) bits; RSA 2048 or ECDSA 256 is asked")
    }

    /// Whether the key usage, where there is one, names signatures or non-repudiation.
    public var allowsSigning: Bool {
        guard let keyUsage else { return !isAuthority }
        return keyUsage.contains(.digitalSignature) || keyUsage.contains(.nonRepudiation)
    }
}

extension Certificate: Hashable {
    public static func == (left: Certificate, right: Certificate) -> Bool { left.der == right.der }
    public func hash(into hasher: inout Hasher) { hasher.combine(der) }
}

extension Certificate: CustomStringConvertible {
    /// Issuer and serial number only, since holders' names and numbers do not belong in logs.
    public var description: String { "certificate \(serial) of \(issuer)" }
}

/// The kind of a public key.
public enum PublicKeyAlgorithm: Sendable, Hashable, CustomStringConvertible {
    case rsa
    case ecdsa
    /// Any other, by OpenSSL's name; never accepted for signing.
    case other(String)

    public var description: String {
        switch self {
        case .rsa: "RSA"
        case .ecdsa: "ECDSA"
        case .other(let name): name
        }
    }
}

/// What a certified key may be used for (RFC 5280, 4.2.1.3).
public struct KeyUsage: OptionSet, Sendable, Hashable {
    public let rawValue: UInt32

    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let digitalSignature = KeyUsage(rawValue: 0x0080)
    public static let nonRepudiation = KeyUsage(rawValue: 0x0040)
    public static let keyEncipherment = KeyUsage(rawValue: 0x0020)
    public static let dataEncipherment = KeyUsage(rawValue: 0x0010)
    public static let keyAgreement = KeyUsage(rawValue: 0x0008)
    public static let certificateSigning = KeyUsage(rawValue: 0x0004)
    public static let crlSigning = KeyUsage(rawValue: 0x0002)
}
