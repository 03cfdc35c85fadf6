import Contracts

/// Reads files whose lines have columns: a line that says of what day the file is, a heading, payments, control totals,
/// as the layout has them.
struct DelimitedReader {
    private var bytes: CountedBytes
    private let layout: SettlementLayout
    private let names: [String]
    private let places: Places
    private(set) var day: Day?
    private var lines = 0
    private var gross = Dong.zero
    private var ended = false

    init(_ bytes: CountedBytes, _ layout: SettlementLayout) throws {
        self.bytes = bytes
        self.layout = layout
        guard let first = try self.bytes.restOfLine(), !first.isEmpty else {
            throw SettlementFault(line: 1, rule: .empty)
        }
        var fields = try Self.fields(of: first, line: 1, layout: layout)
        if let header = layout.header {
            guard fields.first == header.mark, fields.indices.contains(header.dateColumn) else {
                throw SettlementFault(line: 1, column: 1, rule: .heading)
            }
            guard let day = layout.dates.day(fields[header.dateColumn]) else {
                throw SettlementFault(line: 1, column: header.dateColumn + 1, rule: .date)
            }
            self.day = day
            if layout.order == nil {
                guard let second = try self.bytes.restOfLine() else { throw SettlementFault(line: 2, rule: .heading) }
                fields = try Self.fields(of: second, line: 2, layout: layout)
            }
        }
        names = layout.order ?? fields
        places = try Places(names, layout: layout, line: self.bytes.line - 1)
    }

    mutating func next() throws -> SettlementLine? {
        while true {
            let number = bytes.line
            guard let row = try bytes.restOfLine() else { break }
            guard !row.isEmpty else { continue }
            guard !ended else { throw SettlementFault(line: number, rule: .afterTrailer) }
            let fields = try Self.fields(of: row, line: number, layout: layout)
            if let trailer = layout.trailer, fields.first == trailer.mark {
                try check(fields, trailer, line: number)
                ended = true
                continue
            }
            guard fields.first != layout.header?.mark || layout.header == nil, fields != names else {
                throw SettlementFault(line: number, column: 1, rule: .heading)
            }
            guard fields.count == names.count else { throw SettlementFault(line: number, rule: .columnCount) }
            let (line, told) = try places.line(fields, number: number, layout: layout)
            if let day, line.settledOn != day { throw places.dateFault(line: number) }
            lines += 1
            gross += told
            return line
        }
        guard ended || layout.trailer == nil else { throw SettlementFault(line: bytes.line, rule: .trailerMissing) }
        return nil
    }

    private func check(_ fields: [String], _ trailer: SettlementLayout.Trailer, line: Int) throws(SettlementFault) {
        guard fields.indices.contains(trailer.countColumn), Int(fields[trailer.countColumn]) == lines else {
            throw SettlementFault(line: line, column: trailer.countColumn + 1, rule: .trailerCount)
        }
        guard fields.indices.contains(trailer.grossColumn), total(fields[trailer.grossColumn]) == gross else {
            throw SettlementFault(line: line, column: trailer.grossColumn + 1, rule: .trailerSum)
        }
    }

    /// Files with more given back than paid have a negative total.
    private func total(_ text: String) -> Dong? {
        text.hasPrefix("-") ? layout.amount(String(text.dropFirst())).map { -$0 } : layout.amount(text)
    }

    /// The columns of a line; a column in double quotes may contain the delimiter, a quote is doubled.
    private static func fields(
        of row: [UInt8], line: Int, layout: SettlementLayout
    ) throws(SettlementFault) -> [String] {
        let delimiter = layout.delimiter?.utf8.first ?? UInt8(ascii: ",")
        let quote = UInt8(ascii: "\"")
        var fields: [String] = []
        var rest = row[...]
        while true {
            var field: [UInt8] = []
            if rest.first == quote {
                rest = rest.dropFirst()
                while true {
                    guard let byte = rest.popFirst() else {
                        throw SettlementFault(line: line, column: fields.count + 1, rule: .quoting)
                    }
                    if byte != quote {
                        field.append(byte)
                    } else if rest.first == quote {
                        field.append(quote)
                        rest = rest.dropFirst()
                    } else {
                        break
                    }
                }
                guard rest.first ?? delimiter == delimiter else {
                    throw SettlementFault(line: line, column: fields.count + 1, rule: .quoting)
                }
            } else {
                field = Array(rest.prefix { $0 != delimiter })
                rest = rest.dropFirst(field.count)
            }
            guard let text = String(validating: field, as: UTF8.self) else {
                throw SettlementFault(line: line, column: fields.count + 1, rule: .encoding)
            }
            fields.append(text)
            guard rest.popFirst() != nil else { return fields }
        }
    }
}
