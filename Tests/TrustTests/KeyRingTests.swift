import Testing

@testable import Trust

@Suite("Sealed data")
struct KeyRingTests {
    static let first = [UInt8](repeating: 1, count: 32)
    static let second = [UInt8](repeating: 2, count: 32)

    private func ring(_ keys: [String: [UInt8]] = ["2026-01": first], current: String = "2026-01") throws -> KeyRing {
        try KeyRing(keys: keys, current: current)
    }

    @Test("the cipher matches the GCM specification's test cases 15 and 16")
    func vectors() throws {
        let key = try #require([UInt8](hex: "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"))
        let nonce = try #require([UInt8](hex: "cafebabefacedbaddecaf888"))
        let plaintext = try #require(
            [UInt8](
                hex: "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                    + "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"))
        let context = try #require([UInt8](hex: "feedfacedeadbeeffeedfacedeadbeefabaddad2"))
        let ciphertext =
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        let box = try AESGCM.seal(plaintext, key: key, nonce: nonce, authenticating: context)
        #expect(box.hex == ciphertext + "76fc6ece0f4e1768cddf8853bb2d551b")
        #expect(try AESGCM.open(box, key: key, nonce: nonce, authenticating: context) == plaintext)
    }

    @Test("what is sealed opens again", arguments: [0, 1, 15, 16, 17, 100_000])
    func roundTrip(length: Int) throws {
        let plaintext = try SecureRandom.bytes(length)
        let ring = try ring()
        let sealed = try ring.seal(plaintext, context: "intake.draft/1")
        #expect(try ring.open(sealed, context: "intake.draft/1") == plaintext)
    }

    @Test("the same text sealed twice looks different")
    func nonce() throws {
        let ring = try ring()
        #expect(try ring.seal("x".utf8, context: "") != ring.seal("x".utf8, context: ""))
    }

    @Test("any one changed byte is refused")
    func tampering() throws {
        let ring = try ring()
        let sealed = try ring.seal("Nguyễn Văn Mẫu 01".utf8, context: "c")
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x01
            #expect(throws: TrustError.self) { try ring.open(changed, context: "c") }
        }
        for length in sealed.indices {
            #expect(throws: TrustError.self) { try ring.open(sealed.prefix(length), context: "c") }
        }
    }

    @Test("a value moved to another context is refused")
    func context() throws {
        let ring = try ring()
        let sealed = try ring.seal("x".utf8, context: "row/1")
        let error = #expect(throws: TrustError.self) { try ring.open(sealed, context: "row/2") }
        #expect(error?.code == .notAuthentic)
    }

    @Test("after a rotation old values open and are found for sealing again")
    func rotation() throws {
        let before = try ring()
        let old = try before.seal("x".utf8, context: "c")
        let after = try ring(["2026-01": Self.first, "2026-07": Self.second], current: "2026-07")
        #expect(try after.open(old, context: "c") == Array("x".utf8))
        #expect(try after.needsResealing(old))
        #expect(try !after.needsResealing(after.seal("x".utf8, context: "c")))

        let later = try ring(["2026-07": Self.second], current: "2026-07")
        let error = #expect(throws: TrustError.self) { try later.open(old, context: "c") }
        #expect(error?.code == .unknownKey)
    }

    @Test("an id that names another key does not open the value")
    func wrongKeyUnderTheSameID() throws {
        let sealed = try ring().seal("x".utf8, context: "c")
        let other = try ring(["2026-01": Self.second])
        let error = #expect(throws: TrustError.self) { try other.open(sealed, context: "c") }
        #expect(error?.code == .notAuthentic)
    }

    @Test("a ring without its current key, or with a short one, is refused")
    func construction() {
        #expect(throws: TrustError.self) { try ring(current: "2027-01") }
        #expect(throws: TrustError.self) { try ring(["2026-01": [1, 2, 3]]) }
        #expect(throws: TrustError.self) { try ring(["": Self.first], current: "") }
    }

    @Test("a printed ring shows ids and no keys")
    func description() throws {
        let ring = try ring()
        var dumped = ""
        dump(ring, to: &dumped)
        for text in ["\(ring)", String(reflecting: ring), dumped] {
            #expect(text.contains("2026-01"))
            #expect(!text.contains("1, 1, 1"))
            #expect(!text.contains("- 1\n"))
        }
    }
}
