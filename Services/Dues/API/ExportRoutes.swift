import Contracts
import DuesDomain
import HTTPTypes
import Hummingbird
import Postgres
import Projections
import ServiceKit

/// `GET /v1/organizations/:id/exports/:what`: payments, assessments, postings, exceptions or the report of some months as
/// a file, for a body and everything below it.
struct ExportRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess
    let slots: ExportSlots
    let longest: Duration

    init(kit: ServiceContext, access: DuesAccess) throws {
        self.kit = kit
        self.access = access
        slots = ExportSlots(limit: try kit.settings.int("dues.export.parallel"))
        longest = try kit.settings.duration("dues.export.longest")
    }

    func add(to router: Router<HosoRequestContext>) {
        router.get("/v1/organizations/:id/exports/:what") { try await export($0, $1) }
    }

    private func export(_ request: Request, _ context: HosoRequestContext) async throws -> Response {
        let caller = try context.requireCaller()
        guard let id = context.parameters.get("id").flatMap({ OrganizationID($0) }),
            let name = context.parameters.get("what").flatMap(ExportName.init)
        else { throw Problem.notFound }
        let query = try ExportQuery(request.uri.queryParameters)
        try await requireReader(of: name, at: id, caller)
        guard try await access.directory.organization(id, in: kit.pool) != nil else { throw Problem.notFound }
        let slot = try slots.take()
        let months = query.report.months
        let closed = try await MonthClose.last(before: months.from, in: kit.pool)
        let places = ReportPlaces(organization: id, level: query.report.level)
        let export = Export(name, of: places, months, closed: closed)
        let trail = ExportTrail(
            kit: kit, actor: caller.subject, organization: id,
            details: [
                "what": name.rawValue, "from": months.from.text, "through": months.through.text,
                "format": query.format == .xlsx ? "xlsx" : "csv",
            ])
        // Who only asks what he would get takes nothing along.
        if request.method != .head { try await trail.begin() }
        let stream = ExportStream(
            kit: kit, export: export, format: query.format, headings: query.headings(of: export.columns),
            longest: longest, slot: slot, trail: trail)
        return Response(
            status: .ok, headers: query.headers(fileName: "\(name.rawValue)-\(months.from)-\(months.through)"),
            body: stream.body)
    }

    /// As the routes that show the same: exceptions to the office, what stands in the books to those who may read them.
    private func requireReader(of name: ExportName, at organization: OrganizationID, _ caller: Caller) async throws {
        switch name {
        case .exceptions: _ = try await access.requireOffice(caller, asked: organization, in: kit.pool)
        case .payments, .assessments, .postings, .report:
            try await access.requireReader(ofBooks: organization, caller, in: kit.pool)
        }
    }
}

/// Of which months, and as what file.
struct ExportQuery {
    let report: ReportQuery
    let format: ExportFormat
    private let isVietnamese: Bool

    init(_ parameters: Parameters) throws(Problem) {
        report = try ReportQuery(parameters)
        let separator = try Self.one(
            of: ["comma": ExportSeparator.comma, "semicolon": .semicolon], parameters, "separator", usual: "comma")
        let hasMark = try Self.one(of: ["true": true, "false": false], parameters, "bom", usual: "true")
        format = try Self.one(
            of: ["csv": ExportFormat.csv(separator, hasMark: hasMark), "xlsx": .xlsx], parameters, "format",
            usual: "csv")
        isVietnamese = try Self.one(of: ["vi": true, "en": false], parameters, "headings", usual: "vi")
    }

    private static func one<Value>(
        of words: KeyValuePairs<String, Value>, _ parameters: Parameters, _ name: String, usual: String
    ) throws(Problem) -> Value {
        let word = parameters.get(name) ?? usual
        for (key, value) in words where key == word { return value }
        let known = words.map(\.key)
        throw ListQuery.invalid(
            name, "phải là \(known.joined(separator: " hoặc "))", "must be \(known.joined(separator: " or "))")
    }

    func headings(of columns: [ExportColumn]) -> [String] {
        columns.map { isVietnamese ? $0.vietnamese : $0.english }
    }

    func headers(fileName: String) -> HTTPFields {
        let (type, ending) =
            switch format {
            case .csv: ("text/csv; charset=utf-8; header=present", "csv")
            case .xlsx: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx")
            }
        return [
            .contentType: type, .contentDisposition: "attachment; filename=\"\(fileName).\(ending)\"",
            .cacheControl: "no-store",
        ]
    }
}
