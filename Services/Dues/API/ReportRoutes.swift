import Contracts
import DuesDomain
import Foundation
import Hummingbird
import Postgres
import Projections
import ServiceKit

/// `GET /v1/organizations/:id/report`: the figures of some months of a body and of each part of it. Who goes down asks
/// for the report of a part; `level` shows the bodies of one type at once.
struct ReportRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess

    /// More parts than these are exported.
    private static let mostParts = 1_000
    /// The whole country is computed from the books when somebody asks; one moment for everything.
    private static let reading = TransactionOptions(
        isolation: .repeatableRead, isReadOnly: true, statementTimeout: .seconds(300))

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/organizations/:id/report") { try await report($0, $1) }
    }

    private struct Shown: Encodable {
        let organizationId: OrganizationID
        let from: DuesMonth
        let through: DuesMonth
        /// The sum of what follows.
        let whole: ReportFigures
        /// What belongs to none of the parts: the body's own.
        let own: ReportFigures
        /// By their codes.
        let parts: [Part]
    }

    private struct Part: Encodable {
        let organizationId: OrganizationID
        let code: String
        let name: String
        let type: OrganizationType
        let figures: ReportFigures
    }

    private func report(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let caller = try context.requireCaller()
        let query = try ReportQuery(request.uri.queryParameters)
        guard let id = context.parameters.get("id").flatMap({ OrganizationID($0) }) else { throw Problem.notFound }
        try await access.requireReader(ofBooks: id, caller, in: kit.pool)
        let places = ReportPlaces(organization: id, level: query.level)
        let rows = try await kit.pool.transaction(Self.reading) { transaction in
            guard try await access.directory.organization(id, in: transaction) != nil else { throw Problem.notFound }
            try await places.preparePlanner(in: transaction)
            guard try await DuesReport.parts(of: places, in: transaction) <= Self.mostParts else {
                throw Problem.reportTooLong(Self.mostParts)
            }
            let closed = try await MonthClose.last(before: query.months.from, in: transaction)
            return try await DuesReport(places: places, months: query.months, closed: closed).rows(in: transaction)
        }
        let own = rows.first { $0.organizationId == id }?.figures ?? ReportFigures()
        let parts = rows.filter { $0.organizationId != id }
        var whole = own
        for part in parts { whole += part.figures }
        return try .json(
            .ok,
            Shown(
                organizationId: id, from: query.months.from, through: query.months.through, whole: whole, own: own,
                parts: parts.map { row in
                    Part(
                        organizationId: row.organizationId, code: row.code, name: row.name, type: row.type,
                        figures: row.figures)
                }))
    }
}

/// Which months, and which bodies are the parts.
struct ReportQuery {
    let months: StatementMonths
    /// The direct inferiors when nil.
    let level: OrganizationType?

    init(_ parameters: Parameters) throws(Problem) {
        months = try StatementQuery(parameters).months
        guard let word = parameters.get("level") else {
            level = nil
            return
        }
        guard let type = OrganizationType(rawValue: word) else {
            throw ListQuery.invalid("level", "không phải loại tổ chức nào", "is no type of organisation")
        }
        level = type
    }
}

extension Problem {
    fileprivate static func reportTooLong(_ most: Int) -> Problem {
        Problem.invalidParameter.with(errors: [
            FieldError(
                field: "level", rule: "report.too-many-parts",
                vietnamese: "Báo cáo có hơn \(most) đơn vị; hãy xuất tệp (exports/report) hoặc chọn cấp khác.",
                english: "The report has more than \(most) parts; export it (exports/report) or choose another level.")
        ])
    }
}
