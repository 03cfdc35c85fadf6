import Contracts
import DirectoryDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit

/// Settles which of several employers' figures counts for a month: by the cell, or whoever stands above it. What was
/// settled can be settled anew; the newest counts, and all are kept.
struct ContradictionSettlement: Sendable {
    let desk: DirectoryDesk
    let telling: FigureTelling
    let visitor: Visitor
    let body: ContradictionBody
    let transaction: PostgresTransaction

    private var kit: ServiceContext { desk.kit }

    /// - Throws: a problem where he may not, or the figures are not those that he saw.
    func settle(_ id: Int64) async throws {
        guard let seen = try await ContradictionStore.read(id, in: transaction),
            let row = try await MemberStore.read(seen.memberID, lock: .update, in: transaction)
        else { throw Problem.notFound }
        let path = try await OrganizationStore.path(from: row.member.cellId, in: transaction)
        guard visitor.authority.settles(as: .cell, about: seen.memberID, at: path) else {
            throw Problem.outsideAuthority
        }
        guard telling.oldest <= seen.month else { throw Problem(Faults([Self.monthOver])) }
        // Under the member's lock: nothing that is told meanwhile is passed over.
        let known = try await FigureStore.known(of: [seen.memberID], since: seen.month, in: transaction)
        guard
            let figures = known[seen.memberID]?.first(where: { $0.month == seen.month && $0.kind == seen.kind })
        else { throw Problem.notFound }
        guard let amount = figures.amount(by: body.choice) else { throw Problem(Faults([Self.unknownEmployer])) }
        guard amount == body.amount else { throw Problem.figuresChanged }
        let now = kit.time.now
        try await ContradictionStore.insert(
            FigureDecision(choice: body.choice, figures: figures.ids, decidedAt: now), amount: amount, of: id,
            reason: body.reason.text, by: visitor.subject, in: transaction)
        try await telling.tell(
            [seen.memberID], author: visitor.subject, reason: body.reason.text, in: transaction)
        try await kit.audit.record(
            "figures.settled", subject: "\(seen.memberID)", actor: visitor.subject,
            details: ["month": seen.month.text, "kind": seen.kind.rawValue, "reason": body.reason.text],
            in: transaction)
    }

    private static let unknownEmployer = InvalidValue(
        field: "employerCode", rule: "figures.unknown-employer",
        vietnamese: "Đơn vị này không có số liệu trong tháng.", english: "This employer has no figure for the month.")
    static let monthOver = InvalidValue(
        field: "month", rule: FigureFault.monthOutside.rawValue, vietnamese: "Tháng này đã quá lâu.",
        english: "The month lies too far back.")
}

/// The body of `POST /v1/figure-contradictions/{id}/settlement`.
struct ContradictionBody: Decodable, Sendable {
    let choice: FigureChoice
    /// What is to count, as he who settles it saw it.
    let amount: Dong
    let reason: Reason

    private enum Key: CodingKey { case choice, employerCode, amount, reason }
    private enum Choice: String, Decodable { case employer, sum }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        choice =
            switch try fields.decode(Choice.self, forKey: .choice) {
            case .employer: .employer(code: try fields.decode(String.self, forKey: .employerCode))
            case .sum: .sum
            }
        amount = try fields.decode(Dong.self, forKey: .amount)
        reason = try fields.decode(Reason.self, forKey: .reason)
    }
}

extension Problem {
    /// Another figure came, or the amount is not what the choice makes of them.
    static let figuresChanged = Problem(
        .conflict, id: "figures-changed", vietnamese: "Số tiền không khớp với số liệu hiện có của tháng",
        english: "The amount is not what the figures of the month say by now")
}
