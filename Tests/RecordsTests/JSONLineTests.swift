import Records
import Testing

@Suite("JSON lines")
struct JSONLineTests {
    @Test("names come in any order, numbers and truth values are given as they are written", arguments: [1, 3, .max])
    func values(pieces: Int) throws {
        let file = """
            {"a":"1","b":"x"}
            { "c" : 3.50 , "a":true, "other": null, "b" : null }\r

            {}

            """
        let reading = try Reading.of(file, .texts(), .jsonLines, pieces: pieces)
        #expect(reading.records == [["1", "x", nil], ["true", nil, "3.50"], [nil, nil, nil]])
        #expect(reading.faults.isEmpty)
    }

    @Test("escapes are read as RFC 8259 has them")
    func escapes() throws {
        let line = #"{"a":"\u0110\u1ED7 \"M\\\/\t","\u0062":"\uD83C\uDDFB","c":"a\nb"}"# + "\n"
        #expect(try Reading.of(line, .texts(), .jsonLines).records == [["Đỗ \"M\\/\t", "\u{1F1FB}", "a\nb"]])
    }

    @Test(
        "what is no flat object is told by line, and the next line is read",
        arguments: [
            ("[1]", RecordFault.Rule.json), ("{\"a\":1", .json), ("{\"a\":1}x", .json), ("{\"a\":}", .json),
            ("{a:1}", .json), ("{\"a\":\"x}", .json), ("{\"a\":1,}", .json), ("{\"a\":tru}", .json),
            ("{\"a\":1,\"a\":2}", .json), ("{\"a\":\"\\uD83C\"}", .json), ("{\"a\":\"\\x\"}", .json),
            ("{\"a\":{\"b\":1}}", .valueType), ("{\"a\":[1]}", .valueType), ("{\"a\":nan}", .json),
        ])
    func faults(line: String, rule: RecordFault.Rule) throws {
        let reading = try Reading.of("{\"a\":1}\n\(line)\n{\"a\":2}\n", .texts(), .jsonLines)
        #expect(reading.faults == [RecordFault(line: 2, rule: rule)])
        #expect(reading.records.map(\.first) == ["1", "2"])
    }

    @Test("a cut last line and an empty file are refused")
    func cutOff() throws {
        #expect(try refusal("{\"a\":1}\n{\"a\":2", .texts(), .jsonLines) == RecordFault(line: 2, rule: .cutOff))
        #expect(try refusal("{\"a\":1}", .texts(), .jsonLines).rule == .cutOff)
        #expect(try refusal("\n", .texts(), .jsonLines).rule == .empty)
    }

    @Test("a value of another encoding, or of a wrong format, is told by field")
    func valueFaults() throws {
        var file = Array(#"{"id":"0001","born":"2001-02-30","sex":"Nam"}"#.utf8) + [0x0A]
        file += Array(#"{"id":"0002","Họ tên":""#.utf8) + [0xFF] + Array("\"}\n{\"sex\":\"Nam\"}\n".utf8)
        let reading = try Reading.of(file, .formats(), .jsonLines)
        #expect(reading.faults.map(\.rule) == [.day, .encoding, .required])
        #expect(reading.faults.map(\.line) == [1, 2, 3])
        #expect(reading.faults.map(\.field) == ["born", "name", "id"])
    }
}
