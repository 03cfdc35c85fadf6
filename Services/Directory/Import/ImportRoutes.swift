import Contracts
import DirectoryDomain
import Foundation
import Hummingbird
import Postgres
import Records
import ServiceKit

/// `/v1/imports`: files of the Party Member Database and of Vietnam Social Security, by those who may bring them.
///
/// No Idempotency-Key is asked for: the same file once more changes nothing.
struct ImportRoutes: Sendable {
    let desk: DirectoryDesk
    let intake: ImportIntake
    let layouts: [ImportSubject: [String: RecordLayout]]
    let bearers: ImportBearers

    private var kit: ServiceContext { desk.kit }

    init(_ desk: DirectoryDesk) throws {
        self.desk = desk
        intake = try ImportIntake(desk.kit)
        layouts = try ImportLayouts.all()
        bearers = try ImportBearers(desk)
    }

    func add(to router: Router<HosoRequestContext>) {
        router.post("/v1/imports") { try await take($0, $1) }
        router.post("/v1/imports/pulls") { try await pull($0, $1) }
        router.get("/v1/imports") { try await list($0, $1) }
        router.get("/v1/imports/:id") { try await show($0, $1) }
        router.get("/v1/imports/:id/faults") { try await faults($0, $1) }
    }

    private func take(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let visitor = try await bearers.require(context)
        let asked = try ImportRequest(request, layouts, now: kit.time.now)
        let run = try await intake.take(request.body, asked, author: visitor.subject)
        return try .json(.accepted, ImportView(run), headers: [.location: "/v1/imports/\(run.id)"])
    }

    /// Begins to pull from the source, where one is named.
    private func pull(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        let visitor = try await bearers.require(context)
        return try await kit.idempotent(request, context, as: PullBody.self) { body, transaction in
            guard try ImportPull.address(of: body.subject, kit.settings) != nil,
                let layout = layouts[body.subject]?[body.subject.usualLayout]
            else { throw Problem.notFound }
            let request = ImportRequest(
                subject: body.subject, mode: body.mode ?? body.subject.modes[0], layout: layout, form: .jsonLines,
                asOf: kit.time.now, month: body.month)
            try await intake.checkEmpty(request, in: transaction)
            let run = try await ImportPull.begin(kit, request, author: visitor.subject, in: transaction)
            return try .json(.accepted, ImportView(run), headers: [.location: "/v1/imports/\(run.id)"])
        }
    }

    private func list(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        _ = try await bearers.require(context)
        let page = try PageRequest(request)
        let found = try await ImportStore.page(page, in: kit.pool)
        return try .json(.ok, PageView(found, page, id: \.id, item: ImportView.init))
    }

    private func show(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        _ = try await bearers.require(context)
        guard let run = try await ImportStore.read(try id(context), in: kit.pool) else { throw Problem.notFound }
        return try .json(.ok, ImportView(run))
    }

    private func faults(_ request: Request, _ context: HosoRequestContext) async throws -> Reply {
        _ = try await bearers.require(context)
        let after = try Query.value("afterLine", request, Int64.init) ?? 0
        let found = try await ImportStore.faults(
            of: try id(context), afterLine: after, limit: try PageRequest.limit(request), in: kit.pool)
        return try .json(.ok, ["items": found.map(ImportFaultView.init)])
    }

    private func id(_ context: HosoRequestContext) throws(Problem) -> UUIDv7 {
        guard let id = context.parameters.get("id").flatMap(UUIDv7.init) else { throw .notFound }
        return id
    }
}

/// The body of `POST /v1/imports/pulls`.
struct PullBody: Decodable, Sendable {
    let subject: ImportSubject
    let mode: ImportMode?
    /// The month of the figures; of nothing else.
    let month: DuesMonth?

    private enum Key: CodingKey { case subject, mode, month }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        subject = try fields.decode(ImportSubject.self, forKey: .subject)
        mode = try fields.decodeIfPresent(ImportMode.self, forKey: .mode)
        month = try fields.decodeIfPresent(DuesMonth.self, forKey: .month)
        if let mode, !subject.modes.contains(mode) {
            throw InvalidValue(
                field: "mode", rule: "import.mode", vietnamese: "Loại dữ liệu này không nạp theo cách đó.",
                english: "This subject is not imported in that mode.")
        }
        guard (subject == .figures) == (month != nil) else {
            throw InvalidValue(
                field: "month", rule: "import.month",
                vietnamese: "Số liệu được lấy theo một tháng, dữ liệu khác thì không.",
                english: "Figures are pulled of one month, other subjects of none.")
        }
    }
}

/// An import as its sender sees it.
struct ImportView: Encodable {
    let importId: UUIDv7
    let subject: ImportSubject
    let mode: ImportMode
    let layout: String
    let asOf: Date
    /// The month that was asked for.
    let month: DuesMonth?
    let receivedAt: Date
    let state: ImportRun.State
    let records: Int64
    let faultyRecords: Int64
    let unreadableLines: Int64
    /// Members or organisations that a first load entered, or figures that are new.
    let entered: Int64
    /// Differences that were opened or changed.
    let opened: Int64?
    /// Differences that are none any more.
    let closed: Int64?
    let finishedAt: Date?

    init(_ run: ImportRun) {
        importId = run.id
        subject = run.subject
        mode = run.mode
        layout = run.layout
        asOf = run.asOf
        month = run.month
        receivedAt = run.receivedAt
        state = run.state
        records = run.records
        faultyRecords = run.faulty
        unreadableLines = run.unreadable
        entered = run.entered
        opened = run.opened
        closed = run.closed
        finishedAt = run.finishedAt
    }
}

/// A wrong line, in both languages; what stands in it is not told.
struct ImportFaultView: Encodable {
    let line: Int64
    let column: Int?
    let field: String?
    let rule: String
    let vietnamese: String?
    let english: String?

    init(_ fault: ImportStore.Fault) {
        line = fault.line
        column = fault.column
        field = fault.field
        rule = fault.rule
        let text = RecordFault.Rule(rawValue: fault.rule)?.text ?? FigureFault(rawValue: fault.rule)?.text
        vietnamese = text?.vietnamese
        english = text?.english
    }
}
