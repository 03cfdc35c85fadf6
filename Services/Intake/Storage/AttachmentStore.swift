import Contracts
import Foundation
import IntakeDomain
import Messaging
import Postgres

/// What is known of a file without its contents.
struct AttachmentRow: PostgresRowDecodable, Sendable {
    let id: AttachmentID
    let owner: MemberID
    let name: String
    let mediaType: String
    let size: Int64
    let sha256: ContentDigest
    let dossier: DossierID?
    /// The supplement that it came with; nil for a file of the submission.
    let supplement: Int?

    init(row: PostgresRow) throws {
        id = try row.get("id")
        owner = try row.get("owner_member_id")
        name = try row.get("name")
        mediaType = try row.get("media_type")
        size = try row.get("size")
        sha256 = try row.get("sha256")
        dossier = try row.get("dossier_id")
        supplement = try row.get("supplement")
    }

    /// As the events tell it.
    var payload: DossierSubmitted.Attachment {
        DossierSubmitted.Attachment(id: id, name: name, mediaType: mediaType, size: size, sha256: sha256)
    }

    static let columns: SQL = "id, owner_member_id, name, media_type, size, sha256, dossier_id, supplement"
}

/// Uploaded files as rows.
enum AttachmentStore {
    /// Keeps a new file that belongs to no dossier yet.
    static func insert(
        _ file: DossierSubmitted.Attachment, contents: [UInt8], of owner: MemberID, at now: Date,
        in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            INSERT INTO attachments (id, owner_member_id, name, media_type, size, sha256, contents, uploaded_at)
            VALUES (\(file.id), \(owner), \(file.name), \(file.mediaType), \(file.size), \(file.sha256), \(contents),
                    \(now))
            """)
    }

    /// A member's own files among the ids, with their row locks, so that no two dossiers take the same one.
    static func lock(
        _ ids: [AttachmentID], of owner: MemberID, in transaction: PostgresTransaction
    ) async throws -> [AttachmentID: AttachmentRow] {
        guard !ids.isEmpty else { return [:] }
        let rows = try await transaction.query(
            """
            SELECT \(AttachmentRow.columns) FROM attachments
            WHERE id = ANY (\(ids)) AND owner_member_id = \(owner) ORDER BY id FOR UPDATE
            """, as: AttachmentRow.self)
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.id, $0) })
    }

    /// Gives locked files to a dossier, in their order, behind those it has.
    ///
    /// - Parameter supplement: the supplement that they came with; nil for the submission.
    static func claim(
        _ ids: [AttachmentID], for dossier: DossierID, supplement: Int? = nil, in transaction: PostgresTransaction
    ) async throws {
        guard !ids.isEmpty else { return }
        try await transaction.execute(
            """
            UPDATE attachments a SET dossier_id = \(dossier), supplement = \(supplement), position = given.position
                + (SELECT coalesce(max(position), 0) FROM attachments WHERE dossier_id = \(dossier))
            FROM unnest(\(ids)::uuid[]) WITH ORDINALITY AS given (id, position) WHERE a.id = given.id
            """)
    }

    /// The files of a dossier.
    static func files(of dossier: DossierID, in session: any PostgresQueryable) async throws -> [AttachmentRow] {
        try await session.query(
            "SELECT \(AttachmentRow.columns) FROM attachments WHERE dossier_id = \(dossier) ORDER BY position",
            as: AttachmentRow.self)
    }

    /// A file without its contents, or nil.
    static func read(_ id: AttachmentID, in session: any PostgresQueryable) async throws -> AttachmentRow? {
        try await session.queryOptional(
            "SELECT \(AttachmentRow.columns) FROM attachments WHERE id = \(id)", as: AttachmentRow.self)
    }

    /// The contents of a file that is there.
    static func contents(of id: AttachmentID, in session: any PostgresQueryable) async throws -> [UInt8] {
        try await session.queryOne("SELECT contents FROM attachments WHERE id = \(id)").get("contents")
    }

    /// Removes files that were never submitted; says how many.
    static func removeUnclaimed(before moment: Date, in session: any PostgresQueryable) async throws -> Int {
        try await session.execute(
            """
            DELETE FROM attachments WHERE id IN (
                SELECT id FROM attachments WHERE dossier_id IS NULL AND uploaded_at < \(moment)
                ORDER BY uploaded_at LIMIT 100 FOR UPDATE SKIP LOCKED)
            """)
    }
}
