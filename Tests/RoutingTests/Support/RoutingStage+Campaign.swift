import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit

@testable import Messaging
@testable import Routing

/// A campaign as the interface tells it.
struct SeenCampaign: Decodable, Equatable {
    let id: CampaignID
    let state: String
    let planned: Int
    let created: Int
    let finished: Int
    let exempt: Int
    let failed: Int
}

struct SeenCampaignDetail: Decodable {
    struct Reason: Decodable, Equatable {
        let reason: String
        let members: Int
    }
    let campaign: SeenCampaign
    let exemptBy: [Reason]
    let failedBy: [Reason]
}

extension RoutingStage {
    /// An officer orders a campaign.
    func order(
        by officer: MemberID, at organization: OrganizationID, within: [OrganizationID]? = nil,
        members: [MemberID]? = nil, purpose: String = "annual", finishBy: String? = nil, key: String? = nil
    ) async throws -> TestAnswer {
        var body: [String: JSONValue] = ["purpose": .string(purpose), "organizationId": .string("\(organization)")]
        if let within { body["within"] = .array(within.map { .string("\($0)") }) }
        if let members { body["memberIds"] = .array(members.map { .string("\($0)") }) }
        if let finishBy { body["finishBy"] = .string(finishBy) }
        return try await service.call(
            .post, "/v1/campaigns", token: service.token(member: officer), key: key ?? "key-\(ids.next(at: time.now))",
            json: String(decoding: ContractsJSON.encode(JSONValue.object(body)), as: UTF8.self))
    }

    /// How far a campaign has come.
    func see(_ campaign: CampaignID, by officer: MemberID) async throws -> SeenCampaignDetail {
        try await service.call(.get, "/v1/campaigns/\(campaign)", token: service.token(member: officer)).json()
    }

    /// Directory tells of a member with a place of residence.
    @discardableResult
    func employ(
        at cell: OrganizationID, residence: OrganizationID?, state: MembershipState = .official,
        links: [MemberState.ResidenceLink]? = nil, exemptFromActivity: Bool? = nil, exemptFromIntroduction: Bool? = nil
    ) async throws -> MemberID {
        let id: MemberID = ids.next(at: time.now)
        try await deliver(
            MemberState(
                memberId: id, fullName: "Đảng viên Mẫu \(id)", state: state, cellId: cell, residenceCellId: residence,
                joinedOn: try Day("2015-05-19"),
                channels: .init(consent: .init(email: false, sms: false, push: false)),
                exemptFromResidenceActivity: exemptFromActivity, exemptFromIntroduction: exemptFromIntroduction,
                residenceLinks: links),
            key: id.value)
        return id
    }

    /// Many members of a cell who all live at another one, written straight into the copy of the directory.
    func employ(_ count: Int, at cell: OrganizationID, residence: OrganizationID) async throws {
        try await pool.execute(
            """
            INSERT INTO directory_members (id, version, cell_id, state)
            SELECT id, 1, \(cell), jsonb_build_object(
                'memberId', id, 'fullName', 'Đảng viên Mẫu ' || i, 'state', 'official', 'cellId', \(cell)::uuid,
                'residenceCellId', \(residence)::uuid, 'joinedOn', '2015-05-19',
                'channels', '{"consent": {"email": false, "sms": false, "push": false}}'::jsonb)
            FROM generate_series(1, \(count)) AS i
            CROSS JOIN LATERAL (
                SELECT ('019a9ef5-' || substr(\(cell)::uuid::text, 10, 4) || '-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid
                    AS id) m
            """)
    }

    func number(_ query: SQL) async throws -> Int64 { try await pool.queryOne(query).get("n") }
}
