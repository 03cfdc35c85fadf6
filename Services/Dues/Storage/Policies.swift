import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Logging
import Postgres
import ServiceKit
import Synchronization

/// The books of rules that are or were in force.
struct PolicyShelf: Sendable {
    /// The newest.
    let version: Int
    let book: DuesPolicyBook
    /// All of them by their versions.
    let books: [Int: DuesPolicyBook]
    /// Every version of the rates that an assessment may name.
    let named: [String: RatePolicy]

    init?(_ books: [Int: DuesPolicyBook]) {
        guard let version = books.keys.max(), let book = books[version] else { return nil }
        self.version = version
        self.book = book
        self.books = books
        named = books.values.reduce(into: [:]) { $0.merge($1.named) { known, _ in known } }
    }
}

/// The rules as the schema says them, for every process from the commit on that puts them into force.
///
/// A version in force never changes, so those that were read are kept; which one is the newest is asked each time, in the
/// transaction that uses it.
final class Policies: Sendable {
    private let pool: PostgresPool
    private let actor: String
    private let time: any TimeSource
    private let logger: Logger
    private let kept = Mutex<PolicyShelf?>(nil)
    private let settled = Mutex(false)

    init(_ kit: ServiceContext) {
        pool = kit.pool
        actor = "service:\(kit.service.rawValue)"
        time = kit.time
        logger = kit.logger
    }

    /// The books in force as the transaction sees them.
    func shelf(in session: any PostgresQueryable) async throws -> PolicyShelf {
        var newest = try await PolicyVersion.newestInForce(in: session)
        if newest == nil {
            // Committed by itself: a version that is read must not vanish with the transaction that asked for it.
            try await pool.execute(PolicyVersion.bring(Self.bundledText(), by: actor, at: time.now))
            newest = try await PolicyVersion.newestInForce(in: session)
        }
        if let known = kept.withLock(\.self), known.version == newest { return known }
        let shelf = try await read(in: session)
        kept.withLock { if ($0?.version ?? 0) < shelf.version { $0 = shelf } }
        return shelf
    }

    /// The book of a version that is or was in force; what was read before needs no question.
    func book(_ version: Int, in session: any PostgresQueryable) async throws -> DuesPolicyBook {
        if let known = kept.withLock({ $0?.books[version] }) { return known }
        guard let book = try await shelf(in: session).books[version] else { throw Problem.policyUnreadable }
        return book
    }

    /// Keeps in the schema what this program brings along, where that has none, and tells once when the program would
    /// bring other rules than any that were ever proposed.
    func settle() async throws {
        guard !settled.withLock(\.self) else { return }
        _ = try await shelf(in: pool)
        let own = PolicyVersion.digest(of: try Self.bundledText())
        if try await !PolicyVersion.list(in: pool).contains(where: { $0.sha256 == own }) {
            logger.warning(
                "the program brings another policy than the schema, which holds: propose it if it should hold")
        }
        settled.withLock { $0 = true }
    }

    static func bundledText() throws -> String {
        try PolicyVersion.text(of: ContractsJSON.decode(from: DuesPolicyBook.bundledDocument))
    }

    private func read(in session: any PostgresQueryable) async throws -> PolicyShelf {
        var books = kept.withLock { $0?.books ?? [:] }
        for (version, text) in try await PolicyVersion.textsInForce(in: session) where books[version] == nil {
            do {
                books[version] = try DuesPolicyBook(json: Array(text.utf8))
            } catch {
                logger.error(
                    "a policy in force cannot be read by this program",
                    metadata: ["version": "\(version)", "error": "\(error)"])
                throw Problem.policyUnreadable
            }
        }
        guard let shelf = PolicyShelf(books) else { throw Problem.policyUnreadable }
        return shelf
    }
}

extension Problem {
    /// The rules in force have words of a later release.
    static let policyUnreadable = Problem(
        .serviceUnavailable, id: "policy-unreadable", vietnamese: "Chưa đọc được quy định đảng phí hiện hành",
        english: "This process cannot read the policy in force"
    ).retryAfter(seconds: 30)
}
