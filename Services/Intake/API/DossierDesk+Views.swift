import Contracts
import Foundation
import Hummingbird
import IntakeDomain
import Postgres
import Projections
import ServiceKit

/// `GET /v1/dossiers` and `GET /v1/dossiers/{id}`.
extension DossierDesk {
    func addViews(to router: Router<HosoRequestContext>) {
        router.get("/v1/dossiers") { request, context in
            let member = try context.requireMember()
            let page = try DossierPage(request.uri.queryParameters)
            let rows = try await DossierStore.page(
                of: member.id, before: page.after, limit: page.limit + 1, in: kit.pool)
            let shown = rows.prefix(page.limit)
            return try Reply.json(
                .ok,
                DossierList(
                    items: shown.map { DossierSummary($0, title: catalogue[$0.procedure]?.title) },
                    next: rows.count > page.limit ? shown.last?.id : nil))
        }
        router.get("/v1/dossiers/:id") { _, context in
            let member = try context.requireMember()
            guard let id = context.parameters.get("id").flatMap(DossierID.init) else { throw Problem.notFound }
            return try await kit.pool.transaction { transaction in
                try Reply.json(.ok, try await view(of: id, for: member.id, in: transaction))
            }
        }
    }

    private func view(
        of id: DossierID, for member: MemberID, in transaction: PostgresTransaction
    ) async throws -> DossierView {
        let (row, timeline) = try await entitled(
            member, to: id, leaving: "dossier.viewed", of: "\(id)", in: transaction)
        let places = timeline.entries.compactMap(\.event.organization) + [row.receivingOrganization]
        var known: [OrganizationID: OrganizationState] = [:]
        for place in Set(places) { known[place] = try await directory.organization(place, in: transaction) }
        let files = try await AttachmentStore.files(of: id, in: transaction)
        let versions = DossierView.versions(
            of: row, form: try await DossierStore.form(of: id, in: transaction),
            supplements: try await SupplementStore.all(of: id, in: transaction), files)
        return DossierView(
            dossierId: id, code: row.code, procedure: row.procedure, procedureVersion: row.procedureVersion,
            title: catalogue[row.procedure]?.title, status: timeline.status, statusText: timeline.status.text,
            reason: timeline.reason, applicantMemberId: row.applicant, enteredByMemberId: row.enteredBy,
            receivingOrganization: OrganizationView(row.receivingOrganization, among: known),
            receivedAt: row.receivedAt, acknowledgedAt: row.acknowledgedAt, deadline: row.deadline,
            wantedSupplement: timeline.wanted.map { DossierView.Wanted($0, among: known) },
            form: versions.last?.form ?? [:], versions: versions, attachments: files.map { AttachmentView($0.payload) },
            currentStep: timeline.turn.map { DossierView.Step($0, among: known) },
            timeline: timeline.entries.map { DossierView.Entry($0, among: known) },
            results: timeline.results.map { DossierView.Result($0, among: known, at: results) })
    }

    /// The dossier, if the member may see it: who applied, who entered it, or an officer of an organisation that it came
    /// to, whose look leaves a trace.
    ///
    /// - Parameters:
    ///   - action: the name of the look in the audit.
    ///   - subject: what is looked at.
    func entitled(
        _ member: MemberID, to id: DossierID, leaving action: String, of subject: String,
        in transaction: PostgresTransaction
    ) async throws -> (DossierRow, StatusTimeline) {
        guard let row = try await DossierStore.read(id, in: transaction) else { throw Problem.notFound }
        let timeline = StatusTimeline(try await TimelineStore.entries(of: id, in: transaction))
        if member != row.applicant, member != row.enteredBy {
            try await requireOfficer(member, for: row, timeline, in: transaction)
            try await kit.audit.record(action, subject: subject, actor: "\(member)", in: transaction)
        }
        return (row, timeline)
    }

    /// Throws unless the member holds a reading role at an organisation that the dossier came to.
    private func requireOfficer(
        _ member: MemberID, for row: DossierRow, _ timeline: StatusTimeline, in transaction: PostgresTransaction
    ) async throws {
        try kit.requireFresh(DirectoryProjection.consumerName(of: kit.service))
        let places = Set(timeline.entries.compactMap(\.event.organization) + [row.receivingOrganization])
        let roles = try await directory.roles(of: member, at: kit.time.now, in: transaction)
        let readers = Self.readers.union(
            catalogue[row.procedure, version: row.procedureVersion]?.readers ?? [])
        guard roles.contains(where: { readers.contains($0.role) && places.contains($0.organizationId) }) else {
            throw Problem.forbidden.with(
                vietnamese: "Đồng chí không có vai trò đối với hồ sơ này.",
                english: "You hold no role for this dossier.")
        }
    }

    /// The roles that read dossiers of every procedure; those of administration and support read none.
    private static let readers: Set<RoleName> = [
        .cellSecretary, .cellDeputy, .organisationOfficer, .committeeSigner, .inspector, .auditor,
    ]
}

/// A member's dossiers.
struct DossierList: Encodable {
    let items: [DossierSummary]
    /// Give it as `after` for the next page; absent on the last one.
    let next: DossierID?
}

/// Which part of the list is asked for.
struct DossierPage {
    let limit: Int
    let after: DossierID?

    init(_ parameters: Parameters) throws(Problem) {
        let given = parameters.get("limit").map { Int($0) ?? 0 } ?? 50
        guard (1...200).contains(given) else {
            throw Self.invalid("limit", "phải từ 1 đến 200", "must be 1 to 200")
        }
        limit = given
        guard let mark = parameters.get("after") else {
            after = nil
            return
        }
        guard let id = DossierID(mark) else {
            throw Self.invalid("after", "không phải dấu trang của danh sách này", "is not a mark of this list")
        }
        after = id
    }

    private static func invalid(_ name: String, _ vietnamese: String, _ english: String) -> Problem {
        Problem.invalidParameter.with(errors: [
            FieldError(
                field: name, rule: "parameter.form", vietnamese: "Tham số \(name) \(vietnamese).",
                english: "The parameter \(name) \(english).")
        ])
    }
}
