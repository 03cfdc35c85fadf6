import Foundation
import JWTKit

/// Where the identity provider's public keys come from.
protocol KeySource: Sendable {
    /// The keys known now; nothing when there never were any.
    func current() async -> JWTKeyCollection?
    /// The keys after looking again because a token names a key that is not known; nothing when looking is not due.
    func afterUnknownKey() async -> JWTKeyCollection?
}

/// Reads a JWKS document.
enum KeySetDocument {
    private struct Document: Decodable {
        var keys: [Entry]
    }

    /// One key; kinds that this program does not know are skipped instead of spoiling the others.
    private struct Entry: Decodable {
        var key: JWK?

        init(from decoder: any Decoder) throws { key = try? JWK(from: decoder) }
    }

    /// The signature keys of a document; throws when there is none.
    static func keys(in document: Data) async throws -> JWTKeyCollection {
        let found = try JSONDecoder().decode(Document.self, from: document).keys.compactMap(\.key)
        let collection = JWTKeyCollection()
        var count = 0
        for key in found where key.keyIdentifier != nil {
            // A collection without a default key refuses tokens that name none.
            if (try? await collection.add(jwk: key, isDefault: false)) != nil { count += 1 }
        }
        guard count > 0 else { throw KeySetFault.noUsableKey }
        return collection
    }
}

/// Why a JWKS document is of no use.
enum KeySetFault: Error {
    case noUsableKey
    case tooLarge
    case status(UInt)
    case unreadable
}
