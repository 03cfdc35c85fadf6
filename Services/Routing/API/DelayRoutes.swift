import Contracts
import Foundation
import Hummingbird
import Postgres
import Projections
import RoutingDomain
import ServiceKit

/// `GET /v1/delays?organizationId=…&from=…&to=…`: signs of delay by body, for those who watch over the organisation and
/// for operators. A sign is no judgement: it says where to look.
extension CaseDesk {
    func addDelays(to router: Router<HosoRequestContext>) {
        router.get("/v1/delays") { request, context in
            let caller = try context.requireCaller()
            let question = try DelayQuestion(request)
            try await requireOversight(of: question.organization, caller)
            return try Reply.json(.ok, DelayList(items: try await DelayStore.read(question, in: kit.pool)))
        }
    }

    /// Throws a problem for whoever is neither an operator nor watches over the organisation.
    func requireOversight(of organization: OrganizationID, _ caller: Caller) async throws {
        if caller.isOperator { return }
        guard let member = caller.memberID else { throw Problem.forbidden }
        try requireFreshRoles()
        let roles = try await directory.roles(of: member, at: kit.time.now, in: kit.pool)
        let own = Set(roles.filter { Self.superiors.contains($0.role) }.map(\.organizationId))
        let path = try await directory.path(from: organization, in: kit.pool).map(\.organizationId)
        guard path.contains(where: own.contains) else { throw Problem.forbidden }
    }
}

/// Which signs of delay are asked for.
struct DelayQuestion: Sendable {
    /// The body; those below it are told too.
    let organization: OrganizationID
    let from: Day
    /// The last day, counted with the others.
    let to: Day

    /// The longest time that can be asked for, in days.
    static let longest = 92

    init(_ request: Request) throws(Problem) {
        guard let organization = try Query.value("organizationId", request, { OrganizationID($0) }) else {
            throw Query.invalid("organizationId", vietnamese: "là bắt buộc", english: "is needed")
        }
        guard let from = try Query.value("from", request, { try? Day($0) }) else {
            throw Query.invalid("from", vietnamese: "là bắt buộc", english: "is needed")
        }
        let to = try Query.value("to", request) { try? Day($0) } ?? from
        guard (0...Self.longest).contains(to.number - from.number) else {
            throw Query.invalid(
                "to", vietnamese: "không sau from quá \(Self.longest) ngày",
                english: "is at most \(Self.longest) days after from")
        }
        self.organization = organization
        self.from = from
        self.to = to
    }
}

struct DelayList: Encodable {
    /// The signs of delay at one body.
    struct Item: Encodable {
        let organizationId: OrganizationID
        let organizationName: String?
        /// Turns whose limit passed.
        let breaches: Int
        /// Breaches of which the superior was told.
        let escalations: Int
        /// Turns for which the body had no active officer.
        let vacancies: Int
        /// Times that an applicant was asked for a supplement again, after a first time in the same case: article 14.3
        /// wants a notice that is complete, and once only.
        let repeatedSupplements: Int
    }

    /// The bodies with the most breaches first; at most 200.
    let items: [Item]
}
