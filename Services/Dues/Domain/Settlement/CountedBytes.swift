/// The bytes of a file, piece by piece, with the place of the next one; no more than a piece is held.
struct CountedBytes {
    /// No line, text or attribute of a file is longer, in bytes.
    static let longest = 65_536

    private let more: () throws -> [UInt8]
    private var piece: [UInt8] = []
    private var at = 0
    private var began = false
    /// The line of the next byte, from 1.
    private(set) var line = 1
    /// The character of its line that the next byte begins, from 1.
    private(set) var column = 1

    /// - Parameter more: the next piece of the file; empty at its end.
    init(_ more: @escaping () throws -> [UInt8]) { self.more = more }

    /// The next byte, which stays; nil at the end.
    mutating func peek() throws -> UInt8? {
        if at == piece.count { try fill() }
        return at < piece.count ? piece[at] : nil
    }

    /// The next byte; nil at the end.
    mutating func pop() throws -> UInt8? {
        guard let byte = try peek() else { return nil }
        at += 1
        if byte == UInt8(ascii: "\n") {
            line += 1
            column = 1
        } else if byte & 0xC0 != 0x80 {
            column += 1
        }
        return byte
    }

    /// The rest of the line without its ending, LF or CR LF; nil at the end of the file.
    mutating func restOfLine() throws -> [UInt8]? {
        guard try peek() != nil else { return nil }
        let number = line
        var row: [UInt8] = []
        while try peek() != nil {
            let end = piece[at...].firstIndex(of: UInt8(ascii: "\n"))
            row += piece[at..<(end ?? piece.count)]
            at = end.map { $0 + 1 } ?? piece.count
            guard row.count <= Self.longest else { throw SettlementFault(line: number, rule: .tooLong) }
            if end != nil {
                line += 1
                break
            }
        }
        if row.last == UInt8(ascii: "\r") { row.removeLast() }
        return row
    }

    private mutating func fill() throws {
        piece = try more()
        at = 0
        guard !began else { return }
        began = true
        // A byte order mark may itself lie across two pieces.
        while piece.count < 3 {
            let next = try more()
            if next.isEmpty { break }
            piece += next
        }
        if piece.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    }
}
