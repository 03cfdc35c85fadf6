import Contracts
import Hummingbird
import NIOCore
import Postgres
import ServiceKit
import Synchronization

/// Sends the rows of an export from PostgreSQL into the answer as they come.
///
/// Whoever reads slowly slows the query down; whoever goes away ends it with the next piece, and one that takes longer
/// than is allowed is ended. A file that breaks off is never whole: the connection closes without the end of the body.
struct ExportStream: Sendable {
    let kit: ServiceContext
    let export: Export
    let format: ExportFormat
    let headings: [String]
    let longest: Duration
    /// Given back when the answer is done with, sent or not.
    let slot: ExportSlot
    /// What is known of the export for the audit.
    let trail: ExportTrail

    /// So many bytes are sent at once.
    private static let piece = 64 * 1024

    var body: ResponseBody {
        ResponseBody { writer in
            let lent = Lent(writer: writer)
            let sent = Sent()
            do {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await send(to: lent.writer, sent) }
                    group.addTask {
                        try await Task.sleep(for: longest)
                        throw TooLong()
                    }
                    try await group.next()
                    group.cancelAll()
                }
            } catch {
                try await trail.end(rows: sent.rows, isWhole: false)
                throw error
            }
            // The last byte leaves after the trace of it.
            try await trail.end(rows: sent.rows, isWhole: true)
            try await writer.finish(nil)
        }
    }

    private func send(to writer: any ResponseBodyWriter, _ sent: Sent) async throws {
        var writer = writer
        let statement = try export.copy(as: format)
        let options = TransactionOptions(
            isolation: .repeatableRead, isReadOnly: true, statementTimeout: longest)
        try await kit.pool.transaction(options) { transaction in
            try await transaction.execute("SET LOCAL DateStyle = 'ISO'")
            try await export.places.preparePlanner(in: transaction)
            var file = file
            var bytes: [UInt8] = []
            bytes.reserveCapacity(Self.piece * 2)
            try file.begin(into: &bytes)
            for try await row in transaction.copyOut(statement) {
                try file.add(row, into: &bytes)
                sent.oneMore()
                guard bytes.count >= Self.piece else { continue }
                try await writer.write(ByteBuffer(bytes: bytes))
                bytes.removeAll(keepingCapacity: true)
            }
            try file.end(into: &bytes)
            try await writer.write(ByteBuffer(bytes: bytes))
        }
    }

    private var file: any ExportFile {
        switch format {
        case .csv(let separator, let hasMark):
            CSVFile(headings: headings, separator: separator, hasMark: hasMark)
        case .xlsx: Workbook(headings: headings, kinds: export.columns.map(\.kind))
        }
    }

    /// It took longer than is allowed.
    private struct TooLong: Error {}

    /// How much went out so far.
    private final class Sent: Sendable {
        private let count = Atomic<Int>(0)

        var rows: Int { count.load(ordering: .relaxed) }
        func oneMore() { count.wrappingAdd(1, ordering: .relaxed) }
    }

    /// The way to the client, lent to a task. Safe, for whoever lends it waits for that task to end and does not touch it
    /// meanwhile.
    private struct Lent: @unchecked Sendable {
        let writer: any ResponseBodyWriter
    }
}

/// How many exports run at once: each holds a connection to the database and a snapshot.
final class ExportSlots: Sendable {
    private let limit: Int
    private let taken = Atomic<Int>(0)

    init(limit: Int) { self.limit = limit }

    /// - Throws: that all are taken.
    func take() throws(Problem) -> ExportSlot {
        let before = taken.wrappingAdd(1, ordering: .relaxed).oldValue
        guard before < limit else {
            giveBack()
            throw Problem.exportsBusy
        }
        return ExportSlot(of: self)
    }

    fileprivate func giveBack() { taken.wrappingSubtract(1, ordering: .relaxed) }
}

/// A place among the exports; given back when nobody holds it any more.
final class ExportSlot: Sendable {
    private let slots: ExportSlots

    fileprivate init(of slots: ExportSlots) { self.slots = slots }

    deinit { slots.giveBack() }
}

/// The traces of one export: that it began, before the first byte, and how much of it left.
struct ExportTrail: Sendable {
    let kit: ServiceContext
    let actor: String
    let organization: OrganizationID
    /// What, of which months, as what.
    let details: [String: String]

    func begin() async throws { try await record("export.begun", details) }

    func end(rows: Int, isWhole: Bool) async throws {
        try await record("export.ended", details.merging(["rows": "\(rows)", "whole": "\(isWhole)"]) { $1 })
    }

    private func record(_ action: String, _ details: [String: String]) async throws {
        // It is written also when the answer is given up.
        try await Task {
            try await kit.pool.transaction { transaction in
                try await kit.audit.record(
                    action, subject: "\(organization)", actor: actor, details: details, in: transaction)
            }
        }.value
    }
}

extension Problem {
    fileprivate static let exportsBusy = Problem(
        .serviceUnavailable, id: "exports-busy", vietnamese: "Đang có nhiều tệp được xuất, xin thử lại sau",
        english: "Many exports are under way, please try again"
    ).retryAfter(seconds: 30)
}
