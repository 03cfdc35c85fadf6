import ArgumentParser
import Contracts
import Foundation
import NIOCore

/// `hosoctl import`: brings a file of the Party Member Database, or of figures, to Directory and waits until it is done.
struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Brings a file of the Party Member Database, or of figures, to Directory and waits until it is done.",
        discussion: """
            The file streams to the service. Lines that cannot be taken are listed with line, field and rule; a file \
            that cannot be trusted as a whole is refused and nothing of it is used. Differences are settled by people, \
            nothing is overwritten. The same file once more changes nothing.
            """)

    @OptionGroup var options: AdminOptions
    @Argument(help: "The file, .csv or .jsonl.") var file: String
    @Option(help: "members, organizations or figures; by the file's name when absent.") var subject: String?
    @Option(help: "full (the usual one), delta or first-load; figures have none.") var mode: String?
    @Option(help: "The moment of which the source says that it is so, such as 2026-11-20T00:00:00Z.") var asOf: String
    @Option(help: "The layout, when it is not the usual one.") var layout: String?

    /// An import as Directory tells it.
    struct Told: Codable {
        var importId: String
        var state: String
        var records: Int64
        var faultyRecords: Int64
        var unreadableLines: Int64
        var entered: Int64
        var opened: Int64?
        var closed: Int64?

        var isFinished: Bool { state != "staged" && state != "loading" }
    }

    func validate() throws {
        guard RFC3339.moment(of: asOf) != nil else { throw ValidationError("--as-of is no moment of RFC 3339") }
        _ = try contentType()
    }

    func run() async throws {
        let type = try contentType()
        try await AdminClient.with(options) { client in
            var told: Told = try await client.upload(.directory, try path(), file: file, contentType: type)
            if !options.json { Output.note("import \(told.importId): \(told.records) records are in") }
            while !told.isFinished {
                try await Task.sleep(for: .seconds(1))
                told = try await client.call(.directory, "/v1/imports/\(told.importId)")
            }
            try show(told)
        }
    }

    private func show(_ told: Told) throws {
        if options.json { return try Output.json(told) }
        Output.table(
            ["STATE", "RECORDS", "FAULTY", "UNREADABLE", "ENTERED", "OPENED", "CLOSED"],
            [
                [
                    told.state, "\(told.records)", "\(told.faultyRecords)", "\(told.unreadableLines)",
                    "\(told.entered)", told.opened.map { "\($0)" } ?? "-", told.closed.map { "\($0)" } ?? "-",
                ]
            ])
    }

    private func path() throws -> String {
        let name = URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
        var query = URLComponents()
        query.queryItems = [
            URLQueryItem(name: "subject", value: subject ?? name), URLQueryItem(name: "asOf", value: asOf),
        ]
        if let mode { query.queryItems?.append(URLQueryItem(name: "mode", value: mode)) }
        if let layout { query.queryItems?.append(URLQueryItem(name: "layout", value: layout)) }
        return "/v1/imports?" + (query.percentEncodedQuery ?? "")
    }

    private func contentType() throws -> String {
        switch URL(fileURLWithPath: file).pathExtension.lowercased() {
        case "csv": return "text/csv"
        case "jsonl", "ndjson": return "application/jsonl"
        default: throw ValidationError("the file ends in neither .csv nor .jsonl")
        }
    }
}

/// A file in pieces, read when they are asked for.
struct FilePieces: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let url: URL
    private static let size = 1 << 16

    func makeAsyncIterator() -> Iterator { Iterator(url: url) }

    struct Iterator: AsyncIteratorProtocol {
        let url: URL
        private var handle: FileHandle?

        init(url: URL) { self.url = url }

        mutating func next() async throws -> ByteBuffer? {
            let opened = try handle ?? FileHandle(forReadingFrom: url)
            handle = opened
            guard let piece = try opened.read(upToCount: FilePieces.size), !piece.isEmpty else {
                try opened.close()
                return nil
            }
            return ByteBuffer(bytes: piece)
        }
    }
}
