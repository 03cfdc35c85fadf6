import Foundation
import Glibc
import HTTPTypes
import ServiceKit

/// Addresses from which somebody may call, as networks in CIDR notation.
struct SourceNetworks: Sendable {
    private struct Network: Sendable {
        let address: [UInt8]
        let length: Int

        func contains(_ other: [UInt8]) -> Bool {
            guard other.count == address.count else { return false }
            let whole = length / 8
            guard address[..<whole] == other[..<whole] else { return false }
            guard length % 8 > 0 else { return true }
            let mask = UInt8(truncatingIfNeeded: 0xFF00 >> (length % 8))
            return address[whole] & mask == other[whole] & mask
        }
    }

    private let networks: [Network]

    /// No restriction.
    static let any = SourceNetworks(networks: [])

    private init(networks: [Network]) { self.networks = networks }

    /// Reads `203.0.113.0/24`, `2001:db8::/32` or single addresses; nil when one is neither. An empty list is no
    /// restriction.
    init?(_ texts: [String]) {
        var networks: [Network] = []
        for text in texts {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard let address = parts.first.flatMap({ Self.bytes(of: String($0)) }), parts.count <= 2 else {
                return nil
            }
            let bits = address.count * 8
            guard let length = parts.count == 2 ? Int(parts[1]) : bits, (0...bits).contains(length) else { return nil }
            networks.append(Network(address: address, length: length))
        }
        self.networks = networks
    }

    var isUnrestricted: Bool { networks.isEmpty }

    /// Whether the address lies in one of them; an unknown address lies in none.
    func contain(_ address: String?) -> Bool {
        guard let bytes = address.flatMap(Self.bytes) else { return false }
        return networks.contains { $0.contains(bytes) }
    }

    /// Four or sixteen bytes; an IPv4 address written as IPv6 is the IPv4 address.
    private static func bytes(of text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
        var sixteen = in6_addr()
        guard inet_pton(AF_INET6, text, &sixteen) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: sixteen) { Array($0) }
        let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
        return isMapped ? Array(bytes[12...]) : bytes
    }
}

/// Finds out who called when our own proxies stand between.
struct CallerAddress: Sendable {
    /// Our proxies; nobody else is believed about whom he speaks for.
    let proxies: SourceNetworks

    /// The last address in `X-Forwarded-For` that is none of our proxies, when the connection comes from one; else the
    /// other end of the connection.
    func resolve(peer: String?, headers: HTTPFields) -> String? {
        guard proxies.contain(peer), let name = HTTPField.Name("X-Forwarded-For") else { return peer }
        let hops = headers[values: name].flatMap { $0.split(separator: ",") }.map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        return hops.last { !proxies.contain($0) } ?? peer
    }
}
