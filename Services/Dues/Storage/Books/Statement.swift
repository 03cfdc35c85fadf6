import Contracts
import DuesDomain
import Foundation
import Postgres

/// Whose statement (sao kê) it is.
enum StatementSubject: Sendable {
    case member(MemberID)
    /// A body's own accounts, or with those of everything below it as the tree is today.
    case organization(OrganizationID, below: Bool)
}

/// Some months of the books.
struct StatementMonths: Sendable {
    let from: DuesMonth
    let through: DuesMonth
}

/// Opening balance, movements and closing balance of each account, from the postings.
struct Statement: Sendable {
    /// One account; balances are positive on its own side.
    struct Line: Sendable, Encodable {
        let account: AccountKind
        let opening: Dong
        let debits: Dong
        let credits: Dong

        /// What the postings lead to.
        var closing: Dong {
            let movement = debits - credits
            return opening + (account.normalSide == .debit ? movement : -movement)
        }

        private enum Key: CodingKey { case account, opening, debits, credits, closing }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(account, forKey: .account)
            try container.encode(opening, forKey: .opening)
            try container.encode(debits, forKey: .debits)
            try container.encode(credits, forKey: .credits)
            try container.encode(closing, forKey: .closing)
        }
    }

    let subject: StatementSubject
    let months: StatementMonths

    /// The accounts that have a balance or a movement.
    func lines(in session: any PostgresQueryable) async throws -> [Line] {
        // Bodies go on from what was kept at the last close before; members have all their postings read.
        let closed: DuesMonth? =
            switch subject {
            case .member: nil
            case .organization: try await MonthClose.last(before: months.from, in: session)
            }
        let since = closed?.end ?? .distantPastOfBooks
        let rows = try await session.query(
            """
            WITH RECURSIVE \(scope), movements AS (
                SELECT debit AS account, amount, posted_at FROM ledger_postings
                WHERE posted_at >= \(since) AND posted_at < \(months.through.end) AND \(isSubject("debit_owner"))
                UNION ALL
                SELECT credit, -amount, posted_at FROM ledger_postings
                WHERE posted_at >= \(since) AND posted_at < \(months.through.end) AND \(isSubject("credit_owner"))
            )
            SELECT account, sum(opening)::bigint AS opening, sum(debits)::bigint AS debits,
                sum(credits)::bigint AS credits
            FROM (
                SELECT account, balance AS opening, 0::bigint AS debits, 0::bigint AS credits FROM month_balances
                WHERE month = \(closed?.text) AND owner IN (SELECT id FROM subtree)
                UNION ALL
                SELECT account, CASE WHEN posted_at < \(months.from.start) THEN amount ELSE 0 END,
                    CASE WHEN posted_at >= \(months.from.start) AND amount > 0 THEN amount ELSE 0 END,
                    CASE WHEN posted_at >= \(months.from.start) AND amount < 0 THEN -amount ELSE 0 END
                FROM movements
            ) AS parts
            GROUP BY account HAVING sum(opening) <> 0 OR sum(debits) <> 0 OR sum(credits) <> 0
            """)
        return try rows.map(Line.init).sorted { $0.account.rawValue < $1.account.rawValue }
    }

    /// The postings of the months, the oldest first; a posting between two accounts of the subject comes once.
    func postings(
        after: UUIDv7?, limit: Int, in session: any PostgresQueryable
    ) async throws -> [PostingEntry] {
        try await session.query(
            """
            WITH RECURSIVE \(scope)
            SELECT posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount, member_id, month,
                payment_id, settlement
            FROM ledger_postings
            WHERE posted_at >= \(months.from.start) AND posted_at < \(months.through.end)
                AND (\(after)::uuid IS NULL OR posting_id > \(after))
                AND (\(isSubject("debit_owner")) OR \(isSubject("credit_owner")))
            ORDER BY posting_id LIMIT \(limit)
            """
        ).map(PostingEntry.init)
    }

    private var scope: SQL {
        switch subject {
        case .member: Subtree.table(below: nil)
        case .organization(let id, below: true): Subtree.table(below: id)
        case .organization(let id, below: false): "subtree (id) AS (SELECT \(id)::uuid)"
        }
    }

    private func isSubject(_ owner: SQL) -> SQL {
        switch subject {
        case .member(let id): "member_id = \(id)"
        case .organization(let id, below: false): "\(owner) = \(id)"
        case .organization: "\(owner) IN (SELECT id FROM subtree)"
        }
    }
}

extension Statement.Line {
    init(row: PostgresRow) throws {
        guard let account = AccountKind(rawValue: try row.get("account")) else {
            throw PostgresError(.decoding, "a posting has an unknown account")
        }
        let opening: Dong = try row.get("opening")
        self.init(
            account: account, opening: account.normalSide == .debit ? opening : -opening,
            debits: try row.get("debits"), credits: try row.get("credits"))
    }
}

/// A posting as a statement shows it.
struct PostingEntry: Sendable, Encodable {
    let postingId: UUIDv7
    let postedAt: Date
    let cause: String
    let debit: String
    let debitOrganizationId: OrganizationID
    let credit: String
    let creditOrganizationId: OrganizationID
    let amount: Dong
    let memberId: MemberID?
    /// The dues month it is about, whenever it was posted.
    let month: DuesMonth?
    let paymentId: PaymentID?
    /// The line of a settlement file.
    let settlement: String?

    init(row: PostgresRow) throws {
        postingId = try row.get("posting_id")
        postedAt = try row.get("posted_at")
        cause = try row.get("cause")
        debit = try row.get("debit")
        debitOrganizationId = try row.get("debit_owner")
        credit = try row.get("credit")
        creditOrganizationId = try row.get("credit_owner")
        amount = try row.get("amount")
        memberId = try row.get("member_id")
        month = try row.get("month")
        paymentId = try row.get("payment_id")
        settlement = try row.get("settlement")
    }
}

extension Date {
    /// Before every posting.
    static let distantPastOfBooks = Date(timeIntervalSince1970: 0)
}
