import Testing
import Trust

@Suite("Digests, codes and random bytes")
struct DigestTests {
    @Test("hashes match the standard's own examples")
    func standardExamples() {
        #expect(
            Digest.sha256("abc").hex == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Digest.sha256([]).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            Digest.sha512("abc".utf8).hex
                == "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")
    }

    @Test("a digest fed in pieces is the digest of the whole")
    func pieces() throws {
        var running = try RunningDigest()
        for piece in ["Giới ", "thiệu ", "", "chuyển"] { try running.update(piece.utf8) }
        #expect(try running.finish() == Digest.sha256("Giới thiệu chuyển"))
    }

    /// RFC 4231, test cases 1, 2, 3, 4, 6 and 7.
    static let rfc4231: [(key: [UInt8], data: [UInt8], sha256: String, sha512: String)] = [
        (
            Array(repeating: 0x0b, count: 20), Array("Hi There".utf8),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
                + "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"
        ),
        (
            Array("Jefe".utf8), Array("what do ya want for nothing?".utf8),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
        ),
        (
            Array(repeating: 0xaa, count: 20), Array(repeating: 0xdd, count: 50),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
                + "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb"
        ),
        (
            Array(1...25), Array(repeating: 0xcd, count: 50),
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
                + "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd"
        ),
        (
            Array(repeating: 0xaa, count: 131),
            Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
                + "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"
        ),
        (
            Array(repeating: 0xaa, count: 131),
            Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
                + "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58"
        ),
    ]

    @Test("codes match RFC 4231", arguments: rfc4231.indices)
    func hmac(index: Int) {
        let vector = Self.rfc4231[index]
        #expect(MAC.hmacSHA256(key: vector.key, vector.data).hex == vector.sha256)
        #expect(MAC.hmacSHA512(key: vector.key, vector.data).hex == vector.sha512)
    }

    @Test("an empty key is a key, not the one used before")
    func emptyKey() {
        _ = MAC.hmacSHA256(key: "another", "text")
        #expect(
            MAC.hmacSHA256(key: "", "").hex == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test("equal bytes are equal whatever holds them, and one changed bit is seen")
    func comparison() {
        #expect(MAC.constantTimeEquals([1, 2, 3], ContiguousArray<UInt8>([1, 2, 3])))
        #expect(MAC.constantTimeEquals([], [UInt8]()))
        #expect(!MAC.constantTimeEquals([1, 2, 3], [1, 2, 2]))
        #expect(!MAC.constantTimeEquals([1, 2, 3], [1, 2]))
    }

    @Test("hexadecimal digits are read back in either case, and nothing else is")
    func hexadecimal() {
        #expect([UInt8]([0, 0x0f, 0xa0, 0xff]).hex == "000fa0ff")
        #expect([UInt8](hex: "000FA0ff") == [0, 0x0f, 0xa0, 0xff])
        #expect([UInt8](hex: "") == [])
        for wrong in ["0", "0g", "00 ", "0x00", "é0"] { #expect([UInt8](hex: wrong) == nil) }
    }

    @Test("random bytes have the length asked for and differ each time")
    func random() throws {
        #expect(try SecureRandom.bytes(0).isEmpty)
        #expect(try SecureRandom.bytes(32).count == 32)
        #expect(try SecureRandom.bytes(32) != SecureRandom.bytes(32))
        #expect(throws: TrustError.self) { try SecureRandom.bytes(-1) }
    }
}
