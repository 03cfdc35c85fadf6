import Contracts
import TestSeed
import Testing

@Suite("Codes that people copy from paper")
struct CopiedTextTests {
    @Test("a verification id is random, unambiguous, and read as people type it")
    func verificationIDs() throws {
        var generator = SeededGenerator(seed: 3)
        let ids = (0..<1_000).map { _ in VerificationID.make(using: &generator) }
        #expect(Set(ids).count == 1_000)
        for id in ids.prefix(50) {
            #expect(id.text.wholeMatch(of: /[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}/) != nil)
            let typed = id.text.lowercased().replacing("-", with: " ").replacing("0", with: "o").replacing(
                "1", with: "l")
            #expect(try VerificationID(typed) == id)
        }
        #expect(VerificationID.make() != VerificationID.make())
    }

    @Test("one wrong character is always noticed")
    func slips() throws {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<20 {
            let id = VerificationID.make(using: &generator).text
            for (place, character) in id.enumerated() where character != "-" {
                for other in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" where other != character {
                    var wrong = Array(id)
                    wrong[place] = other
                    #expect(brokenRule { _ = try VerificationID(String(wrong)) } == "verification-id.form")
                }
            }
        }
        for wrong in ["", "U", "7K3M-9QXA", String(repeating: "-", count: 100_000), "7K3M-9QXA-2BTD-0H5É"] {
            #expect(brokenRule { _ = try VerificationID(wrong) } == "verification-id.form")
        }
    }

    @Test("a payment reference has letters and digits only, and is found in a bank's memo")
    func paymentReferences() throws {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<100 {
            let reference = PaymentReference.make(month: try DuesMonth("2026-05"), using: &generator)
            #expect(reference.text.wholeMatch(of: /DP2605[0-9A-Z]{11}/) != nil)
            #expect(reference.isIntact)
            #expect(try PaymentReference(reference.text) == reference)
            #expect(try PaymentReference(typed: reference.dashed.lowercased()) == reference)
            #expect(reference.dashed.hasPrefix("DP-2605-"))
            let memo = "CT DEN:0123 MBVCB.77. \(reference.dashed.lowercased()) nop dang phi"
            #expect(PaymentReference(inMemo: memo) == reference)
        }
        #expect(PaymentReference(inMemo: "nop dang phi thang 5") == nil)
        #expect(PaymentReference(inMemo: "") == nil)
    }

    @Test("a reference made elsewhere keeps its letters, but dashes and other signs are refused")
    func foreignReferences() throws {
        let reference = try PaymentReference("dvcREF0001")
        #expect(reference.text == "dvcREF0001" && !reference.isIntact && reference.dashed == "dvcREF0001")
        for wrong in [
            "", "DP-2605-0001", "ABCDE", String(repeating: "A", count: 26), "DP 2605", "ĐP260500", "DP2605\u{0}0",
        ] {
            #expect(brokenRule { _ = try PaymentReference(wrong) } == "payment-reference.form", "\(wrong)")
        }
    }
}
