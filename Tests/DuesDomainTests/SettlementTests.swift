import Contracts
import DuesDomain
import Testing

@Suite("Settlement files")
struct SettlementTests {
    private static let heading = "TxnRef,TransactionNo,Amount,Fee,NetAmount,SettlementDate,Type\n"

    private func read(_ text: String) throws -> [SettlementLine] { try Files.read(Array(text.utf8), "vnpay-csv") }

    @Test("a file with its control totals is read, also with a BOM and CR LF")
    func good() throws {
        let text =
            Self.heading + "DP26050001,14422574,15930,330,15600,2026-05-13,PAY\n"
            + "\"DP26050002\",14422575,5000,0,5000,2026-05-13,REFUND\nTOTAL,2,20930\n"
        let lines = try read(text)
        #expect(lines.map(\.reference) == ["DP26050001", "DP26050002"])
        #expect(lines.map(\.gross) == [Dong(15_930), Dong(5_000)])
        #expect(lines.map(\.isReversal) == [false, true])
        #expect(lines.map(\.number) == [2, 3])
        #expect(try read("\u{FEFF}" + text.replacing("\n", with: "\r\n")) == lines)
    }

    @Test(
        "the first fault refuses the file, with its line and column",
        arguments: [
            ("", 1, nil, SettlementFault.Rule.empty),
            ("TxnRef,Amount\n", 1, nil, .heading),
            (heading + "A,1,100,0,100,2026-05-13\nTOTAL,1,100\n", 2, nil, .columnCount),
            (heading + "A,1,100.5,0,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 3, .amount),
            (heading + "A,1,-100,0,-100,2026-05-13,PAY\nTOTAL,1,100\n", 3, 3, .trailerSum),
            (heading + "A,1,--100,0,-100,2026-05-13,PAY\nTOTAL,1,-100\n", 2, 3, .amount),
            (heading + "A,1,100,-10,110,2026-05-13,PAY\nTOTAL,1,100\n", 2, 4, .amount),
            (heading + "A,1,100,10,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 5, .netDiffers),
            (heading + "A,1,100,0,100,13/05/2026,PAY\nTOTAL,1,100\n", 2, 6, .date),
            (heading + "A,1,100,0,100,2026-02-30,PAY\nTOTAL,1,100\n", 2, 6, .date),
            (heading + ",1,100,0,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 1, .reference),
            (heading + "A,,100,0,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 2, .transaction),
            (heading + "A, ,100,0,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 2, .transaction),
            (heading + "A,1\u{0}2,100,0,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 2, .transaction),
            (heading + "A,1\t2,100,0,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 2, .transaction),
            (heading + "A,\"1,2\",100,0,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 2, .transaction),
            (heading + "A,1é,100,0,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 2, .transaction),
            (
                heading + "A,\(String(repeating: "1", count: 65)),100,0,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 2,
                .transaction
            ),
            (heading + " ,1,100,0,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 1, .reference),
            (heading + "A\u{7}B,1,100,0,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 1, .reference),
            (heading + "A,1,100,0,100,2026-05-13,PAY\n", 3, nil, .trailerMissing),
            (heading + "A,1,100,0,100,2026-05-13,PAY\nTOTAL,2,100\n", 3, 2, .trailerCount),
            (heading + "A,1,100,0,100,2026-05-13,PAY\nTOTAL,1,101\n", 3, 3, .trailerSum),
            (heading + heading + "TOTAL,0,0\n", 2, 1, .heading),
            (heading + "A,1,\"100,5\",0,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 3, .amount),
            (heading + String(repeating: "A", count: 65_537), 2, nil, .tooLong),
            (heading + "\"A,1,100,0,100,2026-05-13,PAY\nTOTAL,1,100\n", 2, 1, .quoting),
            (heading + "TOTAL,0,0\nA,1,100,0,100,2026-05-13,PAY\n", 3, nil, .afterTrailer),
        ] as [(String, Int, Int?, SettlementFault.Rule)])
    func refused(text: String, line: Int, column: Int?, rule: SettlementFault.Rule) throws {
        let fault = #expect(throws: SettlementFault.self) { try read(text) }
        #expect(fault == SettlementFault(line: line, column: column, rule: rule))
    }

    @Test("blanks around a reference or a transaction are none of it")
    func trimmed() throws {
        let lines = try read(Self.heading + " DP26050001 ,  14422574 ,100,0,100,2026-05-13,PAY\nTOTAL,1,100\n")
        #expect(lines.map(\.reference) == ["DP26050001"])
        #expect(lines.map(\.transaction) == ["14422574"])
    }

    @Test("bytes that are no UTF-8 refuse the file")
    func encoding() throws {
        #expect(throws: SettlementFault(line: 1, column: 1, rule: .encoding)) {
            try Files.read([0xC3, 0x28], "vnpay-csv")
        }
        let second = Array(Self.heading.utf8) + Array("A,".utf8) + [0xFF] + Array(",100,0,100,2026-05-13,PAY\n".utf8)
        #expect(throws: SettlementFault(line: 2, column: 2, rule: .encoding)) { try Files.read(second, "vnpay-csv") }
    }

    private func line(_ gross: Int64, reversal: Bool = false, account: String? = nil) throws -> SettlementLine {
        SettlementLine(
            number: 2, reference: "DP26050001", transaction: "1", gross: Dong(gross), fee: .zero, net: Dong(gross),
            settledOn: try Figures.day("2026-05-13"), isReversal: reversal, account: account)
    }

    @Test("each settled line ends in exactly one state")
    func states() throws {
        let order = try Figures.order([try Figures.line(Figures.member(), "2026-05", 15_930)])
        func state(
            _ line: SettlementLine, order: PaymentOrder?, paid: Int64?, before: Bool = false, accounts: Set<String> = []
        ) -> SettlementState {
            SettlementMatch(order: order, paid: paid.map { Dong($0) }, settledBefore: before, accounts: accounts)
                .state(of: line)
        }
        #expect(state(try line(15_930), order: order, paid: 15_930) == .matched)
        #expect(state(try line(15_929), order: order, paid: 15_930) == .amountDiffers)
        #expect(state(try line(15_930), order: order, paid: nil) == .missingCallback)
        #expect(state(try line(10_000), order: order, paid: nil) == .amountDiffers)
        #expect(state(try line(15_930), order: nil, paid: nil) == .unknownReference)
        #expect(state(try line(15_930), order: nil, paid: nil, before: true) == .duplicate)
        #expect(state(try line(15_930, reversal: true), order: nil, paid: nil) == .reversed)
        #expect(state(try line(15_930), order: order, paid: 15_930, before: true) == .duplicate)
        #expect(state(try line(15_930, reversal: true), order: order, paid: 15_930, before: true) == .reversed)
        for (refunded, before, end) in [
            (true, true, SettlementState.matched), (false, true, .duplicate), (false, false, .reversed),
        ] {
            let match = SettlementMatch(
                order: order, paid: Dong(15_930), settledBefore: true, refunded: refunded, takenBackBefore: before)
            #expect(match.state(of: try line(15_930, reversal: true)) == end)
        }
        #expect(
            state(try line(15_930, account: "1"), order: order, paid: 15_930, accounts: ["2"]) == .wrongAccount)
        #expect(state(try line(15_930, account: "1"), order: order, paid: 15_930, accounts: ["1"]) == .matched)
    }

    @Test("a payment that no file settled within the days allowed is missing its settlement")
    func missing() throws {
        let paid = try Figures.day("2026-05-12")
        #expect(!SettlementMatch.isMissingSettlement(confirmedOn: paid, today: paid.adding(days: 3), allowedDays: 3))
        #expect(SettlementMatch.isMissingSettlement(confirmedOn: paid, today: paid.adding(days: 4), allowedDays: 3))
    }
}
