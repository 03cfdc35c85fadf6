import NIOCore
import Records
import ServiceKit

/// The rows that a file gives, as it arrives: the input of the COPY into its staging table.
///
/// No more than one piece of the file is held. What makes the file untrustworthy is thrown, which abandons the COPY.
struct StagedRows<Pieces: AsyncSequence & Sendable>: AsyncSequence, Sendable where Pieces.Element == ByteBuffer {
    typealias Element = [UInt8]
    typealias Failure = any Error

    let pieces: Pieces
    let layout: RecordLayout
    let form: RecordReader.Form
    let table: StagingTable
    let limits: ImportLimits
    let notes: StagingNotes
    /// How many lines came before those of these pieces.
    var linesBefore = 0

    func makeAsyncIterator() -> Iterator { Iterator(self) }

    struct Iterator: AsyncIteratorProtocol {
        private var pieces: Pieces.AsyncIterator
        private var reader: RecordReader
        private let sink: Sink
        private let limits: ImportLimits
        private let notes: StagingNotes
        private var isEnded = false

        init(_ rows: StagedRows) {
            pieces = rows.pieces.makeAsyncIterator()
            reader = RecordReader(rows.layout, rows.form, firstLine: rows.linesBefore + 1)
            sink = Sink(rows)
            limits = rows.limits
            notes = rows.notes
        }

        mutating func next() async throws -> [UInt8]? {
            while !isEnded {
                guard let piece = try await pieces.next() else {
                    isEnded = true
                    return try last()
                }
                guard notes.count(piece.readableBytes) <= limits.bytes else { throw Problem.bodyTooLarge }
                var found: [UInt8] = []
                let sink = sink
                try reader.take(Array(piece.readableBytesView)) { sink.take($0, into: &found) }
                try limits.check(reader.counts, isLast: false)
                if !found.isEmpty { return found }
            }
            return nil
        }

        private mutating func last() throws -> [UInt8]? {
            var found: [UInt8] = []
            let sink = sink
            try reader.finish { sink.take($0, into: &found) }
            notes.note(reader.counts, fields: reader.fields)
            try limits.check(reader.counts, isLast: true)
            return found.isEmpty ? nil : found
        }
    }

    /// Where findings go: records among the rows, faults among the notes.
    private struct Sink {
        let writer: StagedRowWriter
        let notes: StagingNotes
        /// The place of what identifies a record.
        let key: Int?

        init(_ rows: StagedRows) {
            writer = StagedRowWriter(rows.table, rows.layout)
            notes = rows.notes
            key = rows.table.subject.keyField.flatMap(rows.layout.index)
        }

        func take(_ finding: RecordFinding, into found: inout [UInt8]) {
            switch finding {
            case .record(let record): writer.append(record, to: &found)
            case .faulty(let record, let faults):
                // In the form in which it is staged, or it would not be known again.
                let about = key.flatMap(record.string)?.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                notes.note(faults, about: about)
            case .unreadable(let fault): notes.note([fault], about: nil)
            }
        }
    }
}

/// How much may be wrong with a file before none of it is believed.
struct ImportLimits: Sendable {
    let bytes: Int64
    let faults: Int
    let faultsInHundred: Int

    /// Judged only with so many lines, but at the end.
    private static let judgedFrom = 1_000

    init(_ settings: Settings) throws {
        bytes = Int64(try settings.int("directory.imports.maximumBytes"))
        faults = try settings.int("directory.imports.maximumFaults")
        faultsInHundred = try settings.int("directory.imports.faultsInHundred")
    }

    func check(_ counts: RecordCounts, isLast: Bool) throws(TooManyFaults) {
        let wrong = counts.faulty + counts.unreadable
        try check(wrong: wrong, of: counts.records + counts.unreadable, isLast: isLast)
    }

    func check(wrong: Int, of all: Int, isLast: Bool) throws(TooManyFaults) {
        guard wrong <= faults else { throw TooManyFaults() }
        guard isLast || all >= Self.judgedFrom, wrong > 1 else { return }
        guard wrong * 100 <= all * faultsInHundred else { throw TooManyFaults() }
    }
}

/// So much is wrong with a file that none of it is believed.
struct TooManyFaults: Error {}
