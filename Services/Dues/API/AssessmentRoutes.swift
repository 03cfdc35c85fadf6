import Contracts
import DuesDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// Assessments over HTTP: the monthly run, and what a member owes with the explanation.
struct AssessmentRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess
    let policies: Policies
    let runsStarted: WakeUp

    func add(to router: Router<HosoRequestContext>) {
        router.post("/v1/assessment-runs") { try await start($0, $1) }
        router.get("/v1/assessment-runs/:id") { try await run($0, $1) }
        router.get("/v1/members/:id/assessments") { try await assessments($0, $1) }
    }

    private struct NewRun: Decodable, Sendable {
        let month: DuesMonth
        let organizationId: OrganizationID?
    }

    private func start(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let caller = try context.requireCaller()
        return try await kit.idempotent(request, context, as: NewRun.self) { body, transaction in
            let scope = try await access.requireOffice(caller, asked: body.organizationId, in: transaction)
            let now = kit.time.now
            let shelf = try await policies.shelf(in: transaction)
            try check(body.month, by: shelf.book, now: now)
            guard
                let run = try await AssessmentRun.start(
                    kit.ids.next(at: now), month: body.month, scope: scope, policy: shelf.version,
                    by: caller.subject, now: now, in: transaction)
            else {
                throw Problem(
                    .conflict, id: "assessment-run-under-way", vietnamese: "Tháng này đang được tính",
                    english: "A run of this month is under way")
            }
            try await kit.audit.record(
                "assessment-run.started", subject: "\(run.runId)", actor: caller.subject, in: transaction)
            transaction.afterCommit { runsStarted.call() }
            return try .json(.accepted, run)
        }
    }

    private func check(_ month: DuesMonth, by book: DuesPolicyBook, now: Date) throws {
        guard month <= DuesMonth.lastAssessed(now) else {
            throw Problem.invalidFields.with(errors: [
                FieldError(
                    field: "month", rule: "assessment-run.too-early", vietnamese: "Chưa đến kỳ tính của tháng này.",
                    english: "It is too early for this month.")
            ])
        }
        guard (try? book.rules(for: month)) != nil else {
            throw Problem.invalidFields.with(errors: [.noPolicyInForce])
        }
    }

    private func run(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let caller = try context.requireCaller()
        guard let id = context.parameters.get("id").flatMap({ UUIDv7($0) }),
            let run = try await AssessmentRun.find(id, in: kit.pool)
        else { throw Problem.notFound }
        if !caller.isOperator {
            guard let scope = run.organizationId else { throw Problem.forbidden }
            _ = try await access.requireOffice(caller, asked: scope, in: kit.pool)
        }
        return try .json(.ok, run)
    }

    private struct Assessments: Encodable {
        let memberId: MemberID
        let assessments: [View]
        /// The cell's duty to consider striking off follows from years with three unpaid months or more.
        let yearsOfThreeUnpaidMonths: [Int]
        let paidThrough: DuesMonth?
        let arrears: Dong

        struct View: Encodable {
            let assessmentId: AssessmentID
            let month: DuesMonth
            let organizationId: OrganizationID
            let amount: Dong
            let paid: Dong
            let open: Dong
            let category: DuesCategory?
            let base: DuesBase?
            /// Whom the base is of and when it came, where an authority reported it.
            let origin: FigureOrigin?
            let policy: String
            let provisional: Bool
            let reason: AssessmentReason?
            let version: Int64
            let madeAt: Date
            /// The month by whose end it is paid, when that is later than usual.
            let due: DuesMonth?
            let explanation: [ExplanationStep]
        }
    }

    private func assessments(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let caller = try context.requireCaller()
        guard let member = context.parameters.get("id").flatMap({ MemberID($0) }) else { throw Problem.notFound }
        try await access.requireReader(of: member, caller, in: kit.pool)
        let from = try request.uri.queryParameters.get("from").map { try DuesMonth(checking: $0, field: "from") }
        let policies = try await policies.shelf(in: kit.pool).named
        let rows = try await AssessmentRow.list(of: member, from: from, limit: 120, policies: policies, in: kit.pool)
        let deferrals = try await DecisionRow<Deferral>.list(of: member, in: kit.pool).map(\.decision)
        let standing = Standing(
            rows.map { MonthBalance(month: $0.assessment.month, owed: $0.assessment.amount, paid: $0.paid) },
            deferrals: deferrals, present: DuesMonth(containing: kit.time.now))
        return try .json(
            .ok,
            Assessments(
                memberId: member, assessments: rows.map { Self.view($0, deferrals) },
                yearsOfThreeUnpaidMonths: standing.yearsOfThreeUnpaidMonths, paidThrough: standing.paidThrough,
                arrears: standing.arrears))
    }

    private static func view(_ row: AssessmentRow, _ deferrals: [Deferral]) -> Assessments.View {
        let assessment = row.assessment
        return Assessments.View(
            assessmentId: row.assessmentId, month: assessment.month, organizationId: assessment.cellId,
            amount: assessment.amount, paid: row.paid, open: max(assessment.amount - row.paid, .zero),
            category: assessment.category, base: assessment.base, origin: assessment.origin, policy: assessment.policy,
            provisional: assessment.provisional, reason: assessment.reason, version: row.version, madeAt: row.madeAt,
            due: deferrals.first { $0.months.contains(assessment.month) }?.due,
            explanation: assessment.explanation)
    }
}
