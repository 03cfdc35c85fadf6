import Records
import Testing

@Suite("Delimited files")
struct DelimitedTests {
    @Test(
        "quotes, delimiters and line breaks within values follow RFC 4180, wherever the pieces are cut",
        arguments: [1, 2, 3, 7, .max])
    func quoting(pieces: Int) throws {
        let file =
            "\u{FEFF}a,b,c\r\n1,\"x,y\",\"he said \"\"no\"\"\"\r\n\r\n\"two\r\nlines\",,\"\"\n\"\"\"\",2,Đỗ Thị\n"
        let reading = try Reading.of(file, .texts(), pieces: pieces)
        #expect(
            reading.records == [
                ["1", "x,y", "he said \"no\""], ["two\r\nlines", nil, nil], ["\"", "2", "Đỗ Thị"],
            ])
        #expect(reading.faults.isEmpty)
    }

    @Test("any ASCII character delimits, and columns come in any order with others between them")
    func columnsByName() throws {
        let reading = try Reading.of("b|x|c|a\n2|?|3|1\n", .texts(delimiter: "|"))
        #expect(reading.records == [["1", "2", "3"]])
    }

    @Test("a heading that lacks a column or has it twice is refused with the field")
    func wrongHeading() throws {
        #expect(try refusal("a,b\n1,2\n", .texts()) == RecordFault(line: 1, field: "c", rule: .heading))
        #expect(try refusal("a,b,c,b\n", .texts()) == RecordFault(line: 1, field: "b", rule: .heading))
        #expect(try refusal("", .texts()) == RecordFault(line: 1, rule: .empty))
        #expect(try refusal("\n\n", .texts()) == RecordFault(line: 1, rule: .empty))
        #expect(try refusal("a,\"b\"x,c\n", .texts()).rule == .heading)
    }

    @Test("a file in UTF-16 is refused at its heading")
    func otherEncoding() throws {
        let file: [UInt8] = [0xFF, 0xFE] + "a,b,c\n1,2,3\n".utf8.flatMap { [$0, 0] }
        let fault = try #require(throws: RecordFault.self) { try Reading.of(file, .texts()) }
        #expect(fault == RecordFault(line: 1, column: 1, rule: .encoding))
    }

    @Test("a cut last line is told with its line, also within quotes", arguments: [1, 5, .max])
    func cutOff(pieces: Int) throws {
        #expect(try refusal("a,b,c\n1,2,3\n4,5", .texts(), pieces: pieces) == RecordFault(line: 3, rule: .cutOff))
        #expect(try refusal("a,b,c\n1,2,3\n4,\"5", .texts(), pieces: pieces) == RecordFault(line: 3, rule: .cutOff))
        #expect(try refusal("a,b,c\n1,2,\"3\"", .texts(), pieces: pieces) == RecordFault(line: 2, rule: .cutOff))
    }

    @Test("a value of another encoding is told with line, column and field, and the others are read")
    func mixedEncodings() throws {
        var file = Array("a,b,c\n1,Nguyễn,3\n2,".utf8)
        file += [0xE1, 0xEA] + Array(",3\n3,Lê,3\n".utf8)
        let reading = try Reading.of(file, .texts())
        #expect(reading.faults == [RecordFault(line: 3, column: 2, field: "b", rule: .encoding)])
        #expect(reading.records == [["1", "Nguyễn", "3"], ["2", nil, "3"], ["3", "Lê", "3"]])
        #expect(reading.counts.records == 3 && reading.counts.faulty == 1)
    }

    @Test(
        "no sequence that is not UTF-8 passes",
        arguments: [
            [0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE1, 0xBA], [0xE1, 0xBA, 0x41], [0xFF],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) throws {
        let reading = try Reading.of(Array("a,b,c\n1,".utf8) + bytes + Array(",3\n".utf8), .texts())
        #expect(reading.faults.map(\.rule) == [.encoding])
    }

    @Test("every character of Vietnamese and beyond the first plane passes as it is")
    func validUTF8() throws {
        let text = "ăâđêôơưàảãáạĂÂĐÊÔƠƯỲỶỸÝỴ漢🇻🇳\u{10FFFF}"
        #expect(try Reading.of("a,b,c\n\(text),\(text),\(text)\n", .texts()).records == [[text, text, text]])
    }

    @Test("NUL and other control characters are told by field")
    func controlCharacters() throws {
        let reading = try Reading.of("a,b,c\n1,x\u{0}y,3\n1,2,\u{7F}\n", .texts())
        #expect(reading.faults.map(\.rule) == [.controlCharacter, .controlCharacter])
        #expect(reading.faults.map(\.field) == ["b", "c"])
    }

    @Test("a line with more or fewer columns is told, and the next one is read")
    func columnCount() throws {
        let reading = try Reading.of("a,b,c\n1,2\n1,2,3,4\n1,2,3\n", .texts())
        #expect(reading.records == [["1", "2", "3"]])
        #expect(reading.faults == [2, 3].map { RecordFault(line: $0, rule: .columnCount) })
        #expect(reading.counts.unreadable == 2)
    }

    @Test("a quote that never ends costs its own line only", arguments: [1, 4, .max])
    func unendedQuote(pieces: Int) throws {
        let reading = try Reading.of("a,b,c\n1,\"2,3\n4,5,6\n7,8,9\n", .texts(), pieces: pieces)
        #expect(reading.faults == [RecordFault(line: 2, rule: .quoting)])
        #expect(reading.records == [["4", "5", "6"], ["7", "8", "9"]])
        let swallowing = try Reading.of("a,b,c\n1,\"2,3\n4,\"5\",6\n7,8,9\n", .texts(), pieces: pieces)
        #expect(swallowing.faults == [RecordFault(line: 2, rule: .quoting)])
        #expect(swallowing.records == [["4", "5", "6"], ["7", "8", "9"]])
        let stray = try Reading.of("a,b,c\n1,x\"y,3\n4,5,6\n", .texts(), pieces: pieces)
        #expect(stray.faults == [RecordFault(line: 2, rule: .quoting)] && stray.records == [["4", "5", "6"]])
    }

    @Test(
        "a record that is too long is told, costs no more memory, and the next one is read", arguments: [10, 64, .max])
    func tooLong(pieces: Int) throws {
        let long = String(repeating: "x", count: 500)
        let file = "a,b,c\n1,2,3\n1,\(long),3\n4,5,6\n1,\"\(long)\n7,8,9\n"
        let reading = try Reading.of(file, .texts(), pieces: pieces, longestRecord: 100)
        if pieces == .max {
            // Within one piece the line is complete before it is too long.
            #expect(reading.records.count == 4)
        } else {
            #expect(reading.faults.map(\.line) == [3, 5] && reading.faults.map(\.rule).first == .tooLong)
            #expect(reading.records == [["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"]])
        }
    }

    @Test("line numbers count the lines of the file, not the records")
    func lineNumbers() throws {
        let reading = try Reading.of("a,b,c\n\n\"1\n2\n3\",2,3\n\n1,2\n", .texts())
        #expect(reading.faults == [RecordFault(line: 7, rule: .columnCount)])
    }
}
