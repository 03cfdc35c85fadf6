/// Under which root of trust the signer's certificate stands.
public enum SignerClass: String, Codable, Hashable, Sendable, CaseIterable {
    /// A public certification authority under NEAC.
    case `public`
    /// The Government Cipher Committee.
    case government
    /// A key for development; never accepted in production.
    case development
}

/// The level of a signature by the baseline profiles of ETSI.
public enum SignatureLevel: String, Codable, Hashable, Sendable, CaseIterable {
    case basic = "B-B"
    /// With a time-stamp.
    case timeStamped = "B-T"
    /// With the chain and revocation data.
    case longTerm = "B-LT"
    /// With archive time-stamps.
    case archival = "B-LTA"
}
