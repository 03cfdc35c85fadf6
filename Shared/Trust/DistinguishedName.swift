import COpenSSL

/// The name of a certificate's holder or issuer.
public struct DistinguishedName: Sendable, Hashable, CustomStringConvertible {
    /// One attribute of the name.
    public struct Attribute: Sendable, Hashable {
        /// The usual short name ("CN", "O", "UID"), or the dotted object identifier where there is none.
        public let name: String
        /// The value as text.
        public let value: String
    }

    /// The attributes in the certificate's own order, broadest first.
    public let attributes: [Attribute]
    /// The encoded name, by which issuers and holders are matched.
    public let der: [UInt8]

    /// The common name (CN): the last one where there are several.
    public var commonName: String? { value(of: "CN") }
    /// The organisation (O).
    public var organizationName: String? { value(of: "O") }

    /// The last value of an attribute by its short name, for example "UID" for the holder's registered number.
    public func value(of name: String) -> String? { attributes.last { $0.name == name }?.value }

    /// The attributes, most specific first, for people to read; not for comparing.
    public var description: String { attributes.reversed().map { "\($0.name)=\($0.value)" }.joined(separator: ", ") }
}

extension DistinguishedName {
    /// Reads a name that stays its certificate's.
    init(borrowing name: OpaquePointer?) throws(TrustError) {
        var attributes: [Attribute] = []
        for index in 0..<max(0, X509_NAME_entry_count(name)) {
            guard let entry = X509_NAME_get_entry(name, index),
                let value = utf8Text(of: X509_NAME_ENTRY_get_data(entry))
            else {
                throw TrustError.fromLibrary("a certificate's name cannot be read", .malformed)
            }
            attributes.append(Attribute(name: attributeName(X509_NAME_ENTRY_get_object(entry)), value: value))
        }
        self.attributes = attributes
        der = try encoded("name") { i2d_X509_NAME(name, $0) }
    }
}

private func attributeName(_ object: OpaquePointer?) -> String {
    if let short = OBJ_nid2sn(OBJ_obj2nid(object)), OBJ_obj2nid(object) != NID_undef { return String(cString: short) }
    var text = [CChar](repeating: 0, count: 128)
    guard OBJ_obj2txt(&text, Int32(text.count), object, 1) > 0 else { return "?" }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

private func utf8Text(of string: UnsafePointer<ASN1_STRING>?) -> String? {
    guard let string else { return nil }
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = ASN1_STRING_to_UTF8(&bytes, string)
    defer { hoso_openssl_free(bytes) }
    guard count >= 0, let bytes else { return nil }
    return String(validating: UnsafeBufferPointer(start: bytes, count: Int(count)), as: UTF8.self)
}

/// Calls one of OpenSSL's `i2d` functions and copies what it writes.
func encoded(
    _ what: String, _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) -> Int32
) throws(TrustError) -> [UInt8] {
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = write(&bytes)
    defer { hoso_openssl_free(bytes) }
    guard count >= 0, let bytes else { throw TrustError.fromLibrary("a \(what) cannot be encoded") }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
}
