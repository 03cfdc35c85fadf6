import HTTPTypes
import Testing

@testable import Dues

@Suite("Where callbacks come from")
struct SourceNetworksTests {
    @Test(
        "an address lies in a network or not",
        arguments: [
            ("203.0.113.0/24", "203.0.113.255", true), ("203.0.113.0/24", "203.0.114.0", false),
            ("203.0.113.128/25", "203.0.113.127", false), ("203.0.113.128/25", "203.0.113.128", true),
            ("203.0.113.7", "203.0.113.7", true), ("203.0.113.7", "203.0.113.8", false),
            ("203.0.113.7/32", "::ffff:203.0.113.7", true), ("2001:db8::/33", "2001:db8:7fff::1", true),
            ("2001:db8::/33", "2001:db8:8000::1", false), ("2001:db8::/32", "203.0.113.7", false),
            ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false), ("203.0.113.0/24", "203.0.113.7.evil", false),
        ])
    func contain(network: String, address: String, expected: Bool) throws {
        #expect(try #require(SourceNetworks([network])).contain(address) == expected)
    }

    @Test("an unknown address lies in no network; no network is no restriction")
    func unknown() throws {
        let networks = try #require(SourceNetworks(["0.0.0.0/0", "::/0"]))
        #expect(!networks.contain(nil))
        #expect(!networks.isUnrestricted)
        #expect(try #require(SourceNetworks([])).isUnrestricted)
        for wrong in [
            "203.0.113.0/33", "203.0.113", "x", "", "203.0.113.0/24/1", "203.0.113.0/-1", "::/129", "1.1.1.1/",
        ] {
            #expect(SourceNetworks([wrong]) == nil, "\(wrong)")
        }
    }

    @Test("only our own proxies are believed about whom they speak for: the last address that is none of them")
    func proxies() throws {
        let addresses = CallerAddress(proxies: try #require(SourceNetworks(["10.0.0.0/8"])))
        func caller(_ peer: String?, _ forwarded: String?) throws -> String? {
            var headers = HTTPFields()
            if let forwarded { headers[try #require(HTTPField.Name("X-Forwarded-For"))] = forwarded }
            return addresses.resolve(peer: peer, headers: headers)
        }
        #expect(try caller("10.0.0.1", "198.51.100.9, 203.0.113.7") == "203.0.113.7")
        #expect(try caller("10.0.0.1", "203.0.113.7, 10.0.0.2") == "203.0.113.7")
        #expect(try caller("203.0.113.9", "203.0.113.7") == "203.0.113.9")
        #expect(try caller("10.0.0.1", nil) == "10.0.0.1")
        #expect(try caller(nil, "203.0.113.7") == nil)
        let none = CallerAddress(proxies: .any)
        #expect(none.resolve(peer: "10.0.0.1", headers: [:]) == "10.0.0.1")
    }
}
