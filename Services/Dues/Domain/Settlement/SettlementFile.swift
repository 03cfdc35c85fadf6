import Contracts

/// The lines of a settlement file that was read without a fault.
public struct SettlementFile: Hashable, Sendable {
    public let lines: [SettlementLine]

    /// Reads the file; the first fault refuses all of it.
    public init(_ bytes: [UInt8], layout: SettlementLayout) throws(SettlementFault) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let content = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
        guard let text = String(validating: content, as: UTF8.self) else {
            throw SettlementFault(line: 1, rule: .encoding)
        }
        // A line may end with CR LF, which Swift counts as one character.
        let rows = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        guard let heading = rows.first, !heading.isEmpty else { throw SettlementFault(line: 1, rule: .empty) }
        let names = try Self.fields(of: heading, line: 1, layout: layout)
        let places = try Places(names, layout: layout)
        var lines: [SettlementLine] = []
        var ended = false
        for (index, row) in rows.enumerated().dropFirst() where !row.isEmpty {
            let number = index + 1
            guard !ended else { throw SettlementFault(line: number, rule: .afterTrailer) }
            let fields = try Self.fields(of: row, line: number, layout: layout)
            if let trailer = layout.trailer, fields.first == trailer.mark {
                try Self.check(fields, trailer, lines, line: number, layout: layout)
                ended = true
                continue
            }
            guard fields.count == names.count else { throw SettlementFault(line: number, rule: .columnCount) }
            lines.append(try places.line(fields, number: number, layout: layout))
        }
        guard ended || layout.trailer == nil else { throw SettlementFault(line: rows.count, rule: .trailerMissing) }
        self.lines = lines
    }

    private static func check(
        _ fields: [String], _ trailer: SettlementLayout.Trailer, _ lines: [SettlementLine], line: Int,
        layout: SettlementLayout
    ) throws(SettlementFault) {
        guard fields.indices.contains(trailer.countColumn), Int(fields[trailer.countColumn]) == lines.count else {
            throw SettlementFault(line: line, column: trailer.countColumn + 1, rule: .trailerCount)
        }
        let sum = lines.map(\.gross).sum()
        guard fields.indices.contains(trailer.grossColumn),
            layout.amount(fields[trailer.grossColumn]) == sum
        else { throw SettlementFault(line: line, column: trailer.grossColumn + 1, rule: .trailerSum) }
    }

    /// The columns of a line; a column in double quotes may contain the delimiter, a quote is doubled.
    private static func fields(
        of row: Substring, line: Int, layout: SettlementLayout
    ) throws(SettlementFault) -> [String] {
        let delimiter = layout.delimiter.utf8.first ?? UInt8(ascii: ",")
        let quote = UInt8(ascii: "\"")
        var fields: [String] = []
        var rest = row.utf8[...]
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
            fields.append(String(decoding: field, as: UTF8.self))
            guard rest.popFirst() != nil else { return fields }
        }
    }
}
