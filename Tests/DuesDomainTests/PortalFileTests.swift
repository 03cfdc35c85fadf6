import Contracts
import DuesDomain
import Testing

@Suite("Settlement files of the portal")
struct PortalFileTests {
    private static let header = "H|DOISOAT|20260513\n"
    private static let line = "D|DP26050001|GD1|15930|330|15600|20260513|TT|1500201113838\n"

    private func read(_ text: String) throws -> [SettlementLine] { try Files.read(Array(text.utf8), "portal-pipe") }

    @Test("a file with its day, its account and its totals is read")
    func good() throws {
        let lines = try read(
            Self.header + Self.line + "D|DP26050002|GD2|5000|0|5000|20260513|HOAN|9999\nT|2|20930\n")
        #expect(lines.map(\.reference) == ["DP26050001", "DP26050002"])
        #expect(lines.map(\.transaction) == ["GD1", "GD2"])
        #expect(lines.map(\.gross) == [Dong(15_930), Dong(5_000)])
        #expect(lines.map(\.fee) == [Dong(330), .zero])
        #expect(lines.map(\.account) == ["1500201113838", "9999"])
        #expect(lines.map(\.isReversal) == [false, true])
        #expect(lines.map(\.number) == [2, 3])
        #expect(try read(Self.header + "T|0|0\n").isEmpty)
    }

    @Test(
        "the first fault refuses the file, with its line and column",
        arguments: [
            ("", 1, nil, SettlementFault.Rule.empty),
            (line + "T|1|15930\n", 1, 1, .heading),
            ("H|DOISOAT|2026051\n" + line + "T|1|15930\n", 1, 3, .date),
            ("H|DOISOAT|20260514\n" + line + "T|1|15930\n", 2, 7, .dateDiffers),
            (header + header + "T|0|0\n", 2, 1, .heading),
            (header + "D|DP26050001|GD1|15930.5|0|15930|20260513|TT|1\nT|1|15930\n", 2, 4, .amount),
            (header + line + "T|1|15931\n", 3, 3, .trailerSum),
            (header + line + "T|2|15930\n", 3, 2, .trailerCount),
            (header + line, 3, nil, .trailerMissing),
            (header + "D|DP26050001|GD1|159", 2, nil, .columnCount),
        ] as [(String, Int, Int?, SettlementFault.Rule)])
    func refused(text: String, line: Int, column: Int?, rule: SettlementFault.Rule) throws {
        let fault = #expect(throws: SettlementFault.self) { try read(text) }
        #expect(fault == SettlementFault(line: line, column: column, rule: rule))
    }

    @Test("a layout that cannot be read with is refused with its name")
    func layouts() {
        func fault(_ json: String) -> SettlementLayoutFault? {
            do {
                _ = try SettlementLayout(json: Array(json.utf8))
                return nil
            } catch { return error }
        }
        let rest = #""dates": "iso", "amounts": {"unitsPerDong": 1}"#
        let columns =
            #""columns": {"reference": "R", "transaction": "T", "gross": "G", "fee": "F", "net": "N", "settledOn": "S"}"#
        #expect(fault("{\"name\": \"x\", \(columns), \(rest)}") == nil)
        #expect(fault("{\"name\": \"x\", \(rest)}")?.reason == "columns are missing")
        #expect(fault("{\"name\": \"x\", \"form\": \"camt.053\", \(rest)}")?.reason == "references are missing")
        #expect(
            fault("{\"name\": \"x\", \"order\": [\"R\"], \(columns), \(rest)}")?.description
                == "settlement layout x: a column that is not in order, or is there twice")
        #expect(
            fault("{\"name\": \"x\", \"delimiter\": \"||\", \(columns), \(rest)}")?.reason
                == "delimiter, grouping or unit")
        #expect(fault("[]")?.reason == "missing or malformed fields")
    }
}
