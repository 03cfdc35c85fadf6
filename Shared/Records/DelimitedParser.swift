/// Records of delimited text.
struct DelimitedParser: RecordParser {
    var sheet: RecordSheet
    private var scanner: DelimitedScanner
    /// The field of each column; absent where the layout has none for it. Empty before the heading.
    private var fields: [Int?] = []
    private var hasTrailer = false

    init(_ layout: RecordLayout) {
        sheet = RecordSheet(layout)
        scanner = DelimitedScanner(delimiter: layout.delimiter)
    }

    mutating func parse(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, line: Int, _ body: (RecordFinding) throws -> Void
    ) throws -> LineBuffer.Step {
        switch scanner.scan(text, from: start) {
        case .incomplete: return .incomplete
        case .misquoted:
            if fields.isEmpty { throw RecordFault(line: line, rule: .heading) }
            return try skip(.quoting, text, from: start, line: line, body)
        case .record(let next, let lines):
            if isEmptyLine { return .done(next: next, lines: lines) }
            if fields.isEmpty {
                try readHeading(text, line: line)
            } else if hasTrailer {
                throw RecordFault(line: line, rule: .trailer)
            } else if let trailer = sheet.layout.trailer, value(0, text).elementsEqual(trailer.mark.utf8) {
                try check(trailer, text, line: line)
            } else if scanner.columns.count != fields.count {
                return try skip(.columnCount, text, from: start, line: line, body)
            } else {
                try readRecord(text, line: line, body)
            }
            return .done(next: next, lines: lines)
        }
    }

    var presentFields: [String] { fields.compactMap { $0.map { sheet.layout.fields[$0].name } } }

    func end(line: Int) throws {
        if fields.isEmpty { throw RecordFault(line: 1, rule: .empty) }
        if sheet.layout.trailer != nil, !hasTrailer { throw RecordFault(line: line, rule: .trailer) }
    }

    private var isEmptyLine: Bool {
        scanner.columns.count == 1 && scanner.columns[0].start == scanner.columns[0].end
    }

    /// The bytes of a column, without its quotes.
    private func value(_ column: Int, _ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        let place = scanner.columns[column]
        return place.hasQuotes ? Self.unquoted(text[place.start..<place.end]) : Array(text[place.start..<place.end])
    }

    /// Of two quotes inside a value one stands for itself.
    private static func unquoted(_ raw: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8] {
        var plain: [UInt8] = []
        plain.reserveCapacity(raw.count)
        var isSecond = false
        for byte in raw {
            isSecond = byte == UInt8(ascii: "\"") && !isSecond
            if !isSecond { plain.append(byte) }
        }
        return plain
    }

    private mutating func readHeading(_ text: UnsafeBufferPointer<UInt8>, line: Int) throws {
        let names = scanner.columns.indices.map { value($0, text) }
        for (column, name) in names.enumerated() {
            if name.withUnsafeBufferPointer(TextCheck.fault) != nil {
                throw RecordFault(line: line, column: column + 1, rule: .encoding)
            }
        }
        for field in sheet.layout.fields {
            let count = names.filter { $0.elementsEqual(field.column.utf8) }.count
            guard count == 1 || count == 0 && field.mayLackColumn else {
                throw RecordFault(line: line, field: field.name, rule: .heading)
            }
        }
        fields = names.map { name in sheet.layout.fields.firstIndex { name.elementsEqual($0.column.utf8) } }
    }

    private mutating func readRecord(
        _ text: UnsafeBufferPointer<UInt8>, line: Int, _ body: (RecordFinding) throws -> Void
    ) throws {
        sheet.begin()
        for (column, place) in scanner.columns.enumerated() {
            guard let field = fields[column] else { continue }
            if place.hasQuotes {
                sheet.put(value(column, text), in: field, line: line, column: column + 1)
            } else {
                sheet.put(place.start..<place.end, of: text, in: field, line: line, column: column + 1)
            }
        }
        try sheet.tell(text, line: line, body)
    }

    private mutating func check(
        _ trailer: RecordLayout.Trailer, _ text: UnsafeBufferPointer<UInt8>, line: Int
    ) throws {
        hasTrailer = true
        func number(_ column: Int) -> Int64? {
            guard scanner.columns.indices.contains(column) else { return nil }
            return value(column, text).withUnsafeBufferPointer(FieldFormat.number)
        }
        guard number(trailer.count) == Int64(sheet.counts.records + sheet.counts.unreadable) else {
            throw RecordFault(line: line, column: trailer.count + 1, rule: .totals)
        }
        // A record whose number cannot be read is told by itself; the sum cannot be right then.
        guard sheet.counts.faulty == 0, sheet.counts.unreadable == 0 else { return }
        for (field, column) in trailer.sums ?? [:] where number(column) != sheet.sums[field] {
            throw RecordFault(line: line, column: column + 1, field: field, rule: .totals)
        }
    }
}
