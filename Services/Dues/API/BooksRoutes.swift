import Contracts
import DuesDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// The books over HTTP, for operators: `/v1/month-closes` closes months, `/v1/parity-checks` compares orders, payments,
/// ledger and events.
struct BooksRoutes: Sendable {
    let kit: ServiceContext

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/month-closes") { _, context in
            _ = try context.requireOperator()
            return try Reply.json(.ok, Closes(items: await MonthClose.list(in: kit.pool)))
        }
        router.get("/v1/month-closes/:month/checks") { _, context in
            _ = try context.requireOperator()
            return try await checks(try month(context))
        }
        router.post("/v1/month-closes") { request, context in
            let subject = try context.requireOperator().subject
            return try await kit.idempotent(request, context, as: OneMonth.self, options: Self.long) {
                body, transaction in
                try await close(body.month, by: subject, in: transaction)
            }
        }
        router.get("/v1/parity-checks") { _, context in
            _ = try context.requireOperator()
            return try Reply.json(.ok, Differences(items: await ParityFindings.list(limit: 200, in: kit.pool)))
        }
        router.post("/v1/parity-checks") { request, context in
            _ = try context.requireOperator()
            return try await kit.idempotent(request, context, as: OneMonth.self, options: Self.long) {
                body, transaction in
                try await compare(body.month, in: transaction)
            }
        }
    }

    /// A month has millions of rows.
    private static let long = TransactionOptions(statementTimeout: .seconds(600))
    private static let reading = TransactionOptions(isReadOnly: true, statementTimeout: long.statementTimeout)

    private struct OneMonth: Decodable, Sendable {
        let month: DuesMonth
    }

    private struct Closes: Encodable {
        /// The newest first.
        let items: [MonthClose]
    }

    private struct Checks: Encodable {
        let month: DuesMonth
        let holds: Bool
        let checks: [MonthCheck]
    }

    private struct Closed: Encodable {
        let close: MonthClose
        let checks: [MonthCheck]
    }

    private struct Differences: Encodable {
        /// Each kind once for each stretch, with its number and its first.
        let items: [Parity.Difference]
    }

    private func month(_ context: HosoRequestContext) throws -> DuesMonth {
        guard let text = context.parameters.get("month"), let month = try? DuesMonth(text) else {
            throw Problem.notFound
        }
        return month
    }

    /// What a close of the month would find now.
    private func checks(_ month: DuesMonth) async throws -> Reply {
        let now = kit.time.now
        let checks = try await kit.pool.transaction(Self.reading) { transaction in
            let closed = try await MonthClose.last(before: month, in: transaction)
            return try await MonthChecks(month: month, closed: closed, now: now).run(in: transaction)
        }
        return try .json(.ok, Checks(month: month, holds: checks.allSatisfy(\.holds), checks: checks))
    }

    private func close(
        _ month: DuesMonth, by subject: String, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let now = kit.time.now
        guard now >= month.closableFrom else { throw Problem.monthNotOver }
        guard let close = try await MonthClose.begin(month, by: subject, at: now, in: transaction) else {
            throw Problem.monthClosedAlready
        }
        let closed = try await MonthClose.last(before: month, in: transaction)
        let checks = try await MonthChecks(month: month, closed: closed, now: now).run(in: transaction)
        let failing = checks.filter { !$0.holds }
        guard failing.isEmpty else { throw Problem.monthNotClosable(failing) }
        try await close.keep(checks, after: closed, in: transaction)
        try await kit.audit.record("month.closed", subject: month.text, actor: subject, in: transaction)
        return try .json(.created, Closed(close: close, checks: checks))
    }

    private func compare(_ month: DuesMonth, in transaction: PostgresTransaction) async throws -> Reply {
        let now = kit.time.now
        // Two tables of a month are joined.
        try await transaction.execute("SET LOCAL work_mem = '64MB'")
        let parity = Parity(from: month.start, through: month.end, now: now)
        let differences = try await parity.differences(in: transaction)
        try await ParityFindings.keep(differences, of: parity, at: now, in: transaction)
        return try .json(.ok, Differences(items: differences))
    }
}

extension Problem {
    static let monthNotOver = Problem.invalidFields.with(errors: [
        FieldError(
            field: "month", rule: "month.not-over", vietnamese: "Tháng này chưa kết thúc.",
            english: "This month is not over.")
    ])

    static let monthClosedAlready = Problem(
        .conflict, id: "month-closed-already", vietnamese: "Tháng này đã khoá sổ", english: "This month is closed")

    /// Which checks do not hold, each with its numbers and the first that differs.
    static func monthNotClosable(_ failing: [MonthCheck]) -> Problem {
        Problem(
            .conflict, id: "month-not-closable", vietnamese: "Chưa khoá sổ được tháng này",
            english: "This month cannot be closed yet",
            errors: failing.map { check in
                let first = check.first ?? "-"
                return FieldError(
                    field: "month", rule: "month-close.\(check.name.rawValue)",
                    vietnamese: """
                        Đối chiếu không khớp: phải là \(check.expected), thực tế \(check.found), \(check.differences) \
                        điểm sai khác; đầu tiên: \(first).
                        """,
                    english: """
                        Expected \(check.expected), found \(check.found), \(check.differences) differences; \
                        the first: \(first).
                        """)
            })
    }
}
