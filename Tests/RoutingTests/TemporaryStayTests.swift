import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import Testing

@testable import Messaging
@testable import Routing

@Suite("Temporary stays, from the admission to the return")
struct TemporaryStayTests {
    /// Directory tells of the stay that a case led to, or that it is over.
    private func know(
        _ dossier: DossierID?, _ stage: RoutingStage, until: String = "2027-05-31", sequence: Int64
    ) async throws {
        let stay = try dossier.map {
            try MemberState.Stay(
                dossierId: $0, cellId: stage.places.cellB, from: Day("2026-12-01"), until: Day(until))
        }
        try await stage.deliver(
            MemberState(
                memberId: stage.member, fullName: "Nguyễn Văn Mẫu 01",
                state: stay == nil ? .official : .temporarilyElsewhere, cellId: stage.places.cellA,
                joinedOn: try Day("2015-05-19"), recognisedOn: try Day("2016-05-19"),
                channels: .init(consent: .init(email: false, sms: false, push: false)), stay: stay),
            key: stage.member.value, sequence: sequence)
    }

    private func stayed(_ stage: RoutingStage) async throws -> DossierID {
        let dossier = try await stage.arrive(
            "temporary-transfer",
            [
                "destinationCellId": .string("\(stage.places.cellB)"), "stayReason": "work",
                "stayFrom": "2026-12-01", "stayUntil": "2027-05-31", "reason": "Biệt phái",
            ])
        #expect(try await stage.walk(dossier).stage == "awaiting-result")
        try await know(dossier, stage, sequence: 2)
        return dossier
    }

    private func rows(_ stage: RoutingStage) async throws -> [Day] {
        try await stage.pool.query("SELECT look_on FROM case_stays").map { try $0.get("look_on") }
    }

    @Test("the member is reminded and the stay ends by the calendar, each told once and audited")
    func calendar() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stayed(stage)
            let ends = StayEnds(desk: try stage.desk())
            #expect(try await rows(stage) == [Day("2027-05-01")])
            try await ends.run()
            #expect(try await stage.events(of: dossier).last == "result-requested")
            try stage.set("2027-05-01T08:00")
            try await ends.run()
            try await ends.run()
            #expect(try await stage.events(of: dossier).suffix(2) == ["result-requested", "stay-ending"])
            try stage.set("2027-06-01T00:05")
            try await ends.run()
            try await ends.run()
            #expect(try await stage.events(of: dossier).suffix(2) == ["stay-ending", "stay-ended"])
            #expect(try await stage.last(CaseStayEnded.self, of: dossier).until == Day("2027-05-31"))
            #expect(try await rows(stage).isEmpty)
            let audited = try await stage.pool.queryOne(
                "SELECT count(*) AS n FROM audit WHERE action = 'case.stay-ended' AND subject = \("\(dossier)")")
            #expect(try audited.get("n", as: Int64.self) == 1)
        }
    }

    @Test("nothing is told while the copy of the directory is old, nor of a stay that it does not know")
    func unknown() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stayed(stage)
            let ends = StayEnds(desk: try stage.desk())
            let before = try await stage.events(of: dossier)
            stage.time.set(try Day("2027-05-01").start)
            try await ends.run()
            #expect(try await rows(stage) == [Day("2027-05-01")])
            try stage.set("2027-05-01T08:00")
            try await know(nil, stage, sequence: 3)
            try await ends.run()
            #expect(try await rows(stage) == [Day("2027-05-02")])
            #expect(try await stage.events(of: dossier) == before)
        }
    }

    @Test("an extension is decided at the place of the stay and reported home: both cases are kept together")
    func extended() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stayed(stage)
            try await stage.appoint(stage.helper, .committeeSigner, at: stage.places.baseB)
            let request = try await stage.arrive(
                "temporary-stay-change", ["stayUntil": "2027-08-31", "reason": "Việc chưa xong"],
                received: stage.places.communeB)
            let cell = try stage.officer(stage.places.cellB)
            let proposed = try await stage.act(
                "propose", step: "consider", on: request, by: cell, text: "Đề nghị đồng ý")
            let agreed = try await stage.act(
                "agree", step: "decide", on: request, by: stage.helper, key: "key-of-agree")
            #expect([proposed, agreed].allSatisfy { $0.status == .ok }, "\(agreed.text)")
            let told = try await stage.last(CaseStayChanged.self, of: dossier)
            #expect(try told.previousUntil == Day("2027-05-31") && told.until == Day("2027-08-31"))
            #expect(told.requestDossierId == request && told.byMemberId == stage.helper)
            let audited = try await stage.pool.queryOne(
                "SELECT details FROM audit WHERE action = 'case.stay-changed' AND subject = \("\(dossier)")")
            #expect(try audited.get("details", as: String.self).contains("\(request)"))
            #expect(try await rows(stage) == [Day("2027-08-01")])
            let home = try stage.officer(stage.places.cellA)
            let noted = try await stage.act("note", step: "take-note", on: request, by: home)
            #expect(noted.status == .ok)
            #expect(try await stage.see(request, by: stage.member).outcome == "stay-changed")
            let again = try await stage.act(
                "agree", step: "decide", on: request, by: stage.helper, version: 1, key: "key-of-agree-2")
            #expect(again.status == .conflict)
            #expect(try await stage.events(of: dossier).filter { $0 == "stay-changed" }.count == 1)
        }
    }

    @Test("too long an extension, and one of a stay that the directory ended, are refused and change nothing")
    func refused() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stayed(stage)
            try await stage.appoint(stage.helper, .committeeSigner, at: stage.places.baseB)
            let cell = try stage.officer(stage.places.cellB)
            func asked(until day: String) async throws -> DossierID {
                let request = try await stage.arrive(
                    "temporary-stay-change", ["stayUntil": .string(day), "reason": "Việc chưa xong"],
                    received: stage.places.communeB)
                let answer = try await stage.act(
                    "propose", step: "consider", on: request, by: cell, text: "Đề nghị đồng ý")
                #expect(answer.status == .ok)
                return request
            }
            let long = try await asked(until: "2027-12-31")
            let refusal = try await stage.act("agree", step: "decide", on: long, by: stage.helper)
            #expect(refusal.status == .conflict && refusal.problem == "stay-too-long")
            let ended = try await asked(until: "2027-08-31")
            try await know(nil, stage, sequence: 3)
            let over = try await stage.act("agree", step: "decide", on: ended, by: stage.helper)
            #expect(over.status == .conflict && over.problem == "no-stay")
            #expect(try await stage.events(of: dossier).contains("stay-changed") == false)
            let turned = try await stage.act(
                "refuse", step: "decide", on: ended, by: stage.helper, text: "Đã hết thời gian")
            #expect(turned.status == .ok)
        }
    }

    @Test("a stay goes on while a request that was made in time is undecided, and ends when it is refused")
    func undecided() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stayed(stage)
            try await stage.appoint(stage.helper, .committeeSigner, at: stage.places.baseB)
            let ends = StayEnds(desk: try stage.desk())
            try stage.set("2027-05-31T08:00")
            try await ends.run()
            let request = try await stage.arrive(
                "temporary-stay-change", ["stayUntil": "2027-08-31", "reason": "Việc chưa xong"],
                received: stage.places.communeB)
            let cell = try stage.officer(stage.places.cellB)
            let proposed = try await stage.act(
                "propose", step: "consider", on: request, by: cell, text: "Đề nghị đồng ý")
            #expect(proposed.status == .ok)
            try stage.set("2027-06-02T08:00")
            try await ends.run()
            #expect(try await stage.events(of: dossier).contains("stay-ended") == false)
            let refused = try await stage.act(
                "refuse", step: "decide", on: request, by: stage.helper, text: "Không cần thiết")
            #expect(refused.status == .ok)
            try await ends.run()
            #expect(try await stage.events(of: dossier).contains("stay-ended"))
        }
    }
}
