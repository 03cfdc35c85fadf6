import Contracts
import DirectoryDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// Makes what is known of members' months a part of their state, which the other services are told, and opens and closes
/// contradictions: a batch of members in each transaction, under the locks of their rows.
struct FigureTelling: Sendable {
    let kit: ServiceContext
    private let months: Int

    private static let batch = 1_000
    private static let reason = "figures from Vietnam Social Security"

    init(_ kit: ServiceContext) throws {
        self.kit = kit
        months = try kit.settings.int("directory.figures.months")
    }

    /// The first month of which the other services are told.
    var oldest: DuesMonth { DuesMonth(containing: kit.time.now).adding(months: -months) }

    /// Everybody who waits.
    func run() async throws {
        while try await step() { try Task.checkCancellation() }
    }

    /// The next batch; false when nobody waits.
    func step() async throws -> Bool {
        try await kit.pool.transaction(TransactionOptions(attempts: 3)) { transaction in
            let rows = try await transaction.query(
                """
                DELETE FROM figures_untold WHERE id IN (
                    SELECT id FROM figures_untold ORDER BY id LIMIT \(Self.batch) FOR UPDATE SKIP LOCKED)
                RETURNING member_id
                """)
            let members = Set(try rows.map { try $0.get("member_id", as: MemberID.self) })
            try await tell(Array(members), author: kit.service.source, reason: Self.reason, in: transaction)
            return !rows.isEmpty
        }
    }

    /// - Returns: how many members' states changed.
    @discardableResult
    func tell(
        _ members: [MemberID], author: String, reason: String, in transaction: PostgresTransaction
    ) async throws -> Int {
        let held: [Member] = try await transaction.query(
            "SELECT document FROM members WHERE id = ANY (\(members)) ORDER BY id FOR UPDATE"
        ).map(Documents.read)
        let known = try await FigureStore.known(of: members, since: oldest, in: transaction)
        let changed = held.compactMap { $0.knowing((known[$0.id] ?? []).map(\.published)) }
        let register = LoadRegister(
            transaction: transaction, outbox: kit.outbox, context: kit.eventContext(), now: kit.time.now,
            author: author, reason: reason)
        if !changed.isEmpty { try await register.change(changed) }
        try await keepContradictions(known, in: transaction)
        return changed.count
    }

    private func keepContradictions(
        _ known: [MemberID: [MonthFigures]], in transaction: PostgresTransaction
    ) async throws {
        // One employer alone ends what was one, where the other's figure was withdrawn.
        let found = known.flatMap { member, months in
            months.filter { $0.reported.count > 1 || !$0.withdrawn.isEmpty }.map { (member: member, figures: $0) }
        }
        guard !found.isEmpty else { return }
        try await transaction.execute(
            """
            INSERT INTO figure_contradictions AS c (member_id, month, kind, state, found_at)
            SELECT member_id, month, kind, state, \(kit.time.now)
            FROM unnest(\(found.map(\.member)), \(found.map(\.figures.month)), \(found.map(\.figures.kind.rawValue)),
                \(found.map { $0.figures.isOpen ? "open" : "settled" }), \(found.map { $0.figures.reported.count > 1 }))
                AS n (member_id, month, kind, state, is_contradiction)
            WHERE is_contradiction OR EXISTS (
                SELECT FROM figure_contradictions k
                WHERE (k.member_id, k.month, k.kind) = (n.member_id, n.month, n.kind))
            ON CONFLICT (member_id, month, kind) DO UPDATE SET state = excluded.state,
                found_at = CASE excluded.state WHEN 'open' THEN excluded.found_at ELSE c.found_at END
            WHERE c.state <> excluded.state
            """)
    }
}
