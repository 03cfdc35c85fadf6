import Contracts
import DirectoryDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit

/// Withdraws a figure that came wrongly, or lets it count again: by those who settle contradictions. The figure's row
/// stands; what the source said before it counts then, or nothing, as if it had never come.
struct FigureWithdrawal: Sendable {
    let desk: DirectoryDesk
    let telling: FigureTelling
    let visitor: Visitor
    let body: WithdrawalBody
    let transaction: PostgresTransaction

    private var kit: ServiceContext { desk.kit }

    /// - Throws: a problem where he may not, where the figure is no longer as he saw it, or the month is over for long.
    func decide(on figure: Int64, of member: MemberID) async throws {
        guard let row = try await MemberStore.read(member, lock: .update, in: transaction) else {
            throw Problem.notFound
        }
        let path = try await OrganizationStore.path(from: row.member.cellId, in: transaction)
        guard visitor.authority.settles(as: .cell, about: member, at: path) else { throw Problem.outsideAuthority }
        // Under the member's lock: nothing that is told meanwhile is passed over.
        guard let place = try await FigureWithdrawals.place(of: figure, member: member, in: transaction) else {
            throw Problem.notFound
        }
        guard telling.oldest <= place.month else { throw Problem(Faults([ContradictionSettlement.monthOver])) }
        guard try await isAsSeen(figure, place, of: member) else { throw Problem.figureNotAsSeen }
        try await FigureWithdrawals.insert(
            figure, withdrawn: body.withdrawn, reason: body.reason.text, by: visitor.subject, at: kit.time.now,
            in: transaction)
        try await telling.tell([member], author: visitor.subject, reason: body.reason.text, in: transaction)
        try await kit.audit.record(
            body.withdrawn ? "figure.withdrawn" : "figure.restored", subject: "\(member)", actor: visitor.subject,
            details: ["month": place.month.text, "kind": place.kind.rawValue, "reason": body.reason.text],
            in: transaction)
    }

    /// What counts of an employer is withdrawn, and what is withdrawn can count again.
    private func isAsSeen(
        _ figure: Int64, _ place: FigureWithdrawals.Place, of member: MemberID
    ) async throws -> Bool {
        guard body.withdrawn else { return place.isWithdrawn }
        let known = try await FigureStore.known(of: [member], since: place.month, in: transaction)[member] ?? []
        return known.contains { $0.ids.contains(figure) }
    }
}

/// The body of `POST /v1/members/{id}/figures/{figure}/withdrawal`.
struct WithdrawalBody: Decodable, Sendable {
    /// False: it counts again.
    let withdrawn: Bool
    let reason: Reason
}

extension Problem {
    /// Another figure came since, or it was withdrawn, or counted again, already.
    static let figureNotAsSeen = Problem(
        .conflict, id: "figure-not-as-seen", vietnamese: "Số liệu này không còn như khi được xem",
        english: "The figure is no longer as it was seen")
}
