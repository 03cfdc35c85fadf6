import Contracts
import Foundation
import Testing

@Suite("Codes of organisations, persons, dossiers and results")
struct CodeTests {
    @Test("organisation codes are dotted", arguments: ["A35", "A35.12", "A35.12.08", "H26.00.15.123", "A35.1B.08"])
    func organizationCodes(text: String) throws {
        #expect(try OrganizationCode(text).text == text)
    }

    @Test(
        "other forms of organisation codes are refused",
        arguments: [
            "", "a35", "A3", "A35.", "A35..08", "A35.1", "A35.1234", "A35.B1", "A35-12", "A35.12.08 ", "Đ35", "A３5",
            "A35.12.08.01.02.03.04.05", "A35\u{0}",
        ])
    func wrongOrganizationCodes(text: String) {
        #expect(brokenRule { _ = try OrganizationCode(text) } == "organization-code.form")
    }

    @Test("a personal ID has twelve digits, and printing it shows the last three")
    func personalID() throws {
        let id = try PersonalID("001190000123")
        #expect("\(id)" == "*********123")
        #expect(String(reflecting: id) == "*********123")
        var dumped = ""
        dump([id], to: &dumped)
        #expect(!dumped.contains("001190000123"))
        #expect(try jsonText(id) == "\"001190000123\"")
        for wrong in ["", "00119000012", "0011900001234", "00119000012x", "００1190000123"] {
            #expect(brokenRule { _ = try PersonalID(wrong) } == "personal-id.digits")
        }
    }

    @Test(
        "digits that do not fit the person are warnings",
        arguments: [
            ("001190000123", PersonalID.Sex.female, 1_990, []), ("001090000123", .male, 1_990, []),
            ("001305000123", .female, 2_005, []), ("001090000123", .female, 1_990, ["personal-id.sex"]),
            ("001190000123", .female, 1_991, ["personal-id.birth-year"]),
            ("001190000123", .female, 2_090, ["personal-id.century"]),
            ("001205000123", .female, 1_906, ["personal-id.sex", "personal-id.century", "personal-id.birth-year"]),
        ])
    func warnings(text: String, sex: PersonalID.Sex, year: Int, rules: [String]) throws {
        let id = try PersonalID(text)
        #expect(id.warnings(sex: sex, birthYear: year).map(\.rule) == rules)
        #expect(id.warnings(sex: nil, birthYear: nil).isEmpty)
    }

    @Test(
        "a dossier code tells body, day and number",
        arguments: ["A35.12.08-261120-0007", "A35-260101-9999", "A35-260228-10000"])
    func dossierCodes(text: String) throws {
        let code = try DossierCode(text)
        #expect(code.text == text)
        #expect(
            try DossierCode(organization: code.organization, receivedOn: code.receivedOn, number: code.number) == code)
    }

    @Test("the number of a dossier grows beyond four digits and sorts as a number")
    func dossierNumbers() throws {
        let first = try DossierCode(
            organization: OrganizationCode("A35.12.08"), receivedOn: Day("2026-11-20"), number: 7)
        #expect(first.text == "A35.12.08-261120-0007")
        #expect(try DossierCode("A35.12.08-261120-9999") < DossierCode("A35.12.08-261120-10000"))
        for number in [0, -1, 1_000_000_000] {
            let rule = brokenRule {
                _ = try DossierCode(organization: first.organization, receivedOn: first.receivedOn, number: number)
            }
            #expect(rule == "dossier-code.form")
        }
    }

    @Test(
        "other forms of dossier codes are refused",
        arguments: [
            "", "A35.12.08", "A35.12.08-261120-007", "A35.12.08-261120-00007", "A35.12.08-261320-0007",
            "A35.12.08-260230-0007", "A35.12.08-261120-0000", "A35.12.08-261120-0007-1", "-261120-0007",
            "A35.12.08-261120-99999999999", "A35.12.08-26112-00007",
        ])
    func wrongDossierCodes(text: String) {
        #expect(brokenRule { _ = try DossierCode(text) } == "dossier-code.form")
    }

    @Test("a result code keeps its parts, in Unicode NFC")
    func resultCodes() throws {
        let decomposed = "KQ.A35.12.08.GGT.12-GGT/Đảng ủy".decomposedStringWithCanonicalMapping
            .replacingOccurrences(of: " ", with: "")
        let code = try ResultCode(decomposed)
        #expect(code.holder == .organization(try OrganizationCode("A35.12.08")))
        #expect(code.documentType == "GGT")
        #expect(
            Array(code.text.unicodeScalars) == Array(decomposed.precomposedStringWithCanonicalMapping.unicodeScalars))
        #expect(!code.isPersonal && "\(code)" == code.text)
        #expect(try ResultCode(holder: code.holder, documentType: "GGT", numberAndSymbol: code.numberAndSymbol) == code)
        #expect(try ResultCode("KQ.A35.QĐ.1.2/QĐ").numberAndSymbol == "1.2/QĐ")
    }

    @Test("a result code with a personal ID is masked wherever it is printed")
    func personalResultCodes() throws {
        let code = try ResultCode("KQ.001190000123.NX.5-NX/CB")
        #expect(code.isPersonal)
        #expect("\(code)" == "KQ.*********123.NX.5-NX/CB")
        var dumped = ""
        dump([code], to: &dumped)
        #expect(!dumped.contains("001190000123") && !String(reflecting: code).contains("001190000123"))
        #expect(try jsonText(code) == "\"KQ.001190000123.NX.5-NX/CB\"")
    }

    @Test(
        "other forms of result codes are refused",
        arguments: [
            "", "KQ", "KQ.A35.12.08.GGT", "KQ.A35.12.08.GGT.", "KX.A35.GGT.1", "KQ.00119000012.GGT.1", "KQ.A35.12.1",
            "KQ.A35.ggt.1", "KQ.A35.GGT.1 2", "KQ.A35.GGT.1\n", "KQ.A35.GGT." + String(repeating: "1", count: 61),
        ])
    func wrongResultCodes(text: String) {
        #expect(brokenRule { _ = try ResultCode(text) } == "result-code.form")
    }

    @Test("a store key is the dossier's code with the number of the result")
    func storeKeys() throws {
        let key = try ResultStoreKey(dossier: DossierCode("A35.12.08-261120-0007"), number: 2)
        #expect(key.text == "A35.12.08-261120-0007-KQ(2)")
        #expect(try ResultStoreKey(key.text) == key)
        for wrong in [
            "", "A35.12.08-261120-0007", "A35.12.08-261120-0007-KQ(0)", "A35.12.08-261120-0007-KQ(02)",
            "A35.12.08-261120-0007-KQ2", "x-KQ(1)", "-KQ()", "KQ(1)",
        ] {
            #expect(brokenRule { _ = try ResultStoreKey(wrong) } == "store-key.form", "\(wrong)")
        }
    }

    @Test("a fault inside a document names the place as the field")
    func place() throws {
        struct Form: Decodable { let codes: [OrganizationCode] }
        let fault = try #require(throws: InvalidValue.self) {
            try ContractsJSON.decode(Form.self, from: Array(#"{"codes":["A35","x"]}"#.utf8))
        }
        #expect(fault.field == "codes.Index 1" && !fault.description.contains("x\""))
        #expect(fault.renamed(field: "code").field == "code")
    }

    @Test("procedures and digests have their forms")
    func others() throws {
        #expect(try ProcedureCode("official-transfer") == .officialTransfer)
        for wrong in ["", "Dues", "dues-", "a--b", "a b"] {
            #expect(brokenRule { _ = try ProcedureCode(wrong) } == "procedure-code.form")
        }
        let digest = String(repeating: "0a", count: 32)
        #expect(try ContentDigest(digest).text == digest)
        #expect(brokenRule { _ = try ContentDigest(digest.uppercased()) } == "sha256.form")
        #expect(brokenRule { _ = try ContentDigest("") } == "sha256.form")
    }
}
