import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import Metrics
import Postgres
import Projections
import RoutingDomain
import ServiceKit

/// `POST /v1/campaigns`: an officer has the opinion of the place of residence asked for about all members of an
/// organisation, of parts of it, or of a list; the cases are made in the background. `GET` tells how far they have come.
extension CaseDesk {
    func addCampaigns(to router: Router<HosoRequestContext>) {
        router.post("/v1/campaigns") { request, context in
            let member = try context.requireMember()
            return try await kit.idempotent(request, context, as: CampaignRequest.self) { body, transaction in
                try requireFreshRoles()
                return try await order(body, by: member.id, in: transaction)
            }
        }
        router.get("/v1/campaigns") { request, context in
            let caller = try context.requireCaller()
            let limit = try Query.limit(request)
            let before = try Query.value("after", request) { CampaignID($0) }
            let own = try await overseen(by: caller)
            let found = try await CampaignStore.page(of: own, before: before, limit: limit + 1, in: kit.pool)
            let items = try await views(found.prefix(limit))
            return try Reply.json(
                .ok, CampaignList(items: items, next: found.count > limit ? items.last.map { "\($0.id)" } : nil))
        }
        router.get("/v1/campaigns/:campaignId") { _, context in
            let campaign = try await campaign(context)
            return try Reply.json(
                .ok,
                try await CampaignDetail(campaign, CampaignStore.leftOut(campaign.id, in: kit.pool), view(campaign)))
        }
        router.get("/v1/campaigns/:campaignId/members") { request, context in
            let campaign = try await campaign(context)
            let limit = try Query.limit(request)
            let after = try Query.value("after", request) { Int32($0) }
            guard let state = try Query.value("state", request, CampaignOutcome.State.init), state != .created else {
                throw Query.invalid(
                    "state", vietnamese: "phải là exempt hoặc failed", english: "must be exempt or failed")
            }
            let found = try await CampaignStore.leftOut(
                campaign.id, state, after: after, limit: limit + 1, in: kit.pool)
            try await kit.pool.transaction { transaction in
                try await kit.audit.record(
                    "campaign.members-viewed", subject: "\(campaign.id)", actor: try context.requireCaller().subject,
                    in: transaction)
            }
            let items = try found.prefix(limit).map(CampaignMemberList.Item.init)
            return try Reply.json(
                .ok,
                CampaignMemberList(items: items, next: found.count > limit ? items.last.map { "\($0.ordinal)" } : nil))
        }
    }

    private func order(
        _ body: CampaignRequest, by member: MemberID, in transaction: PostgresTransaction
    ) async throws -> Reply {
        let now = kit.time.now
        let officer = try await officer(member, in: transaction)
        try await requireCommittee(body.organizationId, officer, in: transaction)
        let (purpose, finishBy) = try body.checked(today: Day(containing: now))
        let within = try await subtrees(body, in: transaction)
        let members = try await named(body, in: transaction)
        guard let definition = try await cases.definitions.newest(.residenceOpinion, in: transaction) else {
            throw Problem.unavailable
        }
        let rules = OpinionCampaign(
            id: kit.ids.next(at: now), purpose: purpose, year: Day(containing: now).year, finishBy: finishBy,
            orderedByMemberId: member)
        let most = try kit.settings.int("routing.campaign.most")
        let planned = try await CampaignStore.plan(
            Campaign(
                rules: rules, organizationId: body.organizationId, within: within, procedure: definition.procedure,
                procedureVersion: definition.version, orderedAt: now),
            of: members, limit: most, in: transaction)
        guard planned > 0 else { throw CampaignRequest.nobody }
        guard planned <= most else { throw CampaignRequest.tooMany(most) }
        try await kit.audit.record(
            "campaign.ordered", subject: "\(rules.id)", actor: "\(member)",
            details: CampaignRecord(
                purpose: purpose, organizationId: body.organizationId, within: within, planned: planned),
            in: transaction)
        transaction.afterCommit { Counter(label: "routing.campaign.ordered").increment() }
        guard let campaign = try await CampaignStore.read(rules.id, in: transaction) else { throw Problem.notFound }
        let name = try await directory.organization(body.organizationId, in: transaction)?.name
        return try .json(.accepted, CampaignView(campaign, organizationName: name, finished: 0))
    }

    /// Only the committee itself has opinions asked for, by an officer who may decide.
    private func requireCommittee(
        _ organization: OrganizationID, _ officer: Officer, in transaction: PostgresTransaction
    ) async throws {
        let roles = try await directory.roles(of: officer.memberId, at: kit.time.now, in: transaction)
        guard roles.contains(where: { Self.committee.contains($0.role) && $0.organizationId == organization }) else {
            throw Problem(.noRoleAtOrganization)
        }
        guard officer.mayDecide else { throw Problem(.mayNotDecide) }
    }

    /// The roles that act for a committee.
    private static let committee: Set<RoleName> = [.organisationOfficer, .committeeSigner]

    /// The members that the order names, each once; nil where it names none. Each belongs to the organisation.
    private func named(
        _ body: CampaignRequest, in transaction: PostgresTransaction
    ) async throws -> [MemberID]? {
        guard let members = body.memberIds else { return nil }
        let cells = try await directory.cells(of: members, in: transaction)
        let nodes = try await OrganizationNodes.above(Array(Set(cells.values)), in: transaction)
        let tree = OrganizationTree(nodes.values)
        for (index, member) in members.enumerated() {
            guard let cell = cells[member], tree[cell]?.type.isCell == true,
                tree.path(from: cell).contains(where: { $0.id == body.organizationId })
            else { throw CampaignRequest.memberOutside(index) }
        }
        return Array(cells.keys)
    }

    /// The tops of the subtrees that are asked for: the organisation itself, or parts of it; none where members are named.
    private func subtrees(
        _ body: CampaignRequest, in transaction: PostgresTransaction
    ) async throws -> [OrganizationID] {
        guard let parts = body.within else { return body.memberIds == nil ? [body.organizationId] : [] }
        for (index, part) in parts.enumerated() {
            let path = try await directory.path(from: part, in: transaction).map(\.organizationId)
            guard path.contains(body.organizationId) else { throw CampaignRequest.outside(index) }
        }
        return Array(Set(parts)).sorted()
    }

    /// The organisations whose campaigns a caller sees; nil for all of them.
    private func overseen(by caller: Caller) async throws -> [OrganizationID]? {
        if caller.isOperator { return nil }
        guard let member = caller.memberID else { throw Problem.forbidden }
        try requireFreshRoles()
        let roles = try await directory.roles(of: member, at: kit.time.now, in: kit.pool)
        return Set(roles.filter { Self.superiors.contains($0.role) }.map(\.organizationId)).sorted()
    }

    /// The campaign of the address, for those who watch over its organisation.
    private func campaign(_ context: HosoRequestContext) async throws -> Campaign {
        let caller = try context.requireCaller()
        guard let id = context.parameters.get("campaignId").flatMap(CampaignID.init),
            let campaign = try await CampaignStore.read(id, in: kit.pool)
        else { throw Problem.notFound }
        try await requireOversight(of: campaign.organizationId, caller)
        return campaign
    }

    private func views(_ campaigns: some Sequence<Campaign>) async throws -> [CampaignView] {
        var views: [CampaignView] = []
        for campaign in campaigns { views.append(try await view(campaign)) }
        return views
    }

    private func view(_ campaign: Campaign) async throws -> CampaignView {
        CampaignView(
            campaign, organizationName: try await directory.organization(campaign.organizationId, in: kit.pool)?.name,
            finished: try await CampaignStore.finished(campaign.id, in: kit.pool))
    }
}

/// What the audit says of an order.
private struct CampaignRecord: Encodable {
    let purpose: OpinionPurpose
    let organizationId: OrganizationID
    let within: [OrganizationID]
    let planned: Int
}
