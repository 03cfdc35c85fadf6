import Contracts

/// A workbook (Office Open XML, ECMA-376) that is written row by row: a sheet after the other, each with the headings and
/// at most 1,048,575 rows, as Excel has them; amounts are numbers, moments and days are dates, the rest is text, which no
/// program takes for a formula.
struct Workbook: ExportFile {
    /// Rows of one sheet below its headings.
    static let rowsInSheet = 1_048_575

    private let headings: [String]
    private let kinds: [ExportColumn.Kind]
    private let rowsInSheet: Int
    private var archive = ZipArchive()
    /// XML that is not compressed yet.
    private var pending: [UInt8] = []
    private var sheets = 0
    private var rows = 0

    /// - Parameter rowsInSheet: fewer in tests.
    init(headings: [String], kinds: [ExportColumn.Kind], rowsInSheet: Int = Workbook.rowsInSheet) {
        self.headings = headings
        self.kinds = kinds
        self.rowsInSheet = rowsInSheet
    }

    mutating func begin(into bytes: inout [UInt8]) throws { try beginSheet(into: &bytes) }

    mutating func add(_ row: [UInt8], into bytes: inout [UInt8]) throws {
        if rows == rowsInSheet {
            try endSheet(into: &bytes)
            try beginSheet(into: &bytes)
        }
        rows += 1
        pending += Self.rowStart
        let end = row.last == 0x0A ? row.endIndex - 1 : row.endIndex
        var (position, column) = (row.startIndex, 0)
        while column < kinds.count {
            let fieldEnd = row[position..<end].firstIndex(of: 0x09) ?? end
            cell(row[position..<fieldEnd], kinds[column])
            position = Swift.min(fieldEnd + 1, end)
            column += 1
        }
        pending += Self.rowEnd
        guard pending.count >= 64 * 1024 else { return }
        try compress(into: &bytes)
    }

    mutating func end(into bytes: inout [UInt8]) throws {
        try endSheet(into: &bytes)
        for part in WorkbookParts.all(sheets: sheets) {
            try archive.begin(part.name, into: &bytes)
            try archive.add(Array(part.xml.utf8), into: &bytes)
            try archive.endEntry(into: &bytes)
        }
        try archive.end(into: &bytes)
    }

    private mutating func compress(into bytes: inout [UInt8]) throws {
        try archive.add(pending, into: &bytes)
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func beginSheet(into bytes: inout [UInt8]) throws {
        sheets += 1
        rows = 0
        try archive.begin(WorkbookParts.sheet(sheets), into: &bytes)
        pending += Array(WorkbookParts.sheetStart(columns: kinds.count).utf8)
        pending += Self.rowStart
        for heading in headings { text(Array(heading.utf8)[...], style: WorkbookParts.headingStyle) }
        pending += Self.rowEnd
    }

    private mutating func endSheet(into bytes: inout [UInt8]) throws {
        pending += Array(WorkbookParts.sheetEnd.utf8)
        try compress(into: &bytes)
        try archive.endEntry(into: &bytes)
    }

    // MARK: Cells

    private static let rowStart = Array("<row>".utf8)
    private static let rowEnd = Array("</row>".utf8)
    private static let empty = Array("<c/>".utf8)
    private static let textEnd = Array("</t></is></c>".utf8)
    private static let valueEnd = Array("</v></c>".utf8)

    private mutating func cell(_ field: ArraySlice<UInt8>, _ kind: ExportColumn.Kind) {
        // COPY's NULL.
        if field.count == 2, field.elementsEqual([0x5C, 0x4E]) {
            pending += Self.empty
            return
        }
        switch kind {
        case .number: value(field, style: WorkbookParts.numberStyle)
        case .day, .moment:
            guard let serial = Self.serial(field) else { return text(field) }
            value(Array(serial.utf8)[...], style: kind == .day ? WorkbookParts.dayStyle : WorkbookParts.momentStyle)
        case .code, .text: text(field)
        }
    }

    private mutating func value(_ digits: ArraySlice<UInt8>, style: Int) {
        pending += Array("<c s=\"\(style)\"><v>".utf8)
        pending += digits
        pending += Self.valueEnd
    }

    private mutating func text(_ field: ArraySlice<UInt8>, style: Int = 0) {
        pending += Array("<c s=\"\(style)\" t=\"inlineStr\"><is><t xml:space=\"preserve\">".utf8)
        XMLText.append(field, to: &pending)
        pending += Self.textEnd
    }

    /// Days since 30 December 1899, as spreadsheets count them, of `2026-11-20` or `2026-11-20 10:00:00`.
    static func serial(_ field: ArraySlice<UInt8>) -> String? {
        let parts = String(decoding: field, as: UTF8.self).split(separator: " ")
        guard let first = parts.first, let day = try? Day(String(first)) else { return nil }
        let days = day.number + 25_569
        guard parts.count == 2 else { return parts.count == 1 ? "\(days)" : nil }
        let clock = parts[1].split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3 else { return nil }
        let seconds = clock[0] * 3_600 + clock[1] * 60 + clock[2]
        return "\(Double(days) + Double(seconds) / 86_400)"
    }
}
