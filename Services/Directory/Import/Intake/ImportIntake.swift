import Contracts
import Foundation
import HTTPTypes
import NIOCore
import Postgres
import Records
import ServiceKit

/// Takes a file in: its rows stream into a staging table, or nothing of it is used.
struct ImportIntake: Sendable {
    let kit: ServiceContext
    let limits: ImportLimits
    private let timeout: Duration

    init(_ kit: ServiceContext) throws {
        self.kit = kit
        limits = try ImportLimits(kit.settings)
        timeout = try kit.settings.duration("directory.imports.timeout")
    }

    /// - Returns: the import, which waits for its comparison.
    /// - Throws: a problem that lists what is wrong with the file; the import stands as refused then.
    func take(
        _ pieces: some AsyncSequence<ByteBuffer, any Error> & Sendable, _ request: ImportRequest, author: String
    ) async throws -> ImportRun {
        let id: UUIDv7 = kit.ids.next(at: kit.time.now)
        let notes = StagingNotes()
        do {
            return try await stage(pieces, request, id, author: author, notes)
        } catch let fault as RecordFault {
            throw try await refuse(id, request, author: author, notes, fault)
        } catch is TooManyFaults {
            throw try await refuse(id, request, author: author, notes, nil)
        }
    }

    private func stage(
        _ pieces: some AsyncSequence<ByteBuffer, any Error> & Sendable, _ request: ImportRequest, _ id: UUIDv7,
        author: String, _ notes: StagingNotes
    ) async throws -> ImportRun {
        try await kit.pool.transaction(TransactionOptions(statementTimeout: timeout)) { transaction in
            try await checkOrder(request, in: transaction)
            let number = try await ImportStore.insert(id, request, author: author, at: kit.time.now, in: transaction)
            let table = StagingTable(request.subject, number: number)
            try await table.create(in: transaction)
            let rows = StagedRows(
                pieces: pieces, layout: request.layout, form: request.form, table: table, limits: limits, notes: notes)
            try await transaction.copyIn(table.copy, rows)
            try await table.analyze(in: transaction)
            try await ImportStore.note(notes.now, of: id, in: transaction)
            try await record("import.received", id, request, author: author, in: transaction)
            guard let run = try await ImportStore.read(id, in: transaction) else { throw Problem.notFound }
            return run
        }
    }

    /// A file that is older than what was compared would bring old differences back. Of figures the newest counts, in
    /// whatever order they come.
    private func checkOrder(_ request: ImportRequest, in transaction: PostgresTransaction) async throws {
        guard request.subject != .figures else { return }
        if let newest = try await ImportStore.newest(of: request.subject, in: transaction), request.asOf < newest {
            throw Problem.importOutdated
        }
        try await checkEmpty(request, in: transaction)
    }

    /// A first load fills an empty directory only.
    func checkEmpty(_ request: ImportRequest, in transaction: PostgresTransaction) async throws {
        guard request.mode == .firstLoad else { return }
        if try await ImportStore.isFilled(request.subject, in: transaction) { throw Problem.notEmpty }
    }

    private func refuse(
        _ id: UUIDv7, _ request: ImportRequest, author: String, _ notes: StagingNotes, _ fault: RecordFault?
    ) async throws -> Problem {
        let found = notes.now
        try await kit.pool.transaction { transaction in
            _ = try await ImportStore.insert(id, request, author: author, at: kit.time.now, in: transaction)
            try await ImportStore.note(found, of: id, in: transaction)
            try await ImportStore.refuse(id, fault, at: kit.time.now, in: transaction)
            try await record("import.refused", id, request, author: author, in: transaction)
        }
        return Problem.refused(id, fault, found.faults.map(\.fault))
    }

    private func record(
        _ action: String, _ id: UUIDv7, _ request: ImportRequest, author: String, in transaction: PostgresTransaction
    ) async throws {
        try await kit.audit.record(
            action, subject: "\(id)", actor: author,
            details: ["subject": request.subject.rawValue, "mode": request.mode.rawValue], in: transaction)
    }
}

extension Problem {
    /// A newer state of the source was compared before.
    static let importOutdated = Problem(
        .conflict, id: "import-outdated", vietnamese: "Đã đối soát dữ liệu mới hơn",
        english: "A newer state of the source was compared already")
    /// A first load fills an empty directory only.
    static let notEmpty = Problem(
        .conflict, id: "directory-not-empty", vietnamese: "Danh bạ đã có dữ liệu, không nạp lần đầu được",
        english: "The directory is not empty: a first load fills an empty one")

    /// How many faults an answer lists; all that were kept stand under the import.
    private static let listedFaults = 100

    /// Nothing of a file was used.
    ///
    /// - Parameter fault: what makes it untrustworthy as a whole; absent when too many lines are wrong.
    static func refused(_ id: UUIDv7, _ fault: RecordFault?, _ faults: [RecordFault]) -> Problem {
        let listed = fault.map { [$0] } ?? Array(faults.prefix(listedFaults))
        var problem = Problem(
            .unprocessableContent, id: "import-refused", vietnamese: "Tệp không được tiếp nhận",
            english: "The file is not taken in", errors: listed.map(FieldError.init))
        problem.detail =
            fault == nil
            ? LocalizedText(vietnamese: "Quá nhiều dòng sai.", english: "Too many lines are wrong.") : nil
        problem.headers[.location] = "/v1/imports/\(id)"
        return problem
    }
}

extension FieldError {
    /// A fault of a file: the line stands before the field.
    init(_ fault: RecordFault) {
        let text = fault.rule.text
        self.init(
            field: "line[\(fault.line)]" + (fault.field.map { ".\($0)" } ?? ""), rule: "import.\(fault.rule.rawValue)",
            vietnamese: "Dòng \(fault.line): \(text.vietnamese)", english: "Line \(fault.line): \(text.english)")
    }
}
