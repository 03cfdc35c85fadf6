extension PostgresCell {
    /// The elements of an array of one dimension.
    public func elements() throws(PostgresError) -> [PostgresCell] {
        guard let element = type.element else { throw mismatch("array") }
        if isBinary { return try binaryElements() }
        guard let parsed = ArrayText.elements(Array(try text().utf8)) else { throw mismatch("array") }
        return parsed.map { bytes in
            PostgresCell(column: column, type: element, isBinary: false, source: bytes.map(Source.owned) ?? .null)
        }
    }

    private func binaryElements() throws(PostgresError) -> [PostgresCell] {
        try withBytes { bytes throws(PostgresError) in
            func word(_ offset: Int) throws(PostgresError) -> Int {
                guard offset + 4 <= bytes.count else { throw mismatch("array", "cut short") }
                return Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
            }
            let dimensions = try word(0)
            if dimensions == 0 { return [] }
            guard dimensions == 1 else { throw mismatch("array", "\(dimensions) dimensions") }
            let element = PostgresType(rawValue: UInt32(truncatingIfNeeded: try word(8)))
            let count = try word(12)
            var offset = 20
            var cells: [PostgresCell] = []
            cells.reserveCapacity(min(count, bytes.count / 4))
            for _ in 0..<max(0, count) {
                let length = try word(offset)
                offset += 4
                guard length >= 0 else {
                    cells.append(PostgresCell(column: column, type: element, isBinary: true, source: .null))
                    continue
                }
                guard offset + length <= bytes.count else { throw mismatch("array", "cut short") }
                let slice = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
                cells.append(
                    PostgresCell(column: column, type: element, isBinary: true, source: part(slice)))
                offset += length
            }
            return cells
        }
    }

    private func part(_ slice: UnsafeRawBufferPointer) -> Source {
        if case .result(let storage, _) = source { return .result(storage, slice) }
        return .owned(Array(slice))
    }
}

/// PostgreSQL's text form of arrays: `{1,NULL,"a \"b\""}`.
enum ArrayText {
    /// The elements' own text, nil for NULL; nil as a whole when this is no array of one dimension.
    static func elements(_ text: [UInt8]) -> [[UInt8]?]? {
        guard text.first == UInt8(ascii: "{"), text.last == UInt8(ascii: "}"), text.count >= 2 else { return nil }
        let inner = text[1..<(text.count - 1)]
        if inner.isEmpty { return [] }
        var elements: [[UInt8]?] = []
        var current: [UInt8] = []
        var wasQuoted = false
        var isQuoted = false
        var position = inner.startIndex
        func finished() -> [UInt8]? { !wasQuoted && current == Array("NULL".utf8) ? nil : current }
        while position < inner.endIndex {
            let byte = inner[position]
            switch byte {
            case UInt8(ascii: "\\"):
                position += 1
                guard position < inner.endIndex else { return nil }
                current.append(inner[position])
            case UInt8(ascii: "\""):
                isQuoted.toggle()
                wasQuoted = true
            case UInt8(ascii: ",") where !isQuoted:
                elements.append(finished())
                current = []
                wasQuoted = false
            case UInt8(ascii: "{") where !isQuoted: return nil
            default: current.append(byte)
            }
            position += 1
        }
        guard !isQuoted else { return nil }
        elements.append(finished())
        return elements
    }
}
