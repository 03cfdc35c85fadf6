import Contracts
import DuesDomain
import Testing

@Suite("Statements of banks")
struct StatementTests {
    private static let reference = "DP26050001"

    private static func entry(
        amount: String = "15930", currency: String = "VND", direction: String = "CRDT", status: String = "BOOK",
        extra: String = "", details: String = ""
    ) -> String {
        """
        <Ntry>
        <Amt Ccy="\(currency)">\(amount)</Amt><CdtDbtInd>\(direction)</CdtDbtInd>\(extra)<Sts><Cd>\(status)</Cd></Sts>
        <BookgDt><Dt>2026-05-13</Dt></BookgDt><AcctSvcrRef>FT1</AcctSvcrRef>\(details)
        </Ntry>

        """
    }

    private static func statement(_ entries: String, count: String = "1", sum: String = "15930") -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
        <Acct><Id><Othr><Id>1500201113838</Id></Othr></Id></Acct>
        <TxsSummry><TtlNtries><NbOfNtries>\(count)</NbOfNtries><Sum>\(sum)</Sum></TtlNtries></TxsSummry>
        \(entries)</Stmt></BkToCstmrStmt></Document>

        """
    }

    private func read(_ text: String) throws -> [SettlementLine] { try Files.read(Array(text.utf8), "bank-camt053") }

    @Test("credits are payments, with the reference wherever the payer wrote it")
    func good() throws {
        let memo = "<RmtInf><Ustrd>Dang phi &amp; \(Self.reference) T5</Ustrd></RmtInf>"
        let written = "<NtryDtls><TxDtls>\(memo)</TxDtls></NtryDtls>"
        let batch = """
            <NtryDtls><TxDtls><Refs><EndToEndId>\(Self.reference)</EndToEndId></Refs><Amt Ccy="VND">10000</Amt></TxDtls>
            <TxDtls><Amt Ccy="VND">5930</Amt><RmtInf><Ustrd><![CDATA[ủng hộ <quỹ>]]></Ustrd></RmtInf></TxDtls></NtryDtls>
            """
        let text = Self.statement(
            Self.entry(amount: "15930.00", details: written) + Self.entry(details: batch)
                + Self.entry(direction: "DBIT", extra: "<RvslInd>true</RvslInd>") + Self.entry(direction: "DBIT")
                + Self.entry(status: "PDNG"), count: "5", sum: "79650.00")
        let lines = try read(text)
        #expect(lines.map(\.reference) == [Self.reference, Self.reference, "ủng hộ <quỹ>", "NOTPROVIDED"])
        #expect(lines.map(\.transaction) == ["FT1", "FT1/1", "FT1/2", "FT1"])
        #expect(lines.map(\.gross) == [Dong(15_930), Dong(10_000), Dong(5_930), Dong(15_930)])
        #expect(lines.map(\.isReversal) == [false, false, false, true])
        #expect(lines.map(\.number) == [1, 2, 3, 4])
        #expect(Set(lines.map(\.account)) == ["1500201113838"])
        #expect(Set(lines.map(\.settledOn)) == [try Day("2026-05-13")])
        #expect(try read("\u{FEFF}" + text.replacing("\n", with: "\r\n")) == lines)
    }

    @Test(
        "the first fault refuses the statement, with its line and character",
        arguments: [
            ("", 1, 1, SettlementFault.Rule.empty),
            ("<Document><Other/></Document>", 1, 11, .heading),
            (statement(entry(amount: "15930.5")), 6, 16, .amount),
            (statement(entry(amount: "15,930")), 6, 16, .amount),
            (statement(entry(currency: "USD")), 6, 1, .currency),
            (statement(entry(), count: "2"), 4, 35, .trailerCount),
            (statement(entry(), sum: "15931"), 4, 54, .trailerSum),
            (statement(entry().replacing("2026-05-13", with: "13/05/2026")), 7, 14, .date),
            (statement(entry().replacing("FT1", with: "FT 1")), 5, 1, .transaction),
            (String(statement(entry()).prefix(420)), 7, 55, .xml),
            (statement(entry()).replacing("</Ntry>", with: "</Entry>"), 8, 1, .xml),
            (statement(entry()).replacing("UTF-8", with: "windows-1258"), 1, 1, .encoding),
            (statement(entry()).replacing("FT1", with: "&long;"), 7, 52, .entity),
            ("<!DOCTYPE Document SYSTEM \"file:///etc/passwd\"><Document/>", 1, 1, .entity),
            (statement(entry()) + statement(entry()), 11, 1, .xml),
            (statement(entry()).replacing("FT1", with: String(repeating: "F", count: 65_537)), 7, 52, .tooLong),
        ] as [(String, Int, Int?, SettlementFault.Rule)])
    func refused(text: String, line: Int, column: Int?, rule: SettlementFault.Rule) throws {
        let fault = #expect(throws: SettlementFault.self) { try read(text) }
        #expect(fault == SettlementFault(line: line, column: column, rule: rule))
    }

    @Test("details that do not add up to their entry refuse the statement")
    func details() throws {
        let batch = """
            <NtryDtls><TxDtls><Amt Ccy="VND">10000</Amt></TxDtls><TxDtls><Amt Ccy="VND">5000</Amt></TxDtls></NtryDtls>
            """
        #expect(throws: SettlementFault(line: 5, column: 1, rule: .netDiffers)) {
            try read(Self.statement(Self.entry(details: batch)))
        }
    }
}
