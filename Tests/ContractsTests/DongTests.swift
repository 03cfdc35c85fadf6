import Contracts
import TestSeed
import Testing

@Suite("Money in whole đồng")
struct DongTests {
    @Test("it is a JSON integer; fractions, text and what is too large are refused")
    func json() throws {
        #expect(try jsonText([Dong(15_930), Dong(-1)]) == "[15930,-1]")
        #expect(try ContractsJSON.decode([Dong].self, from: Array("[15930]".utf8)) == [Dong(15_930)])
        for wrong in ["[1.5]", "[\"1\"]", "[null]", "[true]", "[1e99]", "[9223372036854775808]", "[1000000000000001]"] {
            #expect(throws: (any Error).self, "\(wrong)") {
                try ContractsJSON.decode([Dong].self, from: Array(wrong.utf8))
            }
        }
    }

    @Test("an amount from outside is plain digits within the limit")
    func fromOutside() throws {
        #expect(try Dong(checking: "0012") == Dong(12))
        #expect(try Dong(checking: "1000000000000000") == Dong(Dong.limit))
        for text in ["", "1.000", "+5", " 5", "５", "99999999999999999999", "0x10", "1e3"] {
            #expect(brokenRule { _ = try Dong(checking: text) } == "money.digits", "\(text)")
        }
        #expect(brokenRule { _ = try Dong(checking: "-5") } == "money.digits")
        #expect(brokenRule { _ = try Dong(checking: "1000000000000001") } == "money.too-large")
        #expect(brokenRule { _ = try Dong(checking: -5) } == "money.negative")
        #expect(try Dong(checking: -5, allowingNegative: true) == Dong(-5))
        #expect(brokenRule { _ = try Dong(checking: Int64.min, allowingNegative: true) } == "money.too-large")
    }

    @Test("it is read with points between thousands")
    func reading() {
        #expect(Dong(5_310_000).description == "5.310.000 đ")
        #expect(Dong(-1_000).description == "-1.000 đ")
        #expect(Dong(999).description == "999 đ")
        #expect(Dong.zero.description == "0 đ")
    }

    @Test(
        "dues of the regional minimum wage come out as published",
        arguments: [
            (5_310_000, 30, 15_930), (4_730_000, 30, 14_190), (4_140_000, 30, 12_420), (3_700_000, 30, 11_100),
            (5_310_000, 20, 10_620), (4_730_000, 20, 9_460), (4_140_000, 20, 8_280), (3_700_000, 20, 7_400),
        ])
    func rates(wage: Int64, basisPoints: Int, dues: Int64) throws {
        #expect(Dong(wage).applying(try BasisPoints(basisPoints)) == Dong(dues))
    }

    @Test("half a đồng is rounded as configured, below zero as above")
    func rounding() throws {
        let half = try BasisPoints(50)
        #expect(Dong(100).applying(half) == Dong(1))
        #expect(Dong(300).applying(half) == Dong(2))
        #expect(Dong(299).applying(half) == Dong(1))
        #expect(Dong(-300).applying(half) == Dong(-2))
        #expect(Dong(300).applying(half, rounding: .down) == Dong(1))
        #expect(Dong(201).applying(half, rounding: .up) == Dong(2))
        #expect(Dong(200).applying(half, rounding: .up) == Dong(1))
    }

    @Test(
        "the last đồng goes to the level that keeps",
        arguments: [
            (1, 3_000, 1, 0), (1_000_001, 3_000, 300_001, 700_000), (99, 5_000, 50, 49), (15_930, 9_000, 14_337, 1_593),
        ])
    func split(whole: Int64, share: Int, kept: Int64, passed: Int64) throws {
        let split = Dong(whole).split(keeping: try BasisPoints(share))
        #expect(split.kept == Dong(kept))
        #expect(split.passed == Dong(passed))
    }

    @Test("parts always add up to the whole and none is negative")
    func addsUp() throws {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2_000 {
            let whole = Dong(
                Int64.random(in: 0...Dong.limit, using: &generator) >> Int64.random(in: 0...45, using: &generator))
            let split = whole.split(keeping: try BasisPoints(Int.random(in: 0...10_000, using: &generator)))
            #expect(split.kept + split.passed == whole)
            #expect(split.kept >= .zero && split.passed >= .zero)
            let reversal = (-whole).split(keeping: try BasisPoints(3_000))
            let original = whole.split(keeping: try BasisPoints(3_000))
            #expect(reversal.kept == -original.kept && reversal.passed == -original.passed)
            let weights = (0..<Int.random(in: 1...9, using: &generator)).map { _ in
                Int64.random(in: 1...1_000_000, using: &generator)
            }
            let parts = try whole.distributed(by: weights, keeper: weights.count - 1)
            #expect(parts.sum() == whole)
            #expect(parts.allSatisfy { $0 >= .zero })
        }
    }

    @Test("weights that mean nothing are refused")
    func weights() throws {
        for (weights, keeper) in [([], 0), ([1], 1), ([0, 0], 0), ([-1, 2], 0), ([Int64.max, 1], 0)] as [([Int64], Int)]
        {
            #expect(brokenRule { _ = try Dong(5).distributed(by: weights, keeper: keeper) } == "split.weights")
        }
        #expect(brokenRule { _ = try BasisPoints(10_001) } == "share.range")
        #expect(brokenRule { _ = try BasisPoints(-1) } == "share.range")
    }
}
