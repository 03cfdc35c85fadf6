import Contracts
public import DuesDomain
import Foundation
public import Postgres

/// A month of an organisation with what it passes up, as it is kept and shown.
struct RemittanceRow: Sendable, Encodable {
    let remittanceId: RemittanceID
    let organizationId: OrganizationID
    let month: DuesMonth
    /// Who receives; absent at the top.
    let superiorId: OrganizationID?
    /// What members of the organisation itself paid, less what was given back.
    let own: Dong
    /// What inferiors passed up.
    let received: Dong
    let carriedIn: Dong
    let kept: Dong
    let passed: Dong
    let carriedOut: Dong
    /// What it keeps, in ten-thousandths; absent at the top, which keeps everything.
    let share: BasisPoints?
    /// On whose bank account its money stands.
    let holderId: OrganizationID
    /// On whose bank account its superior's money stands.
    let superiorHolderId: OrganizationID?
    let state: RemittanceState
    /// The last day on which it is in time.
    let dueOn: Day
    let madeAt: Date
    let reminders: Int
    /// Goes up with each step.
    let version: Int64
    /// Who said that it was paid.
    let paidBy: MemberID?

    init(row: PostgresRow) throws {
        remittanceId = try row.get("remittance_id")
        organizationId = try row.get("organization_id")
        month = try row.get("month")
        superiorId = try row.get("superior_id")
        own = try row.get("own")
        received = try row.get("received")
        carriedIn = try row.get("carried_in")
        kept = try row.get("kept")
        passed = try row.get("passed")
        carriedOut = try row.get("carried_out")
        share = try (row.get("share") as Int?).map { try BasisPoints($0) }
        holderId = try row.get("holder_id")
        superiorHolderId = try row.get("superior_holder")
        state = try row.get("state", as: RemittanceState.self)
        dueOn = try row.get("due_on")
        madeAt = try row.get("made_at")
        reminders = try row.get("reminders")
        version = try row.get("version")
        paidBy = try row.get("paid_by")
    }
}

extension RemittanceState: PostgresEncodable, PostgresDecodable {}
extension RemittanceTrigger: PostgresEncodable, PostgresDecodable {}
