import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// Changes that leave together, as a file of JSON lines: the way across the zone boundary by hand, and by API.
enum OutgoingBatch {
    /// The most changes of one batch.
    static let largest = 10_000

    /// Takes the oldest changes that are prepared into a batch; how many they are.
    static func make(_ id: UUIDv7, limit: Int, at now: Date, in transaction: PostgresTransaction) async throws -> Int {
        try await transaction.execute(
            """
            UPDATE outgoing_changes SET state = 'sent', batch = \(id), sent_at = \(now)
            WHERE id IN (SELECT id FROM outgoing_changes WHERE state = 'prepared' ORDER BY id LIMIT \(limit) FOR UPDATE)
            """)
    }

    /// The file of a batch: each line a change as it was then, so that it is the same whenever it is fetched.
    static func file(_ id: UUIDv7, in session: any PostgresQueryable) async throws -> [UInt8] {
        let rows = try await session.query(
            """
            SELECT o.id, o.subject, o.kind, o.fields, o.made_at, h.document, m.source_id, m.personal_id,
                own.code, place.code AS place_code, residence.code AS residence_code
            FROM outgoing_changes o
            JOIN history h ON h.id = o.subject_id AND h.version = o.version
                AND h.kind = CASE o.subject WHEN 'members' THEN 'member' ELSE 'organization' END
            LEFT JOIN members m ON m.id = o.subject_id
            LEFT JOIN organizations own ON own.id = o.subject_id
            LEFT JOIN organizations place
                ON place.id = coalesce(h.document ->> 'cellId', h.document ->> 'parentId')::uuid
            LEFT JOIN organizations residence ON residence.id = (h.document ->> 'residenceCellId')::uuid
            WHERE o.batch = \(id) ORDER BY o.id
            """)
        var file: [UInt8] = []
        for row in rows {
            file += try ContractsJSON.encode(OutgoingLine(row))
            file.append(UInt8(ascii: "\n"))
        }
        return file
    }
}

/// One change as the source is told of it: the names and forms are those of the import files.
struct OutgoingLine: Encodable {
    let changeId: Int64
    let subject: ImportSubject
    let kind: OutgoingChange.Kind
    /// The number or code in the source; absent for somebody whom it does not have yet.
    let key: String?
    let madeAt: Date
    /// What became of each field that changed; null where it has no value any more.
    let values: [String: String?]

    init(_ row: PostgresRow) throws {
        changeId = try row.get("id")
        subject = try row.choice("subject")
        kind = try row.choice("kind")
        madeAt = try row.get("made_at")
        let fields: [String] = try row.get("fields")
        var values: [String: String?] = [:]
        switch subject {
        case .members:
            key = try row.get("source_id")
            let member: Member = try Documents.read(row)
            let codes = (
                cell: try row.get("place_code", as: String?.self),
                residence: try row.get("residence_code", as: String?.self)
            )
            let number = try row.get("personal_id", as: String?.self)
            for fact in fields.compactMap(MemberFact.init) {
                values[fact.rawValue] = .some(member.told(fact, codes, personalID: number))
            }
        case .organizations:
            key = try row.get("code")
            let organization: Organization = try Documents.read(row)
            let parentCode: String? = try row.get("place_code")
            for fact in fields.compactMap(OrganizationFact.init) {
                values[fact.rawValue] = .some(organization.told(fact, parentCode: parentCode))
            }
            if organization.status != .active { values["change"] = .some("removed") }
        case .figures: throw PostgresError(.decoding, "figures do not go back to their source")
        }
        self.values = values
    }
}

extension Member {
    fileprivate func told(
        _ fact: MemberFact, _ codes: (cell: String?, residence: String?), personalID: String?
    ) -> String? {
        switch fact {
        // In clear: the source knows people by it, and this file goes nowhere else.
        case .personalId: personalID
        case .fullName: fullName
        case .sex: sex?.rawValue
        case .birthDate: birthDate?.text
        case .cardNumber: officialCardNumber
        case .recordNumber: recordNumber
        case .joinedOn: joinedOn.text
        case .recognisedOn: recognisedOn?.text
        case .cellCode: codes.cell
        case .residenceCellCode: codes.residence
        case .state: stateInSource.rawValue
        case .duesCategory: duesCategory?.rawValue
        }
    }
}

extension Organization {
    fileprivate func told(_ fact: OrganizationFact, parentCode: String?) -> String? {
        switch fact {
        case .type: type.rawValue
        case .name: name
        case .parentCode: parentCode
        case .residential: residential ? "true" : "false"
        case .duesRegion: duesRegion.rawValue
        case .meetingDay: meetingDay.map(String.init)
        }
    }
}
