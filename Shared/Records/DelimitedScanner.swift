/// Finds the columns of one record of delimited text after RFC 4180, with any one delimiter and lines ending in LF or
/// CR LF.
struct DelimitedScanner {
    /// Where a value stands in the text.
    struct Place {
        let start: Int
        let end: Int
        /// Whether quotes inside it are doubled.
        let hasQuotes: Bool
    }

    enum Outcome {
        /// The text ends before the record does.
        case incomplete
        /// The record stands in `columns`.
        case record(next: Int, lines: Int)
        case misquoted
    }

    let delimiter: UInt8
    /// The columns of the record that was found last.
    private(set) var columns: [Place] = []

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed: UInt8 = 0x0A
    private static let carriageReturn: UInt8 = 0x0D

    init(delimiter: UInt8) { self.delimiter = delimiter }

    mutating func scan(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Outcome {
        columns.removeAll(keepingCapacity: true)
        var index = start
        var lines = 1
        while index < text.count {
            let end =
                text[index] == Self.quote
                ? quoted(text, from: index + 1, &lines) : plain(text, from: index)
            switch end {
            case .incomplete: return .incomplete
            case .misquoted: return .misquoted
            case .value(let next, isLast: true): return .record(next: next, lines: lines)
            case .value(let next, isLast: false): index = next
            }
        }
        return .incomplete
    }

    private enum ValueEnd {
        case value(next: Int, isLast: Bool)
        case incomplete
        case misquoted
    }

    private mutating func plain(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> ValueEnd {
        var index = start
        var isMisquoted = false
        while index < text.count, text[index] != delimiter, text[index] != Self.lineFeed {
            if text[index] == Self.quote { isMisquoted = true }
            index += 1
        }
        guard index < text.count else { return .incomplete }
        if isMisquoted { return .misquoted }
        let isLast = text[index] == Self.lineFeed
        let hasReturn = isLast && index > start && text[index - 1] == Self.carriageReturn
        columns.append(Place(start: start, end: hasReturn ? index - 1 : index, hasQuotes: false))
        return .value(next: index + 1, isLast: isLast)
    }

    /// - Parameter start: the place after the quote that opens the value.
    private mutating func quoted(
        _ text: UnsafeBufferPointer<UInt8>, from start: Int, _ lines: inout Int
    ) -> ValueEnd {
        var index = start
        var hasQuotes = false
        while index < text.count {
            if text[index] == Self.quote {
                guard index + 1 < text.count else { return .incomplete }
                guard text[index + 1] == Self.quote else { break }
                hasQuotes = true
                index += 1
            } else if text[index] == Self.lineFeed {
                lines += 1
            }
            index += 1
        }
        guard index < text.count else { return .incomplete }
        columns.append(Place(start: start, end: index, hasQuotes: hasQuotes))
        return afterQuote(text, at: index + 1)
    }

    private func afterQuote(_ text: UnsafeBufferPointer<UInt8>, at index: Int) -> ValueEnd {
        switch text[index] {
        case delimiter: return .value(next: index + 1, isLast: false)
        case Self.lineFeed: return .value(next: index + 1, isLast: true)
        case Self.carriageReturn:
            guard index + 1 < text.count else { return .incomplete }
            return text[index + 1] == Self.lineFeed ? .value(next: index + 2, isLast: true) : .misquoted
        default: return .misquoted
        }
    }
}
