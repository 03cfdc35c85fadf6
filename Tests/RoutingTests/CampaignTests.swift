import Contracts
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Routing
@testable import RoutingDomain

@Suite("Campaigns: one order, many cases")
struct CampaignTests {
    /// Those of the stage itself who belong to cell A1: the officers, the member and the helper.
    static let staged = 10

    private func run(_ stage: RoutingStage) async throws { try await CampaignWork(desk: stage.desk()).run() }

    private func history(of dossier: DossierID, _ stage: RoutingStage) async throws -> [JSONValue] {
        try await stage.pool.query(
            "SELECT data FROM case_history WHERE dossier_id = \(dossier) ORDER BY version"
        ).map { try ContractsJSON.decode(from: $0.get("data", as: PostgresJSON.self).bytes) }
    }

    @Test("everybody at and below the organisation gets a case, but for those who are exempt, and these are told why")
    func concerned() async throws {
        try await RoutingStage.run { stage in
            let (cellB, baseCellB) = (stage.places.cellB, stage.places.baseCellB)
            let worker = try await stage.employ(at: stage.places.cellA, residence: cellB)
            let moved = try await stage.employ(
                at: stage.places.cellA, residence: cellB,
                links: [
                    .init(
                        cellId: baseCellB, state: .ended, acceptedOn: try Day("2020-01-06"),
                        endedOn: try Day("2026-05-31")),
                    .init(cellId: cellB, state: .accepted, acceptedOn: try Day("2026-06-01")),
                ])
            let homeless = try await stage.employ(at: stage.places.cellA, residence: nil)
            try await stage.employ(at: stage.places.cellA, residence: cellB, exemptFromActivity: true)
            try await stage.employ(at: stage.places.cellA, residence: cellB, exemptFromIntroduction: true)
            try await stage.employ(at: stage.places.cellA, residence: cellB, state: .suspended)
            try await stage.employ(at: stage.places.cellA, residence: stage.places.cellA)
            try await stage.employ(at: stage.places.cellA, residence: cellB, state: .deceased)
            try await stage.employ(at: cellB, residence: stage.places.cellA)

            let officer = try stage.officer(stage.places.communeA)
            let answer = try await stage.order(by: officer, at: stage.places.communeA)
            #expect(answer.status == .accepted)
            let ordered: SeenCampaign = try answer.json()
            #expect(ordered.planned == Self.staged + 7 && ordered.created == 0 && ordered.state == "running")
            try await run(stage)
            let seen = try await stage.see(ordered.id, by: officer)
            #expect(seen.campaign.state == "created" && seen.campaign.created == Self.staged + 3)
            #expect(seen.campaign.exempt == 4 && seen.campaign.failed == 0 && seen.failedBy.isEmpty)
            #expect(
                seen.exemptBy.map(\.reason)
                    == ["exempt-from-introduction", "exempt-from-residence-activity", "membership-state", "own-cell"])

            func form(_ member: MemberID) async throws -> JSONValue {
                let row = try await stage.pool.queryOne(
                    "SELECT document -> 'form' AS form FROM cases WHERE member_id = \(member)")
                return try ContractsJSON.decode(from: row.get("form", as: PostgresJSON.self).bytes)
            }
            #expect(try await form(worker)["residenceCellIds"] == .array([.string("\(cellB)")]))
            let both = JSONValue.array([.string("\(cellB)"), .string("\(baseCellB)")])
            #expect(try await form(moved)["residenceCellIds"] == both, "who moved within the year is asked about twice")
            // Nobody accepted anywhere: an exception for the committee.
            let row = try await stage.pool.queryOne(
                "SELECT dossier_id, step, organization_id FROM case_turns WHERE member_id = \(homeless)")
            #expect(try row.get("step", as: String.self) == "readdress")
            #expect(try row.get("organization_id", as: OrganizationID.self) == stage.places.baseA)
            #expect(
                try await stage.last(CaseUnroutable.self, of: row.get("dossier_id")).reason == "destination-missing")
        }
    }

    @Test("a case of a campaign is the case that a submitted dossier would have been given, and runs to its end")
    func alike() async throws {
        try await RoutingStage.run { stage in
            try await stage.appoint(stage.officer(stage.places.baseB), .committeeSigner, at: stage.places.baseB)
            let worker = try await stage.employ(at: stage.places.cellA, residence: stage.places.cellB)
            let officer = try stage.officer(stage.places.communeA)
            let ordered: SeenCampaign = try await stage.order(by: officer, at: stage.places.communeA).json()
            try await run(stage)
            let id: DossierID = try await stage.pool.queryOne(
                "SELECT dossier_id FROM cases WHERE member_id = \(worker)"
            ).get("dossier_id")
            let made = try #require(try await CaseStore.read(id, in: stage.pool))
            #expect(made.code.organization.text == "A35.12" && made.code.number >= OpinionCampaign.firstNumber)

            let dossier = DossierSubmitted(
                dossierId: stage.ids.next(at: stage.time.now), code: made.code, procedure: .residenceOpinion,
                procedureVersion: made.procedureVersion, applicantMemberId: worker, enteredByMemberId: officer,
                receivingOrganizationId: stage.places.baseA, receivedAt: stage.time.now,
                acknowledgedAt: stage.time.now,
                deadline: Deadline(at: stage.time.now, calendarVersion: "test", provisional: false), form: made.form,
                attachments: [])
            try await stage.deliver(dossier, key: dossier.dossierId.value)
            let given = try #require(try await CaseStore.read(dossier.dossierId, in: stage.pool))
            #expect(made.turn == given.turn && made.ahead == given.ahead && made.version == given.version)
            #expect(made.concerned == given.concerned && made.cellIds == given.cellIds && made.stage == given.stage)
            #expect(try await stage.events(of: id) == stage.events(of: dossier.dossierId))
            let opened = try await stage.last(CaseOpened.self, of: id)
            #expect(opened.campaignId == ordered.id)
            #expect(try await stage.last(CaseOpened.self, of: dossier.dossierId).campaignId == nil)
            #expect(try await history(of: id, stage).count == history(of: dossier.dossierId, stage).count)
            let places: SQL = "SELECT organization_id, distance, due_at, step FROM case_places WHERE dossier_id"
            let difference = try await stage.pool.query("(\(places) = \(id)) EXCEPT (\(places) = \(dossier.dossierId))")
            #expect(difference.isEmpty)
            #expect(try await stage.number("SELECT count(*) AS n FROM case_places WHERE dossier_id = \(id)") == 3)

            let grades = ["obligations": "good", "conduct": "good", "contact": "fair", "family": "good"]
            for (action, step, place, text, fields) in [
                ("approve", "ask", stage.places.baseA, nil, [:]), ("approve", "receive", stage.places.baseB, nil, [:]),
                ("record", "record-opinion", stage.places.cellB, "Gương mẫu", grades),
                ("confirm", "confirm", stage.places.baseB, nil, [:]),
            ] as [(String, String, OrganizationID, String?, [String: String])] {
                let answer = try await stage.act(
                    action, step: step, on: id, by: stage.officer(place), text: text, fields: fields)
                #expect(answer.status == .ok, "\(step): \(answer.text)")
            }
            try await stage.issue(stage.last(CaseResultRequested.self, of: id))
            #expect(try await stage.see(id, by: worker).stage == "completed")
            #expect(try await stage.see(ordered.id, by: officer).campaign.finished == 1)
        }
    }

    @Test("killed in the middle of a set and between sets: no case is made twice and none left out")
    func killed() async throws {
        try await RoutingStage.run { stage in
            try await stage.employ(1_100, at: stage.places.baseCellB, residence: stage.places.cellA)
            let officer = try stage.officer(stage.places.communeB)
            let ordered: SeenCampaign = try await stage.order(by: officer, at: stage.places.communeB).json()
            let campaign = try #require(try await CampaignStore.read(ordered.id, in: stage.pool))
            let work = CampaignWork(desk: try stage.desk())
            #expect(try await work.step(campaign) == Int32(CampaignWork.page))

            // The second set has written everything and waits for the counters when its process dies.
            try await stage.pool.transaction { transaction in
                try await transaction.execute("SELECT 1 FROM campaigns WHERE id = \(ordered.id) FOR UPDATE")
                let dying = Task { try await work.step(campaign, after: Int32(CampaignWork.page)) }
                var victims: Int64 = 0
                while victims == 0 {
                    victims = try await stage.number(
                        """
                        SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity
                        WHERE wait_event_type = 'Lock' AND query LIKE '%UPDATE campaigns%' AND pid <> pg_backend_pid()
                        """)
                    if victims > 0 { dying.cancel() }
                    await Task.yield()
                }
                await #expect(throws: (any Error).self) { _ = try await dying.value }
            }
            #expect(try await stage.count("cases") == Int64(CampaignWork.page))
            #expect(
                try await stage.number("SELECT count(*) AS n FROM outbox WHERE type = 'hoso.case.opened.v1'") == 500)
            #expect(try await stage.see(ordered.id, by: officer).campaign.created == CampaignWork.page)

            // Two processes go on with it.
            async let first: Void = run(stage)
            async let second: Void = run(stage)
            _ = try await (first, second)
            let seen = try await stage.see(ordered.id, by: officer).campaign
            #expect(seen.state == "created" && seen.created == 1_100 && seen.planned == 1_100)
            for query: SQL in [
                "SELECT count(*) AS n FROM cases", "SELECT count(DISTINCT member_id) AS n FROM cases",
                "SELECT count(DISTINCT code) AS n FROM cases", "SELECT count(*) AS n FROM case_turns",
                "SELECT count(*) AS n FROM outbox WHERE type = 'hoso.case.step-entered.v1'",
                "SELECT count(*) AS n FROM case_history WHERE version = 1",
                "SELECT count(DISTINCT dossier_id) AS n FROM case_places",
                "SELECT count(*) AS n FROM campaign_members p JOIN cases c USING (dossier_id, member_id)",
                "SELECT drawn::bigint AS n FROM campaign_numbers",
            ] {
                #expect(try await stage.number(query) == 1_100, "\(query.text)")
            }
        }
    }

    @Test("nobody is asked about twice in a year, however often and by whom campaigns are ordered")
    func once() async throws {
        try await RoutingStage.run { stage in
            try await stage.employ(3, at: stage.places.baseCellB, residence: stage.places.cellA)
            let officer = try stage.officer(stage.places.communeB)
            let first = try await stage.order(by: officer, at: stage.places.communeB, key: "one-key-for-one-order")
            let again = try await stage.order(by: officer, at: stage.places.communeB, key: "one-key-for-one-order")
            #expect(first.status == .accepted && first.body == again.body)
            let province = try stage.officer(stage.places.province)
            let second: SeenCampaign = try await stage.order(
                by: province, at: stage.places.province, within: [stage.places.communeB]
            ).json()
            #expect(second.planned == 3 && second.exempt == 3)
            try await run(stage)
            #expect(try await stage.count("cases") == 3)
            let seen = try await stage.see(second.id, by: province)
            #expect(seen.campaign.state == "created" && seen.campaign.created == 0)
            #expect(seen.exemptBy == [.init(reason: "asked-already", members: 3)])
        }
    }

    @Test("a list for another purpose: those who are named, exempt from activity or not, and as often as it is asked")
    func list() async throws {
        try await RoutingStage.run { stage in
            let (cellA, cellB) = (stage.places.cellA, stage.places.cellB)
            let plain = try await stage.employ(at: cellA, residence: cellB)
            let exempt = try await stage.employ(at: cellA, residence: cellB, exemptFromActivity: true)
            let hidden = try await stage.employ(at: cellA, residence: cellB, exemptFromIntroduction: true)
            let over = try await stage.employ(at: cellA, residence: cellB, state: .deceased)
            try await stage.employ(at: cellA, residence: cellB)
            let officer = try stage.officer(stage.places.baseA)
            let named = [plain, exempt, hidden, over, plain]
            for round in 1...2 {
                let ordered: SeenCampaign = try await stage.order(
                    by: officer, at: stage.places.baseA, members: named, purpose: "discipline"
                ).json()
                #expect(ordered.planned == 4)
                try await run(stage)
                let seen = try await stage.see(ordered.id, by: officer)
                #expect(seen.campaign.state == "created" && seen.campaign.created == 2)
                #expect(seen.exemptBy.map(\.reason) == ["exempt-from-introduction", "membership-state"])
                #expect(try await stage.count("cases") == Int64(2 * round))
            }
            let purposes = try await stage.pool.queryOne(
                "SELECT array_agg(DISTINCT document -> 'form' ->> 'purpose') AS all FROM cases")
            #expect(try purposes.get("all", as: [String].self) == ["discipline"])
            // It does not stand in for the annual opinion.
            let annual: SeenCampaign = try await stage.order(by: officer, at: stage.places.baseA, members: [plain])
                .json()
            try await run(stage)
            #expect(try await stage.see(annual.id, by: officer).campaign.created == 1)
            let again: SeenCampaign = try await stage.order(by: officer, at: stage.places.baseA, members: [plain])
                .json()
            #expect(again.planned == 1 && again.exempt == 1)
        }
    }

    @Test("a member or a cell that the directory does not know fails alone, with its reason")
    func failing() async throws {
        try await RoutingStage.run { stage in
            try await stage.employ(2, at: stage.places.baseCellB, residence: stage.places.cellA)
            try await stage.employ(at: stage.places.baseCellB, residence: stage.ids.next(at: stage.time.now))
            let gone = try await stage.employ(at: stage.places.baseCellB, residence: stage.places.cellA)
            let officer = try stage.officer(stage.places.communeB)
            let ordered: SeenCampaign = try await stage.order(by: officer, at: stage.places.communeB).json()
            try await stage.pool.execute("DELETE FROM directory_members WHERE id = \(gone)")
            try await run(stage)
            let seen = try await stage.see(ordered.id, by: officer)
            #expect(seen.campaign.created == 2 && seen.campaign.failed == 2 && seen.campaign.state == "created")
            #expect(
                seen.failedBy == [
                    .init(reason: "member-unknown", members: 1), .init(reason: "organization-unknown", members: 1),
                ])
            let token = try await stage.service.token(member: officer)
            let list = try await stage.service.call(
                .get, "/v1/campaigns/\(ordered.id)/members?state=failed", token: token)
            #expect(list.text.contains("\(gone)"))
            let all = try await stage.service.call(.get, "/v1/campaigns", token: token)
            #expect(all.text.contains("\(ordered.id)"))
            let neighbour = try await stage.service.token(member: stage.officer(stage.places.communeA))
            for path in ["/v1/campaigns/\(ordered.id)", "/v1/campaigns/\(ordered.id)/members?state=failed"] {
                #expect(try await stage.service.call(.get, path, token: neighbour).status == .forbidden, "\(path)")
            }
            #expect(
                try await !stage.service.call(.get, "/v1/campaigns", token: neighbour).text.contains("\(ordered.id)"))
        }
    }

    @Test("an order that cannot be followed names the field and the rule, and plans nobody")
    func refused() async throws {
        try await RoutingStage.run(settings: ["routing.campaign.most": "3"]) { stage in
            let communeA = stage.places.communeA
            let officer = try stage.officer(communeA)
            func faults(
                within: [OrganizationID]? = nil, members: [MemberID]? = nil, purpose: String = "annual",
                finishBy: String? = nil
            ) async throws -> [String: String] {
                let answer = try await stage.order(
                    by: officer, at: communeA, within: within, members: members, purpose: purpose, finishBy: finishBy)
                #expect(answer.status == .unprocessableContent)
                return answer.faults
            }
            #expect(try await faults(purpose: "curiosity") == ["purpose": "campaign.purpose"])
            #expect(try await faults(purpose: "cadre") == ["memberIds": "campaign.members"])
            #expect(try await faults(members: []) == ["memberIds": "campaign.members.count"])
            let crowd = Array(repeating: officer, count: OpinionCampaign.mostNamed + 1)
            #expect(try await faults(members: crowd) == ["memberIds": "campaign.members.count"])
            #expect(
                try await faults(within: [stage.places.baseA], members: [officer]) == ["within": "campaign.lists"])
            let foreign = try await stage.employ(at: stage.places.baseCellB, residence: stage.places.cellA)
            let near = try await stage.employ(at: stage.places.cellA, residence: stage.places.cellB)
            #expect(try await faults(members: [near, foreign]) == ["memberIds[1]": "campaign.member-outside"])
            let unknown: MemberID = stage.ids.next(at: stage.time.now)
            #expect(try await faults(members: [unknown]) == ["memberIds[0]": "campaign.member-outside"])
            let army: OrganizationID = stage.ids.next(at: stage.time.now)
            try await stage.deliver(
                OrganizationState(
                    organizationId: army, code: try OrganizationCode("A35.90"), name: "Đảng bộ Quân sự Mẫu",
                    type: .external, parentId: communeA, status: .active, residential: false, duesRegion: .two,
                    hasSeal: false, bankAccounts: []), key: army.value)
            let soldier = try await stage.employ(at: army, residence: stage.places.cellA)
            #expect(try await faults(members: [soldier]) == ["memberIds[0]": "campaign.member-outside"])
            // Nobody asks the army for an opinion on its own.
            let outside = try await stage.order(by: officer, at: communeA, within: [army])
            #expect(outside.faults == ["organizationId": "campaign.nobody"])
            try await stage.pool.execute(
                "DELETE FROM directory_members WHERE id = ANY (\([foreign, near, soldier]))")
            #expect(try await faults(finishBy: "2026-11-19") == ["finishBy": "campaign.finish-by"])
            #expect(try await faults(finishBy: "2027-01-01") == ["finishBy": "campaign.finish-by"])
            #expect(try await faults(finishBy: "tomorrow").keys.sorted() == ["finishBy"])
            #expect(try await faults(within: []) == ["within": "campaign.parts"])
            #expect(
                try await faults(within: [stage.places.baseA, stage.places.baseB])
                    == ["within[1]": "campaign.outside"])
            let empty = try await stage.order(
                by: stage.officer(stage.places.communeB), at: stage.places.communeB, within: [stage.places.cellB])
            #expect(empty.faults == ["organizationId": "campaign.nobody"])
            // A role at one organisation says nothing about its neighbours, nor about those below it.
            for organization in [stage.places.communeB, stage.places.baseA] {
                let foreign = try await stage.order(by: officer, at: organization)
                #expect(foreign.status == .forbidden && foreign.problem == "no-role-here")
            }
            try await stage.employ(4, at: stage.places.cellB, residence: stage.places.cellA)
            let many = try await stage.order(by: stage.officer(stage.places.communeB), at: stage.places.communeB)
            #expect(many.status == .unprocessableContent && many.faults == ["within": "campaign.size"])
            #expect(try await stage.count("campaigns") == 0)
            #expect(try await stage.count("campaign_members") == 0)
        }
    }

    @Test("while the copy of the directory is filled again no case is made, and none is given up")
    func stale() async throws {
        try await RoutingStage.run { stage in
            try await stage.employ(3, at: stage.places.baseCellB, residence: stage.places.cellA)
            let officer = try stage.officer(stage.places.communeB)
            #expect(try await stage.order(by: officer, at: stage.places.communeB).status == .accepted)
            stage.time.advance(by: 61)
            try await run(stage)
            #expect(try await stage.count("cases") == 0)
            stage.service.kit.projectionAges.note("routing.directory", levelAt: stage.time.now)
            try await run(stage)
            #expect(try await stage.count("cases") == 3)
        }
    }

    @Test(
        "100,000 cases beside one statement that inserts the same rows",
        .enabled(
            if: ProcessInfo.processInfo.environment["HOSO_TEST_LONG"] != nil, "only with Infra/test --long"))
    func figures() async throws {
        let count = ProcessInfo.processInfo.environment["HOSO_TEST_ROWS"].flatMap(Int.init) ?? OpinionCampaign.most
        try await RoutingStage.run { stage in
            try await stage.employ(count, at: stage.places.baseCellB, residence: stage.places.cellA)
            let officer = try stage.officer(stage.places.communeB)
            let clock = ContinuousClock()
            let campaign = try await clock.measure {
                #expect(try await stage.order(by: officer, at: stage.places.communeB).status == .accepted)
                try await run(stage)
            }
            #expect(try await stage.count("cases") == Int64(count))
            let plain = try await CampaignBaseline(stage: stage).measure()
            let ratio = campaign / plain
            print("campaign of \(count) cases: \(campaign), one statement: \(plain), \(ratio) times")
            #expect(try await stage.count("cases") == Int64(count))
        }
    }
}
