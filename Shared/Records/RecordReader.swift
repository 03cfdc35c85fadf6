/// Reads a file of records as it arrives, in pieces cut anywhere: delimited text with a heading, or JSON lines.
///
/// No more than one piece and one record are held, so that a file of gigabytes takes as much memory as a small one.
/// A record that is wrong is told with line, field and rule, and the others are read on; what makes the file as a whole
/// untrustworthy is thrown.
public struct RecordReader {
    public enum Form: String, Sendable, CaseIterable {
        /// RFC 4180 with the delimiter of the layout; the first line names the columns.
        case delimited
        /// One JSON object on each line.
        case jsonLines = "json-lines"
    }

    /// The bytes that one record may have.
    public static let longestRecord = 1 << 16

    private var buffer: LineBuffer
    private var parser: any RecordParser

    /// - Parameters:
    ///   - longestRecord: the bytes that one record may have.
    ///   - firstLine: the number of the first line, where the text goes on from another.
    public init(
        _ layout: RecordLayout, _ form: Form, longestRecord: Int = Self.longestRecord, firstLine: Int = 1
    ) {
        buffer = LineBuffer(longest: longestRecord, line: firstLine)
        parser =
            switch form {
            case .delimited: DelimitedParser(layout)
            case .jsonLines: JSONLineParser(layout)
            }
    }

    /// How many records were found so far.
    public var counts: RecordCounts { parser.sheet.counts }

    /// The fields of the layout that the file has, known once its heading was read; of JSON lines those that any has had.
    public var fields: [String] { parser.presentFields }

    /// Takes the next piece and tells what is complete with it.
    ///
    /// - Throws: ``RecordFault`` where the file as a whole is wrong, or what `body` throws.
    public mutating func take(_ piece: [UInt8], _ body: (RecordFinding) throws -> Void) throws {
        var parser = parser
        try buffer.take(piece) { text, start, line in
            try parser.parse(text, from: start, line: line, body)
        } tooLong: { line in
            try parser.unreadable(RecordFault(line: line, rule: .tooLong), body)
        }
        self.parser = parser
    }

    /// The end of the file.
    ///
    /// - Throws: ``RecordFault`` where it was cut off, is empty, or its totals are missing or wrong.
    public mutating func finish(_ body: (RecordFinding) throws -> Void) throws {
        var parser = parser
        try buffer.finish { text, start, line in
            try parser.parse(text, from: start, line: line, body)
        } unended: { line in
            try parser.unreadable(RecordFault(line: line, rule: .quoting), body)
        }
        try parser.end(line: buffer.line)
        self.parser = parser
    }

    /// Reads a whole file.
    public mutating func read(
        _ pieces: some AsyncSequence<[UInt8], any Error>, _ body: (RecordFinding) throws -> Void
    ) async throws {
        for try await piece in pieces { try take(piece, body) }
        try finish(body)
    }
}

/// Makes records of lines of one form.
protocol RecordParser {
    var sheet: RecordSheet { get set }
    /// The fields of the layout that the file has.
    var presentFields: [String] { get }

    mutating func parse(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, line: Int, _ body: (RecordFinding) throws -> Void
    ) throws -> LineBuffer.Step

    /// What must be there at the end.
    func end(line: Int) throws
}

extension RecordParser {
    mutating func unreadable(_ fault: RecordFault, _ body: (RecordFinding) throws -> Void) throws {
        sheet.counts.unreadable += 1
        try body(.unreadable(fault))
    }

    /// Passes over the first line of a record that cannot be read.
    mutating func skip(
        _ rule: RecordFault.Rule, _ text: UnsafeBufferPointer<UInt8>, from start: Int, line: Int,
        _ body: (RecordFinding) throws -> Void
    ) throws -> LineBuffer.Step {
        guard let end = text[start...].firstIndex(of: 0x0A) else { return .incomplete }
        try unreadable(RecordFault(line: line, rule: rule), body)
        return .done(next: end + 1, lines: 1)
    }
}
