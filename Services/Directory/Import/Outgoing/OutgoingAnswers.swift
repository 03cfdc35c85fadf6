import Contracts
import Foundation
import Postgres
import Records

/// What the source answered to the changes of a batch: all of a file is taken, or nothing.
struct OutgoingAnswers: Sendable {
    let batch: UUIDv7
    let transaction: PostgresTransaction
    let now: Date

    /// One answer.
    struct Answer: Sendable {
        let line: Int
        let change: Int64
        let isAccepted: Bool
        /// The number that the source gave to somebody who is new to it.
        let sourceID: String?
        let reason: String?
    }

    /// Reads the answers of a file.
    ///
    /// - Throws: ``RecordFault``, the first of the file.
    static func read(_ file: [UInt8], _ layout: RecordLayout, _ form: RecordReader.Form) throws -> [Answer] {
        var answers: [Answer] = []
        var reader = RecordReader(layout, form)
        func take(_ finding: RecordFinding) throws {
            switch finding {
            case .unreadable(let fault): throw fault
            case .faulty(_, let faults): throw faults[0]
            case .record(let record):
                func value(_ field: String) -> String? { layout.index(of: field).flatMap(record.string) }
                answers.append(
                    Answer(
                        line: record.line, change: value("changeId").flatMap { Int64($0) } ?? 0,
                        isAccepted: value("outcome") == "accepted", sourceID: value("sourceId"),
                        reason: value("reason")))
            }
        }
        try reader.take(file, take)
        try reader.finish(take)
        return answers
    }

    /// Applies the answers; how many changes they were new for. The same file once more changes nothing.
    ///
    /// - Throws: ``Unfitting`` where a change is not of the batch, or was answered otherwise before.
    func apply(_ answers: [Answer]) async throws -> Int {
        try await check(answers)
        let answered = try await transaction.execute(
            """
            UPDATE outgoing_changes o SET state = a.state, answered_at = \(now), reason = a.reason
            FROM unnest(\(answers.map(\.change)), \(answers.map(\.state)), \(answers.map(\.reason)))
                AS a (id, state, reason)
            WHERE o.id = a.id AND o.state = 'sent'
            """)
        try await transaction.execute(
            """
            UPDATE members m SET source_id = a.source_id
            FROM unnest(\(answers.map(\.change)), \(answers.map(\.sourceID))) AS a (id, source_id)
            JOIN outgoing_changes o ON o.id = a.id
            WHERE a.source_id IS NOT NULL AND m.id = o.subject_id AND m.source_id IS NULL
              AND NOT EXISTS (SELECT FROM members known WHERE known.source_id = a.source_id)
            """)
        try await reopen()
        return answered
    }

    /// An answer to a change that is not of the batch, or that was answered otherwise.
    struct Unfitting: Error {
        let line: Int
    }

    private func check(_ answers: [Answer]) async throws {
        let known = try await transaction.query(
            "SELECT id, state FROM outgoing_changes WHERE batch = \(batch) ORDER BY id FOR UPDATE")
        var states: [Int64: String] = [:]
        for row in known { states[try row.get("id")] = try row.get("state", as: String.self) }
        for answer in answers {
            guard let state = states[answer.change], state == "sent" || state == answer.state else {
                throw Unfitting(line: answer.line)
            }
            states[answer.change] = answer.state
        }
    }

    /// What a refused change explained has to be settled by a person again.
    private func reopen() async throws {
        try await transaction.execute(
            """
            UPDATE differences d SET state = 'open', outcome = NULL, reason = NULL, settled_by = NULL, settled_at = NULL
            WHERE d.state = 'pending'
              AND (CASE d.subject WHEN 'members' THEN d.member_id ELSE d.organization_id END) IN (
                  SELECT subject_id FROM outgoing_changes WHERE batch = \(batch) AND state = 'refused')
              AND NOT \(FoundDifferences.isExplainedNow)
            """)
    }
}

extension OutgoingAnswers.Answer {
    var state: String { isAccepted ? "accepted" : "refused" }
}
