import Contracts
import DirectoryDomain
import Foundation
import Hummingbird
import NIOCore
import Postgres
import ServiceKit

/// What is decided about organisations, at once or for a day to come: `/v1/organizations/{id}/changes`, `merger`,
/// `dissolution`, `split`, `planned-changes`.
extension DirectoryDesk {
    func addOrganizationCommands(to router: Router<HosoRequestContext>) {
        for kind in OrganizationCommand.Kind.allCases {
            router.post("/v1/organizations/:id/\(kind.rawValue)") { request, context in
                let id = try id(context, as: OrganizationID.self)
                return try await kit.idempotent(request, context) { body, transaction in
                    let command = try OrganizationCommand(
                        kind, from: body, contentType: request.headers[.contentType])
                    let visitor = try await visitor(context, in: transaction)
                    return try await receive(command, kind, body, on: id, by: visitor, in: transaction)
                }
            }
        }
        router.get("/v1/organizations/:id/planned-changes") { request, context in
            let id = try id(context, as: OrganizationID.self)
            let page = try PageRequest(request)
            return try await kit.pool.transaction { transaction in
                try await mustAdminister(id, context, in: transaction)
                let found = try await PlannedChangeStore.page(of: id, page, in: transaction)
                return try Reply.json(.ok, PageView(found, page, id: \.id, item: PlannedChangeView.init))
            }
        }
        router.post("/v1/organizations/:id/planned-changes/:change/withdrawal") { request, context in
            let id = try id(context, as: OrganizationID.self)
            let change = context.parameters.get("change").flatMap(UUIDv7.init)
            return try await kit.idempotent(request, context) { _, transaction in
                let visitor = try await mustAdminister(id, context, in: transaction)
                guard let change, let planned = try await PlannedChangeStore.read(change, in: transaction),
                    planned.organizationId == id
                else { throw Problem.notFound }
                try await mayWithdraw(planned, visitor, in: transaction)
                guard planned.state == .planned else { throw Problem.settledBefore }
                try await PlannedChangeStore.settle(change, as: .withdrawn, at: kit.time.now, in: transaction)
                try await kit.audit.record(
                    "organization.plan-withdrawn", subject: "\(id)", actor: visitor.subject,
                    details: AuditedPlan(planned), in: transaction)
                return Reply(.noContent)
            }
        }
    }

    private func receive(
        _ command: OrganizationCommand, _ kind: OrganizationCommand.Kind, _ body: ByteBuffer, on id: OrganizationID,
        by visitor: Visitor, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let day = command.effectiveOn ?? today
        guard day > today else {
            let result = try await carryOut(command, on: id, by: visitor, from: day, in: transaction)
            if case .change = command, let only = result.organizations.last { return try .json(.ok, only.view) }
            return try .json(.ok, ReorganizedView(result))
        }
        guard day <= today.adding(days: 366) else { throw Problem(Faults([Self.tooFar])) }
        try await rehearse(command, on: id, by: visitor, from: day, in: transaction)
        let change = kit.ids.next(at: kit.time.now)
        try await PlannedChangeStore.insert(
            change, kind, of: id, on: day, body: String(buffer: body), by: visitor,
            reason: command.reason.text, at: kit.time.now, in: transaction)
        guard let planned = try await PlannedChangeStore.read(change, in: transaction) else { throw Problem.notFound }
        try await kit.audit.record(
            "organization.planned", subject: "\(id)", actor: visitor.subject, details: AuditedPlan(planned),
            in: transaction)
        return try .json(.accepted, PlannedChangeView(planned))
    }

    /// Carries it out and takes it back: what would be refused today is not planned. On its day it is judged again.
    private func rehearse(
        _ command: OrganizationCommand, on id: OrganizationID, by visitor: Visitor, from day: Day,
        in transaction: PostgresTransaction
    ) async throws {
        struct Rehearsed: Error {}
        do {
            try await transaction.savepoint {
                _ = try await carryOut(command, on: id, by: visitor, from: day, in: transaction)
                throw Rehearsed()
            }
        } catch is Rehearsed {}
    }

    @discardableResult
    private func mustAdminister(
        _ id: OrganizationID, _ context: HosoRequestContext, in transaction: PostgresTransaction
    ) async throws -> Visitor {
        let visitor = try await visitor(context, in: transaction)
        guard let path = try await OrganizationStore.path(from: id, in: transaction) else { throw Problem.notFound }
        guard visitor.authority.administers(path) else { throw Problem.outsideAuthority }
        return visitor
    }

    /// His own plans, and those of others whoever administers what stands above: nobody stops what his superior decided.
    private func mayWithdraw(
        _ planned: PlannedChange, _ visitor: Visitor, in transaction: PostgresTransaction
    ) async throws {
        if planned.author == visitor.subject { return }
        let path = try await OrganizationStore.path(from: planned.organizationId, in: transaction)
        let above = path.map { OrganizationPath(Array($0.organizations.dropFirst())) }
        guard visitor.authority.administers(above) else { throw Problem.outsideAuthority }
    }

    private static let tooFar = InvalidValue(
        field: "effectiveOn", rule: "organization.planned-too-far",
        vietnamese: "Ngày có hiệu lực không được quá một năm kể từ hôm nay.",
        english: "A change is planned for a year ahead at most.")
}

extension Problem {
    static let settledBefore = Problem(
        .conflict, id: "planned-change-settled", vietnamese: "Thay đổi này đã thực hiện hoặc đã huỷ",
        english: "The planned change was carried out or withdrawn before")
}

/// A planned change as those see it who administer the organisation.
struct PlannedChangeView: Encodable {
    let plannedChangeId: UUIDv7
    let organizationId: OrganizationID
    let kind: String
    let effectiveOn: Day
    let state: PlannedChange.State
    let author: String
    let reason: String
    /// Why it was refused.
    let problem: JSONValue?

    init(_ planned: PlannedChange) {
        plannedChangeId = planned.id
        organizationId = planned.organizationId
        kind = planned.kind
        effectiveOn = planned.effectiveOn
        state = planned.state
        author = planned.author
        reason = planned.reason
        problem = planned.problem.flatMap { try? ContractsJSON.decode(from: $0.bytes) }
    }
}

/// What the audit says of a plan.
struct AuditedPlan: Encodable {
    let plannedChangeId: UUIDv7
    let kind: String
    let effectiveOn: Day
    let reason: String

    init(_ planned: PlannedChange) {
        plannedChangeId = planned.id
        kind = planned.kind
        effectiveOn = planned.effectiveOn
        reason = planned.reason
    }
}
