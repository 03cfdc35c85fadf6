/// Splits delimited text that arrives in pieces into records: RFC 4180 with any one delimiter, lines ending in LF or
/// CR LF, a byte order mark skipped.
///
/// Nothing is decoded or copied on the way, so that files of gigabytes pass at the speed of memory; no more than one
/// piece and one record are held.
public struct DelimitedSplitter {
    /// The columns of one record, valid for the call they are given to.
    public struct Columns {
        /// The line, from 1, on which the record begins.
        public let line: Int
        fileprivate let text: UnsafeBufferPointer<UInt8>
        fileprivate let places: [Place]

        /// How many columns there are.
        public var count: Int { places.count }

        /// The bytes of a column, without its quotes.
        public subscript(index: Int) -> ArraySlice<UInt8> {
            let place = places[index]
            let raw = text[place.start..<place.end]
            guard place.hasQuotes else { return ArraySlice(raw) }
            var plain: ArraySlice<UInt8> = []
            plain.reserveCapacity(raw.count)
            var isSecond = false
            for byte in raw {
                // Of two quotes inside one stands for itself.
                isSecond = byte == Self.quote && !isSecond
                if !isSecond || byte != Self.quote { plain.append(byte) }
            }
            return plain
        }

        fileprivate static let quote = UInt8(ascii: "\"")
    }

    fileprivate struct Place {
        var start: Int
        var end: Int
        /// Whether quotes inside it are doubled.
        var hasQuotes: Bool
    }

    private enum State {
        case fieldStart, plain, quoted, quoteInQuoted
    }

    private let delimiter: UInt8
    private let longest: Int
    private var rest: [UInt8] = []
    private var line = 1
    private var isAtStart = true

    /// - Parameters:
    ///   - delimiter: one ASCII character.
    ///   - longest: the bytes that one record may have.
    public init(delimiter: UInt8, longest: Int = 1 << 16) {
        self.delimiter = delimiter
        self.longest = longest
    }

    /// Takes the next piece and gives each record that is complete with it.
    /// - Throws: ``RecordFault``, or what `body` throws.
    public mutating func take(_ piece: [UInt8], _ body: (Columns) throws -> Void) throws {
        rest.append(contentsOf: piece)
        skipMark()
        let used = try rest.withUnsafeBufferPointer { try split($0, isLast: false, body) }
        rest.removeFirst(used)
        guard rest.count <= longest else { throw RecordFault(line: line, rule: .tooLong) }
    }

    /// The end of the file. A last line without a line break is none: the file was cut off.
    public mutating func finish() throws {
        guard rest.isEmpty else { throw RecordFault(line: line, rule: .cutOff) }
    }

    private mutating func skipMark() {
        guard isAtStart, rest.count >= 3 else { return }
        isAtStart = false
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest.removeFirst(3) }
    }

    /// Gives the complete records; how many bytes they take.
    private mutating func split(
        _ text: UnsafeBufferPointer<UInt8>, isLast: Bool, _ body: (Columns) throws -> Void
    ) throws -> Int {
        var recordStart = 0
        var firstLine = line
        var places: [Place] = []
        var place = Place(start: 0, end: 0, hasQuotes: false)
        var state = State.fieldStart
        var index = 0
        while index < text.count {
            let byte = text[index]
            switch state {
            case .fieldStart where byte == Columns.quote:
                place = Place(start: index + 1, end: index + 1, hasQuotes: false)
                state = .quoted
            case .fieldStart, .plain:
                if state == .fieldStart {
                    place = Place(start: index, end: index, hasQuotes: false)
                    state = .plain
                }
                if byte == delimiter || byte == 0x0A {
                    place.end = index
                    try end(&place, &places, byte, at: index, text, &state, &recordStart, &firstLine, body)
                }
            case .quoted:
                if byte == Columns.quote { state = .quoteInQuoted }
                if byte == 0x0A { line += 1 }
            case .quoteInQuoted:
                if byte == Columns.quote {
                    place.hasQuotes = true
                    state = .quoted
                } else if byte == delimiter || byte == 0x0A {
                    place.end = index - 1
                    try end(&place, &places, byte, at: index, text, &state, &recordStart, &firstLine, body)
                } else if byte == 0x0D, index + 1 < text.count, text[index + 1] == 0x0A {
                    place.end = index - 1
                    index += 1
                    try end(&place, &places, 0x0A, at: index, text, &state, &recordStart, &firstLine, body)
                } else if byte != 0x0D || index + 1 < text.count {
                    throw RecordFault(line: firstLine, column: places.count + 1, rule: .quoting)
                }
            }
            index += 1
        }
        // The lines of an incomplete record are counted again with its next piece.
        line = firstLine
        return recordStart
    }

    /// The end of a column, and with a line break that of the record.
    private mutating func end(
        _ place: inout Place, _ places: inout [Place], _ byte: UInt8, at index: Int,
        _ text: UnsafeBufferPointer<UInt8>, _ state: inout State, _ recordStart: inout Int, _ firstLine: inout Int,
        _ body: (Columns) throws -> Void
    ) throws {
        let isEnd = byte == 0x0A
        if isEnd, state == .plain, place.end > place.start, text[place.end - 1] == 0x0D { place.end -= 1 }
        places.append(place)
        state = .fieldStart
        guard isEnd else { return }
        // An empty line is no record.
        if places.count > 1 || places[0].end > places[0].start {
            try body(Columns(line: firstLine, text: text, places: places))
        }
        places.removeAll(keepingCapacity: true)
        line += 1
        firstLine = line
        recordStart = index + 1
    }
}
