import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// Something in which the source and the directory disagree.
struct Difference: PostgresRowDecodable, Sendable {
    enum State: String, Sendable, Encodable, CaseIterable {
        /// A person has to settle it.
        case open
        /// A change on its way to the source explains it.
        case pending
        case settled
    }

    let id: Int64
    let subject: ImportSubject
    let key: String
    let kind: DifferenceKind
    let field: String
    let sourceValue: String?
    let ourValue: String?
    let memberID: MemberID?
    let otherMemberID: MemberID?
    let organizationID: OrganizationID?
    let settler: Settler
    let record: PostgresJSON?
    let personalID: PersonalID?
    let state: State
    let outcome: String?
    let reason: String?
    let settledBy: String?
    let settledAt: Date?
    let foundAt: Date

    /// The fact of a member that it is about.
    var fact: MemberFact? { MemberFact(rawValue: field) }

    /// What can be done about it now.
    var actions: Set<SettlementAction> {
        guard state == .open else { return [] }
        return subject == .members ? kind.actions : kind.organizationActions
    }

    static let columns: SQL = """
        d.id, d.subject, d.key, d.kind, d.field, d.source_value, d.our_value, d.member_id, d.other_member_id,
        d.organization_id, d.settler, d.record, d.personal_id, d.state, d.outcome, d.reason, d.settled_by, d.settled_at,
        d.found_at
        """

    init(row: PostgresRow) throws {
        id = try row.get("id")
        subject = try row.choice("subject")
        key = try row.get("key")
        kind = try row.choice("kind")
        field = try row.get("field")
        sourceValue = try row.get("source_value")
        ourValue = try row.get("our_value")
        memberID = try row.get("member_id")
        otherMemberID = try row.get("other_member_id")
        organizationID = try row.get("organization_id")
        settler = try row.choice("settler")
        record = try row.get("record")
        personalID = try row.get("personal_id")
        state = try row.choice("state")
        outcome = try row.get("outcome")
        reason = try row.get("reason")
        settledBy = try row.get("settled_by")
        settledAt = try row.get("settled_at")
        foundAt = try row.get("found_at")
    }
}

extension DifferenceKind {
    /// Organisations are founded, moved and changed by the commands for that, each with its own rules; here it is only
    /// decided whose word counts.
    var organizationActions: Set<SettlementAction> {
        switch self {
        case .extra, .different, .moved: [.keepOurs, .setAside]
        case .missing, .duplicatePersonalID, .wrongType, .unknownOrganization: [.setAside]
        }
    }
}
