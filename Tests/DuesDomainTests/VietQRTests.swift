import Contracts
import Testing

@testable import DuesDomain

@Suite("VietQR")
struct VietQRTests {
    @Test("the check sum is CRC-16/CCITT-FALSE")
    func checksum() {
        #expect(VietQRPayload.checksum("123456789".utf8) == 0x29B1)
        // A sample of the network, for an account at the bank 970403.
        let sample = "00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN6304"
        #expect(VietQRPayload.checksum(sample.utf8) == 0x9E6F)
    }

    @Test("the payload names account, amount and reference")
    func payload() throws {
        let reference = try PaymentReference("DP26050001")
        let payload = try #require(
            VietQRPayload(bin: "970403", account: "0011012345678", amount: Dong(15_930), reference: reference))
        let text =
            "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA53037045405159305802VN"
            + "62140810DP260500016304"
        #expect(payload.text.dropLast(4) == text)
        #expect(payload.text.suffix(4) == "CF9A")
    }

    @Test("what cannot stand in a code gives none")
    func none() throws {
        let reference = try PaymentReference("DP26050001")
        for (bin, account, amount) in [
            ("VCB", "0011", 1), ("9704031", "0011", 1), ("970403", "", 1), ("970403", "00 11", 1),
            ("970403", String(repeating: "1", count: 20), 1), ("970403", "0011", 0),
        ] as [(String, String, Int64)] {
            #expect(
                VietQRPayload(bin: bin, account: account, amount: Dong(amount), reference: reference) == nil,
                "\(bin) \(account)")
        }
    }

    @Test("a bank is known by its code or by its number")
    func banks() throws {
        let banks = BankNumbers(["VBA": "970405"])
        func payload(_ bank: String?) throws -> String? {
            let account = bank.map { PayeeAccount(bankCode: $0, accountNumber: "1500201113838", holderName: "X") }
            let line = try Figures.line(Figures.member(), "2026-05", 15_930)
            return banks.payload(of: try Figures.order([line], account: account))?.text
        }
        #expect(try payload("VBA")?.contains("0006970405") == true)
        #expect(try payload("970436")?.contains("0006970436") == true)
        #expect(try payload("XYZ") == nil)
        #expect(try payload(nil) == nil)
    }
}

@Suite("Growing pauses")
struct GrowingPauseTests {
    @Test("each pause is longer than the one before, up to the longest")
    func grows() {
        let pause = GrowingPause(first: 30, factor: 2, longest: 3_600)
        #expect((1...9).map { pause.after($0) } == [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600])
        #expect(pause.after(100_000) == 3_600)
        #expect(GrowingPause(first: 30, factor: 0.5, longest: 3_600).after(7) == 30)
    }
}
