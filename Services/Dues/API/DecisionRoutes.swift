import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import Postgres
import Projections
import ServiceKit

/// Decisions about a single member over HTTP: made, shown and revoked.
struct DecisionRoutes: Sendable {
    let kit: ServiceContext
    let access: DuesAccess
    let reassessment: Reassessment

    func add(to router: Router<HosoRequestContext>) {
        add(Relief.self, at: "reliefs", to: router)
        add(Deferral.self, at: "deferrals", to: router)
        add(VoluntaryAmount.self, at: "voluntary-amounts", to: router)
    }

    private func add<Decision: DecidedForMember>(
        _ kind: Decision.Type, at name: String, to router: Router<HosoRequestContext>
    ) {
        let path = "/v1/members/:id/\(name)"
        router.get(.init(path)) { request, context in
            let member = try member(context)
            try await access.requireReader(of: member, context.requireCaller(), in: kit.pool)
            return try Reply.json(.ok, Items(items: await DecisionRow<Decision>.list(of: member, in: kit.pool)))
        }
        router.post(.init(path)) { request, context in
            let (officer, member) = (try context.requireMember(), try member(context))
            return try await kit.idempotent(request, context, as: Entry<Decision>.self) { body, transaction in
                try await decide(body, about: member, officer.caller, officer.id, in: transaction)
            }
        }
        router.post(.init(path + "/:decision/revocation")) { request, context in
            let (officer, member) = (try context.requireMember(), try member(context))
            guard let id = context.parameters.get("decision").flatMap({ UUIDv7($0) }) else { throw Problem.notFound }
            return try await kit.idempotent(request, context, as: RevocationEntry.self) { body, transaction in
                try await revoke(
                    Decision.self, id, body, about: member, officer.caller, officer.id, in: transaction)
            }
        }
    }

    private struct Items<Decision: MemberDecision>: Encodable {
        let items: [DecisionRow<Decision>]
    }

    private struct Entry<Decision: MemberDecision>: Decodable, Sendable {
        let content: Decision.Content
        let decisionNumber: String
        let decidedOn: Day

        private enum Key: CodingKey { case decisionNumber, decidedOn }

        init(from decoder: any Decoder) throws {
            content = try Decision.Content(from: decoder)
            let fields = try decoder.container(keyedBy: Key.self)
            decisionNumber = try fields.decode(String.self, forKey: .decisionNumber)
            decidedOn = try fields.decode(Day.self, forKey: .decidedOn)
        }
    }

    private struct RevocationEntry: Decodable, Sendable {
        let from: DuesMonth
        let reason: String
    }

    private func member(_ context: HosoRequestContext) throws -> MemberID {
        guard let id = context.parameters.get("id").flatMap({ MemberID($0) }) else { throw Problem.notFound }
        return id
    }

    private func decide<Decision: DecidedForMember>(
        _ body: Entry<Decision>, about member: MemberID, _ caller: Caller, _ officer: MemberID,
        in transaction: PostgresTransaction
    ) async throws -> Reply {
        let now = kit.time.now
        let decision = try Decision(body.content, revokedFrom: nil)
        let number = try EnteredText.line(body.decisionNumber, field: "decisionNumber")
        try EnteredText.requirePast(body.decidedOn, today: Day(containing: now), field: "decidedOn")
        let place = try await access.place(of: member, in: transaction)
        let organization = try await access.requireDecider(
            decision.decider(inCellOfType: place.cell.type), about: place.member, by: officer, in: transaction)
        if let fault = decision.fault(about: place.member) { throw fault }
        try await DecisionRow<Decision>.lock(member, in: transaction)
        try await requireOwnMonths(decision.months, of: place.member, in: transaction)
        let others = try await DecisionRow<Decision>.list(of: member, in: transaction).map(\.decision)
        guard !others.contains(where: decision.overlaps) else { throw Problem.overlap(Decision.name) }
        let row = try await DecisionRow.insert(
            decision,
            DecisionForm(
                decisionId: kit.ids.next(at: now), memberId: member, bodyId: organization, decisionNumber: number,
                decidedOn: body.decidedOn, decidedBy: officer, decidedAt: now), in: transaction)
        try await follow(row, decision.months, "decided", caller, in: transaction)
        return try .json(.created, row)
    }

    /// Months that the member owes to a cell where he was before are not decided on from here.
    private func requireOwnMonths(
        _ months: DecidedMonths, of member: MemberState, in transaction: PostgresTransaction
    ) async throws {
        let elsewhere = try await transaction.query(
            """
            SELECT FROM assessments WHERE member_id = \(member.memberId) AND organization_id <> \(member.cellId)
                AND month >= \(months.from) AND (\(months.end)::text IS NULL OR month <= \(months.end)) LIMIT 1
            """)
        guard elsewhere.isEmpty else { throw Problem.monthsElsewhere }
    }

    private func revoke<Decision: DecidedForMember>(
        _ kind: Decision.Type, _ id: UUIDv7, _ body: RevocationEntry, about member: MemberID, _ caller: Caller,
        _ officer: MemberID, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let reason = try EnteredText.line(body.reason, field: "reason")
        let place = try await access.place(of: member, in: transaction)
        try await DecisionRow<Decision>.lock(member, in: transaction)
        guard let row = try await DecisionRow<Decision>.find(id, of: member, in: transaction) else {
            throw Problem.notFound
        }
        _ = try await access.requireDecider(
            row.decision.decider(inCellOfType: place.cell.type), about: place.member, by: officer, in: transaction)
        guard row.revocation == nil else { throw Problem.revokedAlready }
        if let fault = row.decision.months.fault(ofRevocationFrom: body.from) { throw fault }
        let revoked = try await row.revoked(
            Revocation(
                revokedFrom: body.from, revokedReason: reason, revokedBy: officer, revokedAt: kit.time.now),
            in: transaction)
        let months = DecidedMonths(from: body.from, through: row.decision.months.through)
        try await follow(revoked, months, "revoked", caller, in: transaction)
        return try .json(.ok, revoked)
    }

    /// What the audit keeps of a decision.
    private struct Trail: Encodable {
        let memberId: MemberID
        let from: DuesMonth
        let changedAssessments: Int
    }

    /// What a decision changes, and its trail.
    private func follow<Decision: DecidedForMember>(
        _ row: DecisionRow<Decision>, _ months: DecidedMonths, _ what: String, _ caller: Caller,
        in transaction: PostgresTransaction
    ) async throws {
        let context = kit.eventContext()
        let member = row.form.memberId
        let changed =
            Decision.changesAmounts
            ? try await reassessment.assess(member, months, context, in: transaction) : 0
        if !Decision.changesAmounts {
            try await reassessment.writing.standings.refresh([member], context: context, in: transaction)
        }
        try await kit.audit.record(
            "\(Decision.name).\(what)", subject: "\(row.form.decisionId)", actor: caller.subject,
            details: Trail(memberId: member, from: months.from, changedAssessments: changed), in: transaction)
    }
}

/// A kind of decision with the rules of who makes it about whom.
protocol DecidedForMember: MemberDecision {
    /// Whether it changes what is owed, not only when it is due.
    static var changesAmounts: Bool { get }
    func decider(inCellOfType type: OrganizationType) -> Decider
    /// Why it cannot be made about the member as he is.
    func fault(about member: MemberState) -> InvalidValue?
    func overlaps(_ other: Self) -> Bool
}

extension Relief: DecidedForMember {
    static let changesAmounts = true
    func decider(inCellOfType type: OrganizationType) -> Decider { Relief.decider(on: ground, inCellOfType: type) }
    func fault(about member: MemberState) -> InvalidValue? { nil }
}

extension Deferral: DecidedForMember {
    static let changesAmounts = false
    func decider(inCellOfType type: OrganizationType) -> Decider { .cellItself }
    func fault(about member: MemberState) -> InvalidValue? { Deferral.fault(ofState: member.state) }
}

extension VoluntaryAmount: DecidedForMember {
    static let changesAmounts = true
    /// The cell reports, the superior approves.
    func decider(inCellOfType type: OrganizationType) -> Decider { .superior }
    func fault(about member: MemberState) -> InvalidValue? { nil }
}

extension Problem {
    fileprivate static func overlap(_ name: String) -> Problem {
        Problem(
            .conflict, id: "decision-overlap", vietnamese: "Đã có quyết định cùng loại cho những tháng này",
            english: "A decision of this kind holds for some of these months already",
            errors: [
                FieldError(
                    field: "from", rule: "\(name).overlap", vietnamese: "Trùng tháng với một quyết định khác.",
                    english: "The months overlap with another decision.")
            ])
    }

    fileprivate static let monthsElsewhere = Problem(
        .conflict, id: "decision-months-elsewhere", vietnamese: "Có tháng thuộc chi bộ trước đây của đảng viên",
        english: "Some of these months are owed to a cell where the member was before",
        errors: [
            FieldError(
                field: "from", rule: "decision.months-elsewhere",
                vietnamese: "Quyết định chỉ tính từ tháng thuộc chi bộ hiện nay.",
                english: "The decision can begin with the first month that is owed to the present cell.")
        ])

    fileprivate static let revokedAlready = Problem(
        .conflict, id: "decision-revoked", vietnamese: "Quyết định đã bị thu hồi",
        english: "The decision is revoked already"
    )
}
