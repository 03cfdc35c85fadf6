/// One record of a file, its values by their place in the layout; valid for the call it is given to.
public struct Record {
    enum Value {
        case absent
        /// In the text of the file.
        case text(start: Int, end: Int)
        /// In the changed form that the layout asks for, or without its escapes: in the reader's own buffer.
        case own(start: Int, end: Int)
    }

    /// The line, from 1, on which it begins.
    public let line: Int
    let text: UnsafeBufferPointer<UInt8>
    let own: UnsafeBufferPointer<UInt8>
    let values: [Value]

    /// The bytes of a value, UTF-8 as the layout gives it on; nothing where the record has none.
    public subscript(field: Int) -> UnsafeBufferPointer<UInt8>? {
        switch values[field] {
        case .absent: nil
        case .text(let start, let end): UnsafeBufferPointer(rebasing: text[start..<end])
        case .own(let start, let end): UnsafeBufferPointer(rebasing: own[start..<end])
        }
    }

    /// A value as text; nothing where the record has none.
    public func string(_ field: Int) -> String? { self[field].map { String(decoding: $0, as: UTF8.self) } }
}

/// What is told of a file, in the order of its lines.
public enum RecordFinding {
    /// A record of which every value is right.
    case record(Record)
    /// A record with wrong values, which are absent in it; those that are right are there.
    case faulty(Record, [RecordFault])
    /// A line that is no record.
    case unreadable(RecordFault)
}

/// How many there were.
public struct RecordCounts: Hashable, Sendable {
    public internal(set) var records = 0
    /// Records with wrong values.
    public internal(set) var faulty = 0
    /// Lines that are no records.
    public internal(set) var unreadable = 0

    public init() {}
}
