import Contracts
import DirectoryDomain
import Hummingbird
import Postgres
import ServiceKit

/// `POST /v1/members/{id}/residence`: the link of a member to the cell of his residence.
extension DirectoryDesk {
    func addResidence(to router: Router<HosoRequestContext>) {
        router.post("/v1/members/:id/residence") { request, context in
            let id = try id(context, as: MemberID.self)
            return try await kit.idempotent(request, context, as: ResidenceBody.self) { body, transaction in
                let visitor = try await visitor(context, in: transaction)
                guard let row = try await MemberStore.read(id, lock: .update, in: transaction) else {
                    throw Problem.notFound
                }
                let there = try await OrganizationStore.heldPath(from: body.cellId, in: transaction)
                guard try await may(body.action, visitor.authority, row.member, there, in: transaction) else {
                    throw Problem.outsideAuthority
                }
                let member = try checked { () throws(Faults) in
                    try row.member.changed(body.action, cell: there?.first, on: body.on ?? today, today: today)
                }
                try await keep(
                    member, as: "member.residence-\(body.action.rawValue)", by: visitor.subject, body.reason,
                    in: transaction)
                return try .json(.ok, ResidenceView(member))
            }
        }
    }

    /// The side he belongs to introduces, the side he lives on accepts, either ends.
    private func may(
        _ action: ResidenceAction, _ authority: Authority, _ member: Member, _ there: OrganizationPath?,
        in transaction: PostgresTransaction
    ) async throws -> Bool {
        let here = try await OrganizationStore.path(from: member.cellId, in: transaction)
        return switch action {
        case .introduce: authority.settles(member.id, at: here)
        case .accept: authority.settles(member.id, at: there)
        case .end: authority.settles(member.id, at: here) || authority.settles(member.id, at: there)
        }
    }
}

/// The body of `POST /v1/members/{id}/residence`.
struct ResidenceBody: Decodable, Sendable {
    let action: ResidenceAction
    /// The cell of residence.
    let cellId: OrganizationID
    /// The day of the introduction, the first day there, or the last one; absent: today.
    let on: Day?
    let reason: Reason
}

/// The links of a member as either side sees them: no more of him than that.
struct ResidenceView: Encodable {
    let memberId: MemberID
    let residenceCellId: OrganizationID?
    let residenceLinks: [MemberState.ResidenceLink]
    let version: Int64

    init(_ member: Member) {
        memberId = member.id
        residenceCellId = member.residenceCellId
        residenceLinks = member.residenceLinks ?? []
        version = member.version
    }
}
