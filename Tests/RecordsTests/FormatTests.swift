import Contracts
import Records
import Testing

@Suite("Layouts and formats")
struct FormatTests {
    private let heading = "id,Họ tên,born,joined,sex,meetingDay\n"

    @Test("days and choices are given on in one form")
    func forms() throws {
        let reading = try Reading.of(heading + "0001,Mẫu,2000-02-29,19/05/2015,Nữ,31\n0002,,,,male,\n", .formats())
        #expect(
            reading.records == [
                ["0001", "Mẫu", "2000-02-29", "2015-05-19", "female", "31"], ["0002", nil, nil, nil, "male", nil],
            ])
        #expect(reading.faults.isEmpty)
    }

    @Test(
        "a wrong value is told with its rule",
        arguments: [
            ("1,,,,,", "id", RecordFault.Rule.digits), ("12a4,,,,,", "id", .digits), (",,,,,", "id", .required),
            ("  ,,,,,", "id", .required),
            ("0001,mười ba byte,,,,", "name", .textLength), ("0001,,2001-02-29,,,", "born", .day),
            ("0001,,01/02/2001,,,", "born", .day), ("0001,,,31/04/2001,,", "joined", .day),
            ("0001,,,2001-04-30,,", "joined", .day), ("0001,,,,nam,", "sex", .choice),
            ("0001,,,,,0", "meetingDay", .wholeNumber), ("0001,,,,,32", "meetingDay", .wholeNumber),
            ("0001,,,,,+3", "meetingDay", .wholeNumber), ("0001,,,,,3.5", "meetingDay", .wholeNumber),
        ])
    func wrongValues(line: String, field: String, rule: RecordFault.Rule) throws {
        let reading = try Reading.of(heading + line + "\n", .formats())
        #expect(reading.faults.map(\.field) == [field] && reading.faults.map(\.rule) == [rule])
        #expect(reading.faults.map(\.line) == [2])
    }

    @Test(
        "a month is written year-month",
        arguments: ["2026-13", "2026-00", "10/2026", "2026-1", "2026-10-01", "0000-01"])
    func months(text: String) throws {
        let layout = try RecordLayout(text: #"{"name": "months", "fields": [{"name": "month", "format": "month"}]}"#)
        #expect(try Reading.of("month\n2026-10\n", layout).records == [["2026-10"]])
        #expect(try Reading.of("month\n\(text)\n", layout).faults.map(\.rule) == [.month])
    }

    @Test("every fault of a line is told, and what is right in it stays readable")
    func severalFaults() throws {
        let reading = try Reading.of(heading + "0001,,x,y,z,\n", .formats())
        #expect(reading.faults.map(\.field) == ["born", "joined", "sex"])
        #expect(reading.records == [["0001", nil, nil, nil, nil, nil]])
    }

    @Test("a column that may lack may lack, another may not")
    func lackingColumns() throws {
        let reading = try Reading.of("id,Họ tên,born,sex,meetingDay\n0001,,,,\n", .formats())
        #expect(reading.records.count == 1)
        #expect(try refusal("id,born,sex,meetingDay\n", .formats()).field == "name")
    }

    @Test("totals are held against the records")
    func totals() throws {
        let layout = try RecordLayout(
            text: """
                {"name": "settlement", "delimiter": "|", "trailer": {"mark": "TOTAL", "count": 1, "sums": {"amount": 2}},
                 "fields": [{"name": "reference", "required": true},
                            {"name": "amount", "required": true, "format": "whole-number"}, {"name": "kind"}]}
                """)
        let records = "reference|amount|kind\nA|300|PAY\nB|-100|REFUND\n"
        #expect(try Reading.of(records + "TOTAL|2|200\n", layout).records.count == 2)
        #expect(try refusal(records, layout).rule == .trailer)
        #expect(try refusal(records + "TOTAL|3|200\n", layout) == RecordFault(line: 4, column: 2, rule: .totals))
        #expect(
            try refusal(records + "TOTAL|2|201\n", layout)
                == RecordFault(line: 4, column: 3, field: "amount", rule: .totals))
        #expect(try refusal(records + "TOTAL|2|200\nC|1|PAY\n", layout).rule == .trailer)
        // A line that cannot be summed is told by itself, and counts.
        #expect(try Reading.of(records + "C|x|PAY\nTOTAL|3|201\n", layout).faults.map(\.rule) == [.wholeNumber])
    }

    @Test(
        "a layout that makes no sense is refused",
        arguments: [
            #"{"name":"x","fields":[]}"#, #"{"name":"x","fields":[{"name":"a"},{"name":"a"}]}"#,
            #"{"name":"x","fields":[{"name":"a"},{"name":"b","column":"a"}]}"#,
            #"{"name":"x","delimiter":"ab","fields":[{"name":"a"}]}"#,
            #"{"name":"x","delimiter":"\n","fields":[{"name":"a"}]}"#,
            #"{"name":"x","fields":[{"name":"a","format":"digits"}]}"#,
            #"{"name":"x","fields":[{"name":"a","format":"colour"}]}"#,
            #"{"name":"x","trailer":{"mark":"T","count":1,"sums":{"a":2}},"fields":[{"name":"a"}]}"#,
        ])
    func wrongLayouts(text: String) {
        #expect(throws: (any Error).self) { try RecordLayout(text: text) }
    }

    @Test("every rule says in both languages what is wrong")
    func texts() {
        let texts = RecordFault.Rule.allCases.map(\.text)
        #expect(Set(texts.map(\.vietnamese)).count == texts.count && Set(texts.map(\.english)).count == texts.count)
    }
}
