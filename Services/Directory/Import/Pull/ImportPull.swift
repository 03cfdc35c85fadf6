import Contracts
import Foundation
import HTTPTypes
import Logging
import NIOCore
import Postgres
import Records
import ServiceKit

/// Pulls the records of an import from the source, a page in each transaction with the cursor of the next one: after an
/// interruption of either side it goes on with the page that is missing.
struct ImportPull: Sendable {
    let kit: ServiceContext
    let source: any ImportSource
    let subjects: [ImportSubject]
    let layouts: [ImportSubject: [String: RecordLayout]]
    private let limits: ImportLimits
    private let timeout: Duration

    /// - Parameter subjects: what the source has.
    init(
        _ kit: ServiceContext, source: any ImportSource, of subjects: [ImportSubject],
        layouts: [ImportSubject: [String: RecordLayout]]
    ) throws {
        self.kit = kit
        self.source = source
        self.subjects = subjects
        self.layouts = layouts
        limits = try ImportLimits(kit.settings)
        timeout = try kit.settings.duration("directory.imports.timeout")
    }

    /// The sources by the beginning of their settings' names. Each has work of its own in the background: one that is away
    /// holds nobody else up.
    private static let sources: [String: [ImportSubject]] = [
        "directory.imports": [.members, .organizations], "directory.figures": [.figures],
    ]

    /// Where the source of a subject is; nothing where none is named.
    static func address(of subject: ImportSubject, _ settings: Settings) throws -> String? {
        guard let name = sources.first(where: { $0.value.contains(subject) })?.key else { return nil }
        return try settings.stringIfSet("\(name).sourceUrl")
    }

    /// The work in the background, for each source that is named.
    static func jobs(
        _ kit: ServiceContext, _ layouts: [ImportSubject: [String: RecordLayout]]
    ) throws -> [PeriodicJob] {
        try sources.sorted { $0.key < $1.key }.compactMap { name, subjects in
            guard let address = try kit.settings.stringIfSet("\(name).sourceUrl") else { return nil }
            let token = try kit.settings.stringIfSet("\(name).sourceToken")
            let source = HTTPImportSource(address: address, token: token)
            let pull = try ImportPull(kit, source: source, of: subjects, layouts: layouts)
            return PeriodicJob(name: "pulls of \(name)", interval: .seconds(2), logger: kit.logger) {
                try await pull.run()
            }
        }
    }

    /// Begins a pull; its pages come in the background.
    static func begin(
        _ kit: ServiceContext, _ request: ImportRequest, author: String, in transaction: PostgresTransaction
    ) async throws -> ImportRun {
        let id: UUIDv7 = kit.ids.next(at: kit.time.now)
        let number = try await ImportStore.insert(id, request, author: author, at: kit.time.now, in: transaction)
        try await StagingTable(request.subject, number: number).create(in: transaction)
        try await transaction.execute("UPDATE imports SET state = 'pulling' WHERE id = \(id)")
        guard let run = try await ImportStore.read(id, in: transaction) else { throw Problem.notFound }
        return run
    }

    /// Every page of every pull.
    func run() async throws {
        while try await step() {}
    }

    /// The next page; false when no pull is under way.
    func step() async throws -> Bool {
        guard let run = try await ImportStore.pulling(subjects, in: kit.pool) else { return false }
        guard let layout = layouts[run.subject]?[run.layout] else { return false }
        var question = ImportQuestion(subject: run.subject, month: run.month, cursor: run.cursor)
        if run.mode == .delta, run.month == nil {
            question.since = try await ImportStore.newest(of: run.subject, in: kit.pool)
        }
        let page = try await source.page(question)
        do {
            try await kit.pool.transaction(TransactionOptions(statementTimeout: timeout)) { transaction in
                // Another process may have had the same page.
                guard try await ImportStore.hold(run, in: transaction) else { return }
                try await take(page, of: run, layout, in: transaction)
            }
        } catch is TooManyFaults {
            try await refuse(run, "too-many-faults")
        } catch let problem as Problem {
            try await refuse(run, problem.id)
        }
        return true
    }

    private func take(
        _ page: ImportPage, of run: ImportRun, _ layout: RecordLayout, in transaction: PostgresTransaction
    ) async throws {
        let table = StagingTable(run.subject, number: run.number)
        // Of figures the newest counts, in whatever order they come.
        if run.cursor == nil, run.month == nil,
            let newest = try await ImportStore.newest(of: run.subject, in: transaction), page.asOf < newest
        {
            throw Problem.importOutdated
        }
        // It would never end.
        if let next = page.next, next == run.cursor { throw Problem.cursorRepeated }
        if page.records.readableBytes > 0 {
            let notes = StagingNotes()
            let rows = StagedRows(
                pieces: OnePiece(piece: page.records), layout: layout, form: .jsonLines, table: table, limits: limits,
                notes: notes, linesBefore: Int(run.records + run.unreadable))
            try await transaction.copyIn(table.copy, rows)
            try await ImportStore.add(notes.now, to: run.id, in: transaction)
        }
        if page.next == nil { try await table.analyze(in: transaction) }
        try await ImportStore.advance(run, to: page, in: transaction)
    }

    private func refuse(_ run: ImportRun, _ rule: String) async throws {
        try await kit.pool.transaction { transaction in
            try await StagingTable(run.subject, number: run.number).drop(in: transaction)
            try await ImportStore.refuse(run.id, nil, rule: rule, at: kit.time.now, in: transaction)
        }
        kit.logger.error("a pull is refused", metadata: ["import": "\(run.id)", "rule": "\(rule)"])
    }
}

extension Problem {
    /// The source named the page that it just gave as the next one.
    fileprivate static let cursorRepeated = Problem(
        .badGateway, id: "import-cursor-repeated", vietnamese: "Nguồn dữ liệu lặp lại cùng một trang",
        english: "The source names the same page again")
}

/// One piece as a sequence.
struct OnePiece: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    let piece: ByteBuffer

    func makeAsyncIterator() -> Iterator { Iterator(piece: piece) }

    struct Iterator: AsyncIteratorProtocol {
        var piece: ByteBuffer?

        mutating func next() async throws -> ByteBuffer? {
            defer { piece = nil }
            return piece
        }
    }
}
