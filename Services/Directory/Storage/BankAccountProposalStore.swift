import Contracts
import DirectoryDomain
import Foundation
import Postgres

/// Proposals about bank accounts as rows.
enum BankAccountProposalStore {
    static func read(
        _ id: UUIDv7, lock: RowLock = .none, in session: any PostgresQueryable
    ) async throws -> BankAccountProposal? {
        try await session.queryOptional("SELECT document FROM bank_account_proposals WHERE id = \(id) \(lock.clause)")
            .map(Documents.read)
    }

    static func page(
        of organization: OrganizationID, _ page: PageRequest, in session: any PostgresQueryable
    ) async throws -> [BankAccountProposal] {
        try await session.query(
            """
            SELECT document FROM bank_account_proposals
            WHERE organization_id = \(organization) AND (\(page.after)::uuid IS NULL OR id > \(page.after))
            ORDER BY id LIMIT \(page.limit + 1)
            """
        ).map(Documents.read)
    }

    /// - Returns: whether it was entered; not while another one about the organisation is open.
    static func insert(_ proposal: BankAccountProposal, in transaction: PostgresTransaction) async throws -> Bool {
        try await transaction.execute(
            """
            INSERT INTO bank_account_proposals (id, organization_id, state, inquiry, next_inquiry_at, document)
            VALUES (\(proposal.id), \(proposal.organizationId), \(proposal.state.rawValue),
                \(proposal.inquiry.rawValue), \(proposal.inquiry == .asked ? proposal.proposedAt : nil),
                \(try Documents.write(proposal)))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    static func update(
        _ proposal: BankAccountProposal, nextInquiryAt: Date? = nil, in transaction: PostgresTransaction
    ) async throws {
        try await transaction.execute(
            """
            UPDATE bank_account_proposals SET state = \(proposal.state.rawValue), inquiry = \(proposal.inquiry.rawValue),
                next_inquiry_at = \(nextInquiryAt), document = \(try Documents.write(proposal))
            WHERE id = \(proposal.id)
            """)
    }

    /// Takes the next one that the bank is to be asked about; nobody else takes it before the lease is over.
    static func takeDue(
        at now: Date, lease: TimeInterval, from pool: PostgresPool
    ) async throws -> BankAccountProposal? {
        try await pool.queryOptional(
            """
            UPDATE bank_account_proposals SET next_inquiry_at = \(now + lease)
            WHERE id = (
                SELECT id FROM bank_account_proposals WHERE next_inquiry_at <= \(now)
                ORDER BY next_inquiry_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
            RETURNING document
            """
        ).map(Documents.read)
    }
}
