import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Hummingbird
import Postgres
import ServiceKit

/// `/v1/policies`: the book of rules is proposed by one operator, compared with the one in force, and approved by another.
/// Every process uses it from the approval's commit on; runs under way keep theirs.
struct PolicyRoutes: Sendable {
    let kit: ServiceContext
    let policies: Policies
    let comparisonsStarted: WakeUp

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/policies") { _, context in
            _ = try context.requireOperator()
            let shelf = try await policies.shelf(in: kit.pool)
            return try Reply.json(
                .ok, Listing(inForce: shelf.version, items: await PolicyVersion.list(in: kit.pool)))
        }
        router.post("/v1/policies") { request, context in
            let subject = try context.requireOperator().subject
            return try await kit.idempotent(request, context, as: Proposal.self) { body, transaction in
                try await propose(body, by: subject, in: transaction)
            }
        }
        router.get("/v1/policies/:version") { _, context in
            _ = try context.requireOperator()
            _ = try await policies.shelf(in: kit.pool)
            let found = try await found(context, in: kit.pool)
            return try Reply.json(
                .ok,
                Text(policy: found.version, document: ContractsJSON.decode(from: Array(found.text.utf8))))
        }
        router.post("/v1/policies/:version/approval") { request, context in
            let subject = try context.requireOperator().subject
            return try await kit.idempotent(request, context) { _, transaction in
                try await approve(context, by: subject, in: transaction)
            }
        }
        router.post("/v1/policies/:version/withdrawal") { request, context in
            let subject = try context.requireOperator().subject
            return try await kit.idempotent(request, context) { _, transaction in
                try await withdraw(context, by: subject, in: transaction)
            }
        }
        router.post("/v1/policies/:version/comparisons") { request, context in
            let subject = try context.requireOperator().subject
            return try await kit.idempotent(request, context, as: NewComparison.self) { body, transaction in
                try await compare(body.month, context, by: subject, in: transaction)
            }
        }
        router.get("/v1/policies/:version/comparison") { request, context in
            _ = try context.requireOperator()
            return try await comparison(request, context)
        }
    }

    private struct Proposal: Decodable, Sendable {
        let document: JSONValue
        let decision: PublicationDecision.Entry
    }

    private struct NewComparison: Decodable, Sendable {
        let month: DuesMonth
    }

    private struct Listing: Encodable {
        let inForce: Int
        /// The newest first.
        let items: [PolicyVersion]
    }

    private struct Text: Encodable {
        let policy: PolicyVersion
        let document: JSONValue
    }

    private func found(
        _ context: HosoRequestContext, in session: any PostgresQueryable
    ) async throws -> (version: PolicyVersion, text: String) {
        guard let version = context.parameters.get("version").flatMap({ Int32($0) }),
            let found = try await PolicyVersion.find(Int(version), in: session)
        else { throw Problem.notFound }
        return found
    }

    private func propose(_ body: Proposal, by subject: String, in transaction: PostgresTransaction) async throws
        -> Reply
    {
        let now = kit.time.now
        let decision = try body.decision.checked(today: Day(containing: now))
        let book = try Self.checked(body.document)
        let text = try PolicyVersion.text(of: body.document)
        // Before the lock: what a program brings along is kept by a transaction of its own.
        _ = try await policies.shelf(in: transaction)
        try await PolicyVersion.lock(in: transaction)
        let shelf = try await policies.shelf(in: transaction)
        let known = try await PolicyVersion.list(in: transaction)
        if let proposed = known.first(where: { $0.state == .proposed }) { throw Problem.proposed(proposed.version) }
        let faults = shelf.faults(in: book)
        guard faults.isEmpty else { throw Problem.policy(faults) }
        guard book != shelf.book else { throw Problem.policyUnchanged }
        let policy = try await PolicyVersion.propose(text, decision, by: subject, at: now, in: transaction)
        try await record("policy.proposed", policy, by: subject, in: transaction)
        return try .json(.created, policy)
    }

    private static func checked(_ document: JSONValue) throws -> DuesPolicyBook {
        do {
            return try DuesPolicyBook(document)
        } catch {
            throw Problem.policy(error.faults)
        }
    }

    private func approve(
        _ context: HosoRequestContext, by subject: String, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let now = kit.time.now
        try await PolicyVersion.lock(in: transaction)
        let (policy, text) = try await found(context, in: transaction)
        let shelf = try await policies.shelf(in: transaction)
        let isCompared = try await PolicyComparison.isDone(
            of: policy.version, with: shelf.version, from: DuesMonth(containing: now), in: transaction)
        switch policy.proposal.refusal(ofApprovalBy: subject, isCompared: isCompared) {
        case .decided: throw Problem.policyDecided
        case .samePerson: throw Problem.policySamePerson
        case .notCompared: throw Problem.policyNotCompared
        case nil: break
        }
        // Judged once more by the program that is to run it.
        let faults = shelf.faults(in: try Self.checked(ContractsJSON.decode(from: Array(text.utf8))))
        guard faults.isEmpty else { throw Problem.policy(faults) }
        let approved = try await PolicyVersion.approve(policy.version, by: subject, at: now, in: transaction)
        try await record("policy.approved", approved, by: subject, in: transaction)
        return try .json(.ok, approved)
    }

    private func withdraw(
        _ context: HosoRequestContext, by subject: String, in transaction: PostgresTransaction
    ) async throws -> Reply {
        try await PolicyVersion.lock(in: transaction)
        let policy = try await found(context, in: transaction).version
        guard policy.state == .proposed else { throw Problem.policyDecided }
        let withdrawn = try await PolicyVersion.withdraw(
            policy.version, by: subject, at: kit.time.now, in: transaction)
        try await PolicyComparison.stop(of: policy.version, at: kit.time.now, in: transaction)
        try await record("policy.withdrawn", withdrawn, by: subject, in: transaction)
        return try .json(.ok, withdrawn)
    }

    private func compare(
        _ month: DuesMonth, _ context: HosoRequestContext, by subject: String, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let now = kit.time.now
        let shelf = try await policies.shelf(in: transaction)
        let (policy, text) = try await found(context, in: transaction)
        guard policy.state == .proposed else { throw Problem.policyDecided }
        let book = try Self.checked(ContractsJSON.decode(from: Array(text.utf8)))
        guard (try? book.rules(for: month)) != nil, (try? shelf.book.rules(for: month)) != nil else {
            throw Problem.invalidFields.with(errors: [.noPolicyInForce])
        }
        guard
            let comparison = try await PolicyComparison.start(
                kit.ids.next(at: now), of: policy.version, with: shelf.version, month: month, by: subject, at: now,
                in: transaction)
        else { throw Problem.comparisonUnderWay }
        transaction.afterCommit { comparisonsStarted.call() }
        return try .json(.accepted, comparison)
    }

    private func comparison(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let month = try request.uri.queryParameters.get("month").map { try DuesMonth(checking: $0, field: "month") }
        let (policy, text) = try await found(context, in: kit.pool)
        guard var comparison = try await PolicyComparison.newest(of: policy.version, month: month, in: kit.pool) else {
            throw Problem.notFound
        }
        let base = try await policies.book(comparison.baseVersion, in: kit.pool)
        let book = try Self.checked(ContractsJSON.decode(from: Array(text.utf8)))
        comparison.assessedMonthsChanged = try await PolicyComparison.assessedMonths(in: kit.pool).filter {
            book.differs(from: base, in: $0)
        }
        return try .json(.ok, comparison)
    }

    private func record(
        _ action: String, _ policy: PolicyVersion, by subject: String, in transaction: PostgresTransaction
    ) async throws {
        struct Details: Encodable {
            let sha256: String
            let decision: PublicationDecision?
        }
        try await kit.audit.record(
            action, subject: "\(policy.version)", actor: subject,
            details: Details(sha256: policy.sha256, decision: policy.decision), in: transaction)
    }
}

extension PolicyShelf {
    /// What keeps a book from following those in force.
    fileprivate func faults(in book: DuesPolicyBook) -> [InvalidValue] {
        book.faults(following: books.sorted { $0.key < $1.key }.map(\.value))
    }
}
