import Contracts
import DuesDomain
import Foundation
import Messaging
import Postgres
import ServiceKit

/// The organisations of some kinds that follow an id, whose month is closed in one transaction.
struct RemittanceChunk: Sendable {
    let month: DuesMonth
    let types: [OrganizationType]
    let after: OrganizationID?
    let limit: Int
    let book: DuesPolicyBook
    let dueOn: Day
    let kit: ServiceContext
    let context: EventContext

    struct Done: Sendable {
        let lookedAt: Int
        let last: OrganizationID?
    }

    /// An organisation with the id that its month gets, if anything came in.
    private struct Organization: Sendable {
        let id: OrganizationID
        let remittanceId: RemittanceID
        let superiorId: OrganizationID?
        let place: OrganizationPlace
    }

    /// What came in for an organisation.
    private struct Income: Sendable {
        var own = Dong.zero
        var received = Dong.zero
        var carried = Dong.zero
        /// What of it stands in the books of organisations that were merged into it.
        var inherited: [(from: OrganizationID, amount: Dong)] = []

        mutating func inherit(_ amount: Dong, from source: OrganizationID, heir: OrganizationID) {
            if source != heir { inherited.append((source, amount)) }
        }
    }

    func close(in transaction: PostgresTransaction) async throws -> Done {
        let organizations = try await organizations(in: transaction)
        let incomes = try await incomes(of: organizations, in: transaction)
        let wanted = organizations.filter { incomes[$0.id] != nil }
        let holders = try await holders(
            of: wanted.map(\.id) + wanted.compactMap(\.superiorId), in: transaction)
        let withCash = try await withCash(wanted.map(\.id), in: transaction)
        var writing = RemittanceWriting(month: month, dueOn: dueOn, kit: kit, context: context)
        for organization in wanted {
            guard let income = incomes[organization.id] else { continue }
            let share =
                organization.superiorId == nil ? nil : try book.share(keptBy: organization.place, for: month)
            let sum = RemittanceSum(
                own: income.own, received: income.received, carriedIn: income.carried, share: share)
            try writing.add(
                sum, organization.remittanceId, of: organization.id, to: organization.superiorId, share: share,
                inherited: income.inherited, hasCash: withCash.contains(organization.id),
                holders: (
                    holders[organization.id] ?? organization.id,
                    organization.superiorId.map { holders[$0] ?? $0 }
                ))
        }
        _ = try await transaction.pipeline(writing.statements)
        if !writing.isEmpty { kit.outbox.wakeRelay(after: transaction) }
        return Done(lookedAt: organizations.count, last: organizations.last?.id)
    }

    private func organizations(in transaction: PostgresTransaction) async throws -> [Organization] {
        try await transaction.query(
            """
            WITH chunk AS (
                SELECT id, type, state, successor_of(parent_id) AS superior_id FROM directory_organizations
                WHERE type = ANY(\(types.map(\.rawValue))) AND (\(after)::uuid IS NULL OR id > \(after))
                ORDER BY id LIMIT \(limit)
            )
            SELECT c.id, c.type, c.superior_id, s.type AS superior_type,
                (c.state ->> 'residential')::boolean AS residential
            FROM chunk c LEFT JOIN directory_organizations s ON s.id = c.superior_id ORDER BY c.id
            """
        ).map { row in
            Organization(
                id: try row.get("id"), remittanceId: kit.ids.next(at: context.now),
                superiorId: try row.get("superior_id"),
                place: OrganizationPlace(
                    type: try row.get("type"), parentType: try row.get("superior_type"),
                    residential: try row.get("residential")))
        }
    }

    /// Takes what nobody's month has counted yet: of the organisation itself and of those that were merged into it.
    private func incomes(
        of organizations: [Organization], in transaction: PostgresTransaction
    ) async throws -> [OrganizationID: Income] {
        let heirs = heirs(of: organizations)
        let results = try await transaction.pipeline([
            """
            \(heirs) UPDATE remittance_collections c SET counted_in = h.remittance_id FROM heirs h
            WHERE c.organization_id = h.id AND c.month <= \(month) AND c.counted_in IS NULL
            RETURNING h.heir, c.organization_id AS source, c.amount
            """,
            """
            \(heirs), counted AS (
                UPDATE remittances r SET counted_in = h.remittance_id FROM heirs h
                WHERE r.superior_id = h.id AND r.counted_in IS NULL AND r.state = \(RemittanceState.acknowledged)
                RETURNING h.heir, r.superior_id AS source, r.passed
            ) SELECT heir, source, sum(passed)::bigint AS amount FROM counted GROUP BY heir, source
            """,
            """
            \(heirs) UPDATE remittances r SET carried_to = h.remittance_id FROM heirs h
            WHERE r.organization_id = h.id AND r.carried_out < 0 AND r.carried_to IS NULL
            RETURNING h.heir, r.organization_id AS source, r.carried_out AS amount
            """,
        ])
        var incomes: [OrganizationID: Income] = [:]
        for (result, part) in zip(results, [\Income.own, \.received, \.carried] as [WritableKeyPath<Income, Dong>]) {
            for row in result.rows {
                let (heir, amount): (OrganizationID, Dong) = (try row.get("heir"), try row.get("amount"))
                incomes[heir, default: Income()][keyPath: part] += amount
                incomes[heir]?.inherit(amount, from: try row.get("source"), heir: heir)
            }
        }
        return incomes
    }

    /// Who has cash on hand: it has to be handed on before it is with the superior.
    private func withCash(
        _ organizations: [OrganizationID], in transaction: PostgresTransaction
    ) async throws -> Set<OrganizationID> {
        let rows = try await transaction.query(
            """
            SELECT owner FROM (
                SELECT debit_owner AS owner, amount FROM ledger_postings
                WHERE debit = 'cash-on-hand' AND debit_owner = ANY(\(organizations.map(\.value.uuid)))
                UNION ALL
                SELECT credit_owner, -amount FROM ledger_postings
                WHERE credit = 'cash-on-hand' AND credit_owner = ANY(\(organizations.map(\.value.uuid)))
            ) AS moved GROUP BY owner HAVING sum(amount) > 0
            """)
        return Set(try rows.map { try $0.get("owner") })
    }

    /// `WITH RECURSIVE heirs (id, heir, remittance_id)`: the organisations whose month is not closed yet, and who was
    /// merged into them.
    private func heirs(of organizations: [Organization]) -> SQL {
        """
        WITH RECURSIVE heirs (id, heir, remittance_id) AS (
            SELECT c.id, c.id, c.remittance_id
            FROM unnest(\(organizations.map(\.id)), \(organizations.map(\.remittanceId))) AS c (id, remittance_id)
                JOIN directory_organizations o USING (id)
            WHERE o.state ->> 'status' <> 'merged' AND NOT EXISTS (
                SELECT FROM remittances r WHERE r.organization_id = c.id AND r.month = \(month))
            UNION
            SELECT o.id, h.heir, h.remittance_id
            FROM heirs h JOIN directory_organizations o ON o.state ->> 'mergedIntoId' = h.id::text
            WHERE o.state ->> 'status' = 'merged'
        )
        """
    }

    /// On whose account the money of each stands: its own, else that of its nearest superior that has one; while no
    /// account is known the nearest committee's, whose account the gateway's contract names.
    private func holders(
        of organizations: [OrganizationID], in transaction: PostgresTransaction
    ) async throws -> [OrganizationID: OrganizationID] {
        guard !organizations.isEmpty else { return [:] }
        let today = Day(containing: context.now)
        let cells = OrganizationType.allCases.filter(\.isCell).map(\.rawValue)
        let rows = try await transaction.query(
            """
            WITH RECURSIVE way (start, id, depth) AS (
                SELECT DISTINCT id, id, 0 FROM unnest(\(organizations)) AS wanted (id)
                UNION ALL
                SELECT w.start, successor_of(o.parent_id), w.depth + 1
                FROM way w JOIN directory_organizations o USING (id)
                WHERE o.parent_id IS NOT NULL AND w.depth < 32
            ), rated AS (
                SELECT w.*, o.type = ANY(\(cells)) AS is_cell, EXISTS (
                    SELECT FROM jsonb_array_elements(o.state -> 'bankAccounts') AS a (account)
                    WHERE a.account ->> 'from' <= \(today.text)
                        AND coalesce(a.account ->> 'to', \(today.text)) >= \(today.text)) AS has_account
                FROM way w JOIN directory_organizations o USING (id)
            )
            SELECT DISTINCT ON (start) start, id FROM rated
            ORDER BY start, CASE WHEN has_account THEN 0 WHEN NOT is_cell THEN 1 ELSE 2 END, depth
            """)
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.get("start"), try $0.get("id")) })
    }
}
