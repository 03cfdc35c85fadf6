/// What of a file has arrived and is not read yet: at most one piece and one record.
struct LineBuffer {
    /// One line or record that was found in the text.
    enum Step {
        /// The text ends before the record does.
        case incomplete
        /// A record, or a fault, and where the next one begins.
        case done(next: Int, lines: Int)
    }

    private let longest: Int
    private var rest: [UInt8] = []
    private var isAtStart = true
    /// Whether the rest of a line that is too long is still to be passed over.
    private var isSkipping = false
    /// The line, from 1, on which the next record begins.
    private(set) var line: Int

    /// - Parameter longest: the bytes that one record may have.
    init(longest: Int, line: Int) {
        self.longest = longest
        self.line = line
    }

    /// Takes the next piece and lets `scan` take one record after the other out of it.
    ///
    /// - Parameters:
    ///   - scan: looks for the record that begins at a place of the text.
    ///   - tooLong: is told the line of a record that is too long; what follows its first line is read on.
    mutating func take(
        _ piece: [UInt8], scan: (UnsafeBufferPointer<UInt8>, _ start: Int, _ line: Int) throws -> Step,
        tooLong: (_ line: Int) throws -> Void
    ) rethrows {
        rest.append(contentsOf: piece)
        guard skipMark(isLast: false) else { return }
        var used = try read(scan)
        while rest.count - used > longest {
            if !isSkipping { try tooLong(line) }
            used = skipLine(from: used)
            guard !isSkipping else { break }
            rest.removeFirst(used)
            used = try read(scan)
        }
        rest.removeFirst(used)
    }

    /// The end of the file: what is left is read as far as it has whole lines.
    ///
    /// - Parameter unended: is told the line of a record whose quotes do not end; its first line is passed over.
    /// - Throws: ``RecordFault/Rule/cutOff`` where the last line has no line break, ``RecordFault/Rule/empty``.
    mutating func finish(
        scan: (UnsafeBufferPointer<UInt8>, _ start: Int, _ line: Int) throws -> Step,
        unended: (_ line: Int) throws -> Void
    ) throws {
        if isAtStart, rest.isEmpty { throw RecordFault(line: 1, rule: .empty) }
        _ = skipMark(isLast: true)
        rest.removeFirst(try read(scan))
        while !rest.isEmpty {
            guard !isSkipping, rest.contains(0x0A) else { throw RecordFault(line: line, rule: .cutOff) }
            try unended(line)
            rest.removeFirst(skipLine(from: 0))
            rest.removeFirst(try read(scan))
        }
    }

    /// Reads the complete records; how many bytes they take.
    private mutating func read(
        _ scan: (UnsafeBufferPointer<UInt8>, _ start: Int, _ line: Int) throws -> Step
    ) rethrows -> Int {
        if isSkipping {
            guard let end = rest.firstIndex(of: 0x0A) else {
                defer { rest.removeAll(keepingCapacity: true) }
                return 0
            }
            rest.removeFirst(end + 1)
            isSkipping = false
            line += 1
        }
        var current = line
        defer { line = current }
        return try rest.withUnsafeBufferPointer { text in
            var start = 0
            while start < text.count, case .done(let next, let lines) = try scan(text, start, current) {
                start = next
                current += lines
            }
            return start
        }
    }

    /// Passes over the line that begins at the place, as far as it is there.
    private mutating func skipLine(from start: Int) -> Int {
        guard let end = rest[start...].firstIndex(of: 0x0A) else {
            isSkipping = true
            return rest.count
        }
        line += 1
        return end + 1
    }

    /// Passes over a byte order mark; false while it is not known whether there is one.
    private mutating func skipMark(isLast: Bool) -> Bool {
        guard isAtStart else { return true }
        guard rest.count >= 3 || isLast else { return false }
        isAtStart = false
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest.removeFirst(3) }
        return true
    }
}
