import Contracts
import DirectoryDomain
import Postgres
import ServiceKit

/// Enters members of a first load.
struct MemberLoad: Sendable {
    private let load: FirstLoad

    init(_ load: FirstLoad) { self.load = load }

    /// - Returns: how many were entered, and up to which place of the order; no place when none is left.
    func enter(after place: Int64, limit: Int) async throws -> (entered: Int, reached: Int64?) {
        let rows = try await load.transaction.query(
            """
            SELECT s.*, c.document AS cell, r.document AS residence_cell,
                EXISTS (SELECT FROM \(identifier: load.twins) t
                    WHERE t.field = 'source_id' AND t.value = s.source_id) AS is_twin,
                EXISTS (SELECT FROM \(identifier: load.twins) t
                    WHERE t.field = 'personal_id' AND t.value = s.personal_id) AS has_twin_number
            FROM \(identifier: load.table.name) s
            LEFT JOIN organizations c ON c.code = s.cell_code
            LEFT JOIN organizations r ON r.code = s.residence_cell_code
            WHERE s.line > \(place) ORDER BY s.line LIMIT \(limit)
            """)
        var loaded: [LoadedMember] = []
        for row in rows {
            let isTwin: Bool = try row.get("is_twin")
            if !isTwin, let member = try member(row) { loaded.append(member) }
        }
        try await load.register.add(loaded)
        return (loaded.count, try rows.last?.get("line"))
    }

    private func member(_ row: PostgresRow) throws -> LoadedMember? {
        let state: MembershipState = try row.choice("state")
        // Whoever is a member no more is entered by a person who needs him here.
        guard !state.isEnd, let cell: Organization = try organization("cell", row) else { return nil }
        let residenceCell: Organization? = try organization("residence_cell", row)
        let draft = try draft(row, state, cell: cell, residenceCell: residenceCell)
        let id: MemberID = load.kit.ids.next(at: load.kit.time.now)
        guard let member = entered(id, draft, cell, residenceCell) else { return nil }
        let hasTwin: Bool = try row.get("has_twin_number")
        let number: PersonalID? = try row.get("personal_id")
        return LoadedMember(member: member, sourceID: try row.get("source_id"), personalID: hasTwin ? nil : number)
    }

    private func organization(_ column: String, _ row: PostgresRow) throws -> Organization? {
        try row.get(column, as: PostgresJSON?.self).map { try ContractsJSON.decode(from: $0.bytes) }
    }

    private func draft(
        _ row: PostgresRow, _ state: MembershipState, cell: Organization, residenceCell: Organization?
    ) throws -> MemberDraft {
        func day(_ column: String) throws -> Day? { try row.get(column, as: String?.self).map { try Day($0) } }
        var draft = MemberDraft(
            fullName: try row.get("full_name"), state: state, cellId: cell.id,
            joinedOn: try Day(try row.get("joined_on", as: String.self)), recognisedOn: try day("recognised_on"))
        draft.residenceCellId = residenceCell?.id
        draft.sex = try row.get("sex", as: String?.self).flatMap(PersonalID.Sex.init)
        draft.birthDate = try day("birth_date")
        draft.officialCardNumber = try row.get("card_number")
        draft.recordNumber = try row.get("record_number")
        draft.duesCategory = try row.get("dues_category", as: String?.self).flatMap(DuesCategory.init)
        return draft
    }

    /// The member, without the optional values that break a rule; nothing where he cannot be entered at all.
    private func entered(
        _ id: MemberID, _ draft: MemberDraft, _ cell: Organization, _ residenceCell: Organization?
    ) -> Member? {
        let today = Day(containing: load.kit.time.now)
        func attempt(_ draft: MemberDraft) throws(Faults) -> Member {
            try Member.entered(id, draft, cell: cell, residenceCell: residenceCell, today: today)
        }
        do {
            return try attempt(draft)
        } catch {
            var lesser = draft
            for fault in error.all {
                switch fault.field {
                case "recognisedOn": lesser.recognisedOn = nil
                case "birthDate": lesser.birthDate = nil
                case "residenceCellId": lesser.residenceCellId = nil
                default: return nil
                }
            }
            return try? attempt(lesser)
        }
    }
}

/// Somebody who is entered by a first load.
struct LoadedMember: Sendable {
    let member: Member
    let sourceID: String
    let personalID: PersonalID?
}
