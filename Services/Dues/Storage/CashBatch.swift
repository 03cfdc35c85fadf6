import Contracts
public import DuesDomain
import Foundation
import Messaging
public import Postgres
import ServiceKit

/// Cash on its way to the superior, as it is kept and shown.
struct CashBatch: Encodable, Sendable {
    let batchId: UUIDv7
    let organizationId: OrganizationID
    /// Who counts it: the organisation above, or the holder of the account that it was paid in to.
    let superiorId: OrganizationID
    /// Whether it was paid in at a bank.
    let toBank: Bool
    let amount: Dong
    let state: CashBatchState
    /// The number of the list that goes with the cash, or of the bank's receipt.
    let reference: String
    let handedBy: MemberID
    let handedAt: Date
    let settledBy: MemberID?
    let settledAt: Date?
    /// Why it was refused or withdrawn.
    let reason: String?

    init(row: PostgresRow) throws {
        batchId = try row.get("batch_id")
        organizationId = try row.get("organization_id")
        superiorId = try row.get("superior_id")
        toBank = try row.get("to_bank")
        amount = try row.get("amount")
        state = try row.get("state")
        reference = try row.get("reference")
        handedBy = try row.get("handed_by")
        handedAt = try row.get("handed_at")
        settledBy = try row.get("settled_by")
        settledAt = try row.get("settled_at")
        reason = try row.get("reason")
    }

    /// Holds the cash of an organisation until the transaction ends: it is handed on, and paid in, by one at a time.
    static func hold(_ organization: OrganizationID, in transaction: PostgresTransaction) async throws {
        try await transaction.execute(
            """
            SELECT pg_advisory_xact_lock(
                hashtextextended('dues cash ' || current_schema() || ' ' || \("\(organization)"), 7462))
            """)
    }

    /// What can still be handed on: what is there, less what is on its way. The transaction holds the cash.
    static func available(of organization: OrganizationID, in transaction: PostgresTransaction) async throws -> Dong {
        let underWay: Dong = try await transaction.queryOne(
            """
            SELECT coalesce(sum(amount), 0)::bigint AS amount FROM cash_batches
            WHERE organization_id = \(organization) AND state = \(CashBatchState.handed)
            """
        ).get("amount")
        return try await CashBook.onHand(of: organization, in: transaction) - underWay
    }

    static func find(_ id: UUIDv7, in session: any PostgresQueryable) async throws -> CashBatch? {
        try await session.queryOptional("SELECT * FROM cash_batches WHERE batch_id = \(id)").map(CashBatch.init)
    }

    /// The batch, locked until the transaction ends.
    static func locked(_ id: UUIDv7, in transaction: PostgresTransaction) async throws -> CashBatch? {
        try await transaction.queryOptional("SELECT * FROM cash_batches WHERE batch_id = \(id) FOR UPDATE")
            .map(CashBatch.init)
    }

    /// Those that an organisation handed on or was handed, the newest first.
    static func page(
        of organization: OrganizationID, before: UUIDv7?, limit: Int, in session: any PostgresQueryable
    ) async throws -> [CashBatch] {
        try await session.query(
            """
            SELECT * FROM cash_batches
            WHERE (organization_id = \(organization) OR superior_id = \(organization))
                AND (\(before)::uuid IS NULL OR batch_id < \(before))
            ORDER BY batch_id DESC LIMIT \(limit)
            """
        ).map(CashBatch.init)
    }
}

extension CashBatchState: PostgresEncodable, PostgresDecodable {}
