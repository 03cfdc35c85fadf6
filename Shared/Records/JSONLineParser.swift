/// Records of JSON lines.
struct JSONLineParser: RecordParser {
    var sheet: RecordSheet
    /// The field of each column of the layout, by its name in the file.
    private let fields: [[UInt8]: Int]
    /// The field that is expected next: most writers keep one order.
    private var expected = 0
    private var seen: [Bool]
    /// Whether any record so far had the field.
    private var everSeen: [Bool]

    init(_ layout: RecordLayout) {
        sheet = RecordSheet(layout)
        fields = Dictionary(
            layout.fields.enumerated().map { (Array($0.element.column.utf8), $0.offset) }, uniquingKeysWith: { $1 })
        seen = layout.fields.map { _ in false }
        everSeen = seen
    }

    mutating func parse(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, line: Int, _ body: (RecordFinding) throws -> Void
    ) throws -> LineBuffer.Step {
        var end = start
        while end < text.count, text[end] != 0x0A { end += 1 }
        guard end < text.count else { return .incomplete }
        let isEmpty = text[start..<end].allSatisfy { $0 == 0x0D || $0 == 0x20 }
        if !isEmpty {
            do throws(JSONLineScanner.Fault) {
                try read(text, line: start..<end, number: line)
            } catch {
                return try skip(error.rule, text, from: start, line: line, body)
            }
            try sheet.tell(text, line: line, body)
        }
        return .done(next: end + 1, lines: 1)
    }

    var presentFields: [String] {
        sheet.layout.fields.indices.filter { everSeen[$0] }.map { sheet.layout.fields[$0].name }
    }

    func end(line: Int) throws {
        if sheet.counts == RecordCounts() { throw RecordFault(line: 1, rule: .empty) }
    }

    private mutating func read(
        _ text: UnsafeBufferPointer<UInt8>, line: Range<Int>, number: Int
    ) throws(JSONLineScanner.Fault) {
        sheet.begin()
        expected = 0
        for index in seen.indices { seen[index] = false }
        var scanner = JSONLineScanner(text, line: line)
        try scanner.scan { (name, value) throws(JSONLineScanner.Fault) in
            guard let field = field(name, text) else { return }
            guard !seen[field] else { throw JSONLineScanner.Fault(rule: .json) }
            seen[field] = true
            everSeen[field] = true
            expected = field + 1
            switch value {
            case .absent: return
            case .place(let range): sheet.put(range, of: text, in: field, line: number, column: nil)
            case .plain(let bytes): sheet.put(bytes, in: field, line: number, column: nil)
            }
        }
    }

    private func field(_ name: JSONLineScanner.Value, _ text: UnsafeBufferPointer<UInt8>) -> Int? {
        let bytes: [UInt8]
        switch name {
        case .absent: return nil
        case .plain(let plain): bytes = plain
        case .place(let range):
            if expected < sheet.layout.fields.count,
                text[range].elementsEqual(sheet.layout.fields[expected].column.utf8)
            {
                return expected
            }
            bytes = Array(text[range])
        }
        return fields[bytes]
    }
}
