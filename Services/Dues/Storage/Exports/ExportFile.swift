/// What makes a file out of the rows of a COPY, piece by piece.
protocol ExportFile {
    /// What stands before the first row.
    mutating func begin(into bytes: inout [UInt8]) throws
    /// - Parameter row: one row as COPY gives it, with the end of its line.
    mutating func add(_ row: [UInt8], into bytes: inout [UInt8]) throws
    /// What stands after the last row.
    mutating func end(into bytes: inout [UInt8]) throws
}

/// A file of comma-separated values (RFC 4180): PostgreSQL quotes, lines end with CR LF.
struct CSVFile: ExportFile {
    let headings: [String]
    let separator: ExportSeparator
    let hasMark: Bool

    func begin(into bytes: inout [UInt8]) {
        if hasMark { bytes += [0xEF, 0xBB, 0xBF] }
        for (index, heading) in headings.enumerated() {
            if index > 0 { bytes += Array(separator.rawValue.utf8) }
            bytes += Array(heading.utf8)
        }
        bytes += Self.lineEnd
    }

    func add(_ row: [UInt8], into bytes: inout [UInt8]) {
        bytes.append(contentsOf: row.dropLast())
        bytes.append(contentsOf: Self.lineEnd)
    }

    func end(into bytes: inout [UInt8]) {}

    private static let lineEnd: [UInt8] = [0x0D, 0x0A]
}
