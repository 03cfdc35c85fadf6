import Contracts
import Foundation
import HTTPTypes
import Messaging
import Postgres
import Projections
import ServiceKit
import ServiceTestKit
import Testing

@testable import Routing
@testable import RoutingDomain

@Suite("Work lists of officers and superiors")
struct WorkListTests {
    struct Seen: Decodable {
        struct Item: Decodable {
            let dossierId: DossierID
            let step: String
            let due: Date
            let overdue: Bool
            let remainingMinutes: Int
            let waiting: Bool
            let memberId: MemberID?
            let memberName: String?
        }
        let items: [Item]
        let next: String?
    }

    struct Counts: Decodable {
        struct Count: Decodable {
            let count: Int
            let more: Bool
        }
        let all: Count
        let overdue: Count
        let waiting: Count
    }

    func list(_ stage: RoutingStage, of organization: OrganizationID, _ query: String = "") async throws -> Seen {
        try await ask(stage, stage.officer(organization), "/v1/work-list\(query)").json()
    }

    func counts(_ stage: RoutingStage, of organization: OrganizationID, _ query: String = "") async throws -> Counts {
        try await ask(stage, stage.officer(organization), "/v1/work-list/counts\(query)").json()
    }

    func ask(_ stage: RoutingStage, _ member: MemberID, _ uri: String) async throws -> TestAnswer {
        try await stage.service.call(.get, uri, token: stage.service.token(member: member))
    }

    /// The case waits for the applicant, as the rules let it.
    func stop(_ dossier: DossierID, _ stage: RoutingStage) async throws {
        try await change(dossier, stage) { (draft, turn) throws(Refusal) in try draft.stopClock(of: turn) }
    }

    func resume(_ dossier: DossierID, _ stage: RoutingStage) async throws {
        try await change(dossier, stage) { (draft, turn) throws(Refusal) in try draft.resumeClock(of: turn) }
    }

    private func change(
        _ dossier: DossierID, _ stage: RoutingStage,
        _ rule: @Sendable (inout Draft, RunningCase.Turn) throws(Refusal) -> Void
    ) async throws {
        let desk = try stage.desk()
        try await stage.pool.transaction { transaction in
            let locked = try await CaseStore.lock(dossier, in: transaction)
            let before = try #require(locked?.running)
            let around = try await desk.cases.circumstances(of: before, now: stage.time.now, in: transaction)
            var draft = Draft(before, in: around)
            try rule(&draft, #require(before.turn))
            try desk.cases.keep(
                draft.change, of: before, around, actor: "test", in: transaction,
                publisher: CommandPublisher(
                    outbox: stage.service.kit.outbox, context: stage.service.kit.eventContext(),
                    transaction: transaction))
        }
    }

    @Test("mine, my organisation's and my subtree's turns are three lists")
    func lists() async throws {
        try await RoutingStage.run { stage in
            let atCell = try await stage.submitted()
            let atBase = try await stage.submitted()
            try await stage.walk(atBase, until: stage.places.baseA)
            func ids(_ organization: OrganizationID, _ list: String) async throws -> Set<DossierID> {
                Set(try await self.list(stage, of: organization, "?list=\(list)").items.map(\.dossierId))
            }
            #expect(try await ids(stage.places.cellA, "mine") == [atCell])
            #expect(try await ids(stage.places.baseA, "mine") == [atBase])
            #expect(try await ids(stage.places.baseA, "organization") == [atBase])
            #expect(try await ids(stage.places.communeA, "mine") == [])
            #expect(try await ids(stage.places.communeA, "organization") == [])
            for above in [stage.places.baseA, stage.places.communeA, stage.places.province] {
                #expect(try await ids(above, "subtree") == [atCell, atBase])
            }
            #expect(try await ids(stage.places.communeB, "subtree") == [])
            // A secretary of a cell watches over nobody.
            #expect(try await ids(stage.places.cellA, "subtree") == [])
            let narrowed = try await list(
                stage, of: stage.places.province, "?list=subtree&organizationId=\(stage.places.baseA)")
            #expect(Set(narrowed.items.map(\.dossierId)) == [atCell, atBase])
            let foreign = try await list(
                stage, of: stage.places.communeB, "?list=subtree&organizationId=\(stage.places.baseA)")
            #expect(foreign.items.isEmpty)
        }
    }

    @Test("a superior's list names no member; whose turn it is learns who it is about")
    func names() async throws {
        try await RoutingStage.run { stage in
            _ = try await stage.submitted()
            let own = try await list(stage, of: stage.places.cellA).items.first
            #expect(own?.memberId == stage.member && own?.memberName == "Nguyễn Văn Mẫu 01")
            let above = try await list(stage, of: stage.places.province, "?list=subtree").items.first
            #expect(above != nil && above?.memberId == nil && above?.memberName == nil)
        }
    }

    @Test("filters: procedure, step, overdue, the beginning of the code; what is no filter is refused")
    func filters() async throws {
        try await RoutingStage.run { stage in
            let atCell = try await stage.submitted()
            let atBase = try await stage.submitted()
            try await stage.walk(atBase, until: stage.places.baseA)
            func ids(_ query: String) async throws -> [DossierID] {
                try await list(stage, of: stage.places.province, "?list=subtree&\(query)").items.map(\.dossierId)
            }
            #expect(try await ids("procedure=official-transfer").count == 2)
            #expect(try await ids("procedure=dues").isEmpty)
            #expect(try await ids("procedure=official-transfer&step=introduce") == [atCell])
            #expect(try await ids("code=a35.11-261120").count == 2)
            #expect(try await ids("code=A35.12-").isEmpty)
            #expect(try await ids("overdue=true").isEmpty)
            #expect(try await ids("overdue=false").count == 2)
            try stage.set("2026-11-26T08:00")
            #expect(try await ids("overdue=true") == [atBase])
            #expect(try await ids("overdue=false") == [atCell])
            let officer = try stage.officer(stage.places.province)
            for bad in ["list=all", "step=introduce", "code=A3", "code=A35%25..", "overdue=2", "procedure=?"] {
                let answer = try await ask(stage, officer, "/v1/work-list?\(bad)")
                #expect(answer.status == .badRequest, "\(bad)")
                #expect(answer.faults.values.contains("parameter.form"), "\(bad)")
            }
        }
    }

    @Test("what waits for the applicant is not late, keeps what is left of its time, and has a list of its own")
    func waiting() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            try await stage.walk(dossier, until: stage.places.baseA)
            try stage.set("2026-11-23T09:00")
            #expect(try await list(stage, of: stage.places.baseA).items.map(\.remainingMinutes) == [15 * 60])
            try await stop(dossier, stage)
            try stage.set("2026-12-10T09:00")
            let item = try #require(try await list(stage, of: stage.places.baseA, "?waiting=true").items.first)
            #expect(item.waiting && !item.overdue && item.remainingMinutes == 15 * 60)
            #expect(try await list(stage, of: stage.places.baseA, "?overdue=true").items.isEmpty)
            #expect(try await list(stage, of: stage.places.province, "?list=subtree&waiting=true").items.count == 1)
            try await DeadlineAlerts(desk: stage.desk()).run()
            #expect(try await stage.events(of: dossier).contains("deadline-alert") == false)
            try await resume(dossier, stage)
            #expect(try await stage.events(of: dossier).last == "deadline-moved")
            let going = try #require(try await list(stage, of: stage.places.baseA).items.first)
            // A limit in days ends at closing time.
            #expect(!going.waiting && going.due == RFC3339.moment(of: "2026-12-11T17:00:00+07:00"))
            #expect(try await list(stage, of: stage.places.province, "?list=subtree&waiting=true").items.isEmpty)
        }
    }

    @Test("the most urgent comes first, in pages, each turn once, in every list")
    func pages() async throws {
        try await RoutingStage.run { stage in
            var expected: Set<DossierID> = []
            for number in 0..<7 {
                let dossier = try await stage.submitted()
                if number.isMultiple(of: 2) { try await stage.walk(dossier, until: stage.places.baseA) }
                expected.insert(dossier)
            }
            for (place, list, count) in [
                (stage.places.cellA, "mine", 3), (stage.places.baseA, "organization", 4),
                (stage.places.province, "subtree", 7),
            ] {
                var seen: [Seen.Item] = []
                var query = "?list=\(list)&limit=2"
                while true {
                    let page = try await self.list(stage, of: place, query)
                    seen += page.items
                    guard let next = page.next else { break }
                    query = "?list=\(list)&limit=2&after=\(next)"
                }
                #expect(seen.count == count && Set(seen.map(\.dossierId)).isSubset(of: expected))
                #expect(Set(seen.map(\.dossierId)).count == count)
                #expect(seen.map(\.due) == seen.map(\.due).sorted())
            }
        }
    }

    @Test("counts tell all, overdue and waiting turns of a list")
    func count() async throws {
        try await RoutingStage.run { stage in
            let dossiers = [try await stage.submitted(), try await stage.submitted(), try await stage.submitted()]
            for dossier in dossiers.dropFirst() { try await stage.walk(dossier, until: stage.places.baseA) }
            try await stop(dossiers[1], stage)
            try stage.set("2026-11-26T08:00")
            let above = try await counts(stage, of: stage.places.communeA, "?list=subtree")
            #expect(above.all.count == 3 && above.overdue.count == 1 && above.waiting.count == 1 && !above.all.more)
            #expect(try await counts(stage, of: stage.places.baseA).all.count == 2)
            #expect(try await counts(stage, of: stage.places.communeB, "?list=subtree").all.count == 0)
        }
    }

    @Test("an organisation that hangs elsewhere takes its open turns to the lists of its new superiors")
    func moved() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let base = try #require(
                try await stage.desk().directory.organization(stage.places.baseA, in: stage.pool))
            try await stage.deliver(
                OrganizationState(
                    organizationId: base.organizationId, code: base.code, name: base.name, type: base.type,
                    parentId: stage.places.communeB, status: .active, residential: true, duesRegion: .two,
                    hasSeal: true, bankAccounts: []),
                key: base.organizationId.value, sequence: 2)
            #expect(try await list(stage, of: stage.places.communeA, "?list=subtree").items.count == 1)
            try await PlaceUpkeep(kit: stage.service.kit).run()
            #expect(try await list(stage, of: stage.places.communeA, "?list=subtree").items.isEmpty)
            let there = try await list(stage, of: stage.places.communeB, "?list=subtree").items
            #expect(there.map(\.dossierId) == [dossier])
            #expect(try await stage.count("moved_organizations") == 0)
        }
    }

    @Test("a case that is over stands in no list")
    func over() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            #expect(try await stage.count("case_places") == 4)
            try await stage.walk(dossier)
            #expect(try await stage.count("case_places") == 0)
        }
    }
}
