import Contracts
import Foundation
import Testing

@testable import SigningDomain

@Suite("Sums in words")
struct AmountInWordsTests {
    @Test(
        "as they are read in Vietnamese",
        arguments: [
            (0, "Không"), (1, "Một"), (4, "Bốn"), (5, "Năm"), (10, "Mười"), (11, "Mười một"), (14, "Mười bốn"),
            (15, "Mười lăm"), (20, "Hai mươi"), (21, "Hai mươi mốt"), (24, "Hai mươi tư"), (25, "Hai mươi lăm"),
            (90, "Chín mươi"), (91, "Chín mươi mốt"), (100, "Một trăm"), (101, "Một trăm linh một"),
            (104, "Một trăm linh bốn"), (105, "Một trăm linh năm"), (110, "Một trăm mười"),
            (111, "Một trăm mười một"), (115, "Một trăm mười lăm"), (121, "Một trăm hai mươi mốt"),
            (999, "Chín trăm chín mươi chín"), (1_000, "Một nghìn"), (1_001, "Một nghìn không trăm linh một"),
            (1_010, "Một nghìn không trăm mười"), (1_100, "Một nghìn một trăm"), (10_500, "Mười nghìn năm trăm"),
            (15_930, "Mười lăm nghìn chín trăm ba mươi"), (21_000, "Hai mươi mốt nghìn"),
            (100_005, "Một trăm nghìn không trăm linh năm"), (1_000_000, "Một triệu"),
            (1_000_005, "Một triệu không trăm linh năm"), (1_005_000, "Một triệu không trăm linh năm nghìn"),
            (400_070_192, "Bốn trăm triệu không trăm bảy mươi nghìn một trăm chín mươi hai"),
            (1_000_000_000, "Một tỷ"), (1_000_000_001, "Một tỷ không trăm linh một"),
            (1_024_000_000, "Một tỷ không trăm hai mươi tư triệu"), (2_500_000_000_000, "Hai nghìn năm trăm tỷ"),
            (1_000_000_000_000_000, "Một triệu tỷ"), (-15_000, "Âm mười lăm nghìn"),
        ] as [(Int64, String)])
    func read(amount: Int64, words: String) {
        #expect(AmountInWords(Dong(amount)).description == words + " đồng")
    }

    /// ICU reads by Unicode CLDR, independently of us; it says `lẻ` for our `linh`, and leaves missing hundreds out in
    /// the groups before the last one, and in the last one behind an empty one.
    @Test("agree with ICU in the thousands of figures that receipts have")
    func agreesWithICU() throws {
        let formatter = NumberFormatter()
        formatter.locale = Locale(identifier: "vi_VN")
        formatter.numberStyle = .spellOut
        var generator = SystemRandomNumberGenerator()
        let amounts =
            Array(0...1_200) + (0..<3_000).map { _ in Int64.random(in: 1_000...999_999_999, using: &generator) }
            + (0..<500).map { Int64($0 * 1_000_500) }
        func isReadAlike(_ amount: Int64) -> Bool {
            [(1_000, 1_000_000), (1_000_000, 1_000_000_000)].allSatisfy { unit, above in
                amount < above || amount / unit % 1_000 == 0 || amount / unit % 1_000 >= 100
            } && (amount < 1_000_000 || amount % 1_000_000 == 0 || amount % 1_000_000 >= 100)
        }
        let alike = amounts.filter(isReadAlike)
        #expect(alike.count > 3_000)
        for amount in alike {
            let icu = try #require(formatter.string(from: NSNumber(value: amount))).replacing("lẻ", with: "linh")
            let ours = AmountInWords(Dong(amount)).description
            #expect(ours.lowercased() == "\(icu) đồng", "\(amount)")
        }
    }
}
