import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Dues

/// What follows in the dues when the directory tells something else of a member.
@Suite("Members who change")
struct ChangedMemberTests {
    /// Region I, where `cell` stands, and region IV of `otherCell`: 0.3% of the minimum wage.
    private static let (inRegionOne, inRegionFour) = (Int64(15_930), Int64(11_100))

    @Test("months in transit wait and are assessed at the admission; the month of the letter stays with the old cell")
    func transit() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.assess("2026-11")
            try await scene.member(state: .inTransit, id: member, inTransitSince: "2026-11-25")
            try scene.set("2026-12-10T08:00")
            try await scene.assess("2026-12")
            try await scene.assess("2027-01")
            try await scene.parts.changedMembers.drain()
            #expect(try await scene.cells(of: member) == ["2026-11": scene.cell])
            #expect(try await scene.heldMonths(of: member) == ["2026-12", "2027-01"])
            #expect(try await scene.standing(of: member) == Self.inRegionOne, "months in transit are no arrears")

            try scene.set("2027-01-08T08:00")
            try await scene.member(cell: scene.otherCell, id: member)
            try await scene.parts.changedMembers.drain()
            #expect(
                try await scene.cells(of: member)
                    == ["2026-11": scene.cell, "2026-12": scene.otherCell, "2027-01": scene.otherCell])
            #expect(
                try await scene.amounts(of: member)
                    == [
                        "2026-11": Self.inRegionOne, "2026-12": Self.inRegionFour, "2027-01": Self.inRegionFour,
                    ])
            #expect(try await scene.heldMonths(of: member) == [])
            #expect(try await scene.standing(of: member) == Self.inRegionOne + 2 * Self.inRegionFour)
            #expect(try await scene.changesWaiting() == 0)
            try await scene.expectBooksToAgree()
        }
    }

    @Test(
        "the month of the letter belongs to the old cell also when it is assessed later",
        arguments: [MembershipState.inTransit, .official])
    func letterMonth(state: MembershipState) async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.member(state: .inTransit, id: member, inTransitSince: "2026-11-10")
            if state == .official { try await scene.member(cell: scene.otherCell, id: member) }
            try await scene.assess("2026-11")
            #expect(try await scene.cells(of: member) == ["2026-11": scene.cell])
            #expect(try await scene.amounts(of: member) == ["2026-11": Self.inRegionOne])
            #expect(try await scene.heldMonths(of: member) == [])
        }
    }

    @Test("money paid ahead waits with the months in transit, and pays them at the admission")
    func paidAhead() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.assess("2026-11")
            _ = try await scene.pay(try await scene.order(member, ["2026-12"]))
            try await scene.member(state: .inTransit, id: member, inTransitSince: "2026-11-25")
            try await scene.assess("2026-12")
            #expect(try await scene.count("SELECT count(*) FROM exceptions") == 0)
            try await scene.member(cell: scene.otherCell, id: member)
            try await scene.parts.changedMembers.drain()
            #expect(try await scene.count("SELECT paid FROM assessments WHERE month = '2026-12'") == 11_100)
            #expect(
                try await scene.count("SELECT amount FROM exceptions WHERE kind = 'advance-surplus'") == 15_930 - 11_100
            )
            try await scene.expectBooksToAgree()
        }
    }

    @Test("a month that is assessed stays with its cell, at that cell's minimum wage; who decides elsewhere leaves it")
    func assessedBefore() async throws {
        try await DuesScene.run { scene in
            let (member, secretary) = (try await scene.member(nil), try await scene.member(cell: scene.otherCell))
            try await scene.role(.cellSecretary, of: secretary, at: scene.otherCell)
            try await scene.assess("2026-10")
            try await scene.member(cell: scene.otherCell, id: member)
            try await scene.parts.changedMembers.drain()
            #expect(try await scene.cells(of: member) == ["2026-10": scene.cell])
            #expect(try await scene.amounts(of: member) == ["2026-10": Self.inRegionOne])
            let relief = #"""
                {"ground": "serious-illness", "reductionPercent": 100, "from": "2026-10", "decisionNumber": "8",
                "decidedOn": "2026-11-19"}
                """#
            let answer = try await scene.decide("reliefs", relief, about: member, by: secretary)
            #expect(answer.status == .conflict && answer.problem == "decision-months-elsewhere", "\(answer.text)")
        }
    }

    @Test("nobody is looked at while the copy of the directory is behind")
    func behind() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.assess("2026-11")
            try await scene.member(.student, id: member)
            scene.clock?.advance(by: 3_600)
            try await scene.parts.changedMembers.drain()
            #expect(try await scene.changesWaiting() == 1)
            scene.kit.projectionAges.note("dues.directory", levelAt: scene.kit.time.now)
            try await scene.parts.changedMembers.drain()
            #expect(try await scene.amounts(of: member) == ["2026-11": 5_000])
        }
    }

    @Test("a cancelled letter gives the held months back to the old cell; who dies in transit owes none of them")
    func noAdmission() async throws {
        try await DuesScene.run { scene in
            let (back, dead) = (try await scene.member(), try await scene.member())
            for member in [back, dead] {
                try await scene.member(state: .inTransit, id: member, inTransitSince: "2026-10-25")
            }
            try await scene.assess("2026-11")
            #expect(try await scene.heldMonths(of: back) == ["2026-11"])
            try await scene.member(id: back)
            try await scene.member(state: .deceased, id: dead)
            try await scene.parts.changedMembers.drain()
            #expect(try await scene.cells(of: back) == ["2026-11": scene.cell])
            #expect(try await scene.cells(of: dead) == [:])
            #expect(try await scene.heldMonths(of: back) + scene.heldMonths(of: dead) == [])
        }
    }

    @Test("an admission that meets the run is not missed")
    func meetsRun() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.member(state: .inTransit, id: member, inTransitSince: "2026-10-25")
            let month = try DuesMonth("2026-11")
            _ = try await scene.pool.query("SELECT ensure_assessment_month(\(month))")
            try await scene.pool.execute(
                """
                INSERT INTO assessment_runs (run_id, month, state, requested_by, started_at, updated_at)
                VALUES (\(scene.kit.ids.next(at: scene.kit.time.now)), \(month), 'running', 'test', now(), now())
                """)
            let rules = try await scene.parts.policies.shelf(in: scene.pool).book.rules(for: month)
            let writing = AssessmentWriting(kit: scene.kit, standings: scene.parts.standings)
            let follow = try await scene.pool.transaction { transaction in
                _ = try await writing.assess(
                    .following(nil, limit: 10, below: nil), by: rules, scene.kit.eventContext(), in: transaction)
                try await scene.member(cell: scene.otherCell, id: member)
                let ended = Ended()
                let follow = Task {
                    defer { ended.now() }
                    try await scene.parts.changedMembers.drain()
                }
                let backend = try await scene.backend(of: transaction)
                try await eventually("the look at the member waits, or has gone past") {
                    try await scene.waiting(for: backend) > 0 || ended.isSo
                }
                return follow
            }
            try await follow.value
            #expect(try await scene.cells(of: member) == ["2026-11": scene.otherCell])
            #expect(try await scene.heldMonths(of: member) == [])
        }
    }

    @Test("another category changes the months from the present one on, with a trail, and leaves those before")
    func category() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            for month in ["2026-10", "2026-11", "2026-12"] { try await scene.assess(month) }
            try await scene.member(.student, id: member)
            try await scene.parts.changedMembers.drain()
            #expect(
                try await scene.amounts(of: member)
                    == ["2026-10": Self.inRegionOne, "2026-11": 5_000, "2026-12": 5_000])
            #expect(try await scene.count("SELECT count(*) FROM assessment_changes") == 2)
            #expect(
                try await scene.count(
                    "SELECT count(*) FROM outbox WHERE type = \(AssessmentMade.type) AND version = 2") == 2)
            // The same told again changes nothing.
            try await scene.member(.student, id: member)
            #expect(try await scene.changesWaiting() == 0)
            try await scene.expectBooksToAgree()
        }
    }

    @Test("a figure that comes late makes the month final that waited for it, and no other")
    func figure() async throws {
        try await DuesScene.run { scene in
            func figure(_ amount: Int64, _ month: String) throws -> DuesBase {
                DuesBase(source: .socialInsurance, amount: Dong(amount), month: try DuesMonth(month))
            }
            try scene.set("2026-12-02T08:00")
            let member = try await scene.member(.insured, base: figure(10_000_000, "2026-08"))
            for month in ["2026-10", "2026-11"] { try await scene.assess(month) }
            let provisional = "SELECT count(*) FROM assessments WHERE provisional"
            #expect(try await scene.count(SQL(unsafe: provisional)) == 2)
            try await scene.member(.insured, base: figure(12_000_000, "2026-10"), id: member)
            try await scene.parts.changedMembers.drain()
            #expect(try await scene.amounts(of: member) == ["2026-10": 100_000, "2026-11": 120_000])
            #expect(try await scene.count(SQL(unsafe: provisional)) == 1)
        }
    }

    @Test("who is admitted after the run of the month is assessed then; a copy that is filled again changes nothing")
    func comesLater() async throws {
        try await DuesScene.run { scene in
            let known = try await scene.member()
            #expect(try await scene.changesWaiting() == 0, "before the first run nobody is looked at")
            try await scene.assess("2026-11")
            let new = try await scene.member(joinedOn: "2026-11-19")
            try await scene.parts.changedMembers.drain()
            #expect(try await scene.amounts(of: new) == ["2026-11": Self.inRegionOne])
            try await scene.pool.execute("DELETE FROM directory_members")
            try await scene.member(id: known)
            try await scene.member(joinedOn: "2026-11-19", id: new)
            #expect(try await scene.changesWaiting() == 0)
        }
    }

    @Test("a run of one part of the country speaks for nobody elsewhere")
    func scope() async throws {
        try await DuesScene.run { scene in
            let answer = try await scene.post(
                "/v1/assessment-runs", #"{"month": "2026-11", "organizationId": "\#(scene.otherCell)"}"#)
            #expect(answer.status == .accepted, "\(answer.text)")
            try await scene.parts.runner.drain()
            let (here, there) = (try await scene.member(cell: scene.otherCell), try await scene.member())
            try await scene.parts.changedMembers.drain()
            #expect(try await scene.amounts(of: here) == ["2026-11": Self.inRegionFour])
            #expect(try await scene.amounts(of: there) == [:])
        }
    }

    @Test("another region of the cell is another minimum wage")
    func region() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.assess("2026-11")
            try await scene.pool.execute(
                """
                UPDATE directory_organizations SET state = jsonb_set(state, '{duesRegion}', '"IV"')
                WHERE id = \(scene.cell)
                """)
            try await scene.parts.changedMembers.drain()
            #expect(try await scene.amounts(of: member) == ["2026-11": Self.inRegionFour])
        }
    }

    @Test("whoever is admitted to a cell that is not known yet waits for it, and his months with him")
    func unknownCell() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            try await scene.member(state: .inTransit, id: member, inTransitSince: "2026-10-25")
            try await scene.assess("2026-11")
            let cell: OrganizationID = scene.kit.ids.next(at: scene.kit.time.now)
            try await scene.member(cell: cell, id: member)
            try await scene.parts.changedMembers.drain()
            try await scene.assess("2026-11")
            #expect(try await scene.heldMonths(of: member) == ["2026-11"])
            #expect(try await scene.changesWaiting() == 1)
            try await scene.keep(scene.organization(cell, "A35.12.08.03", .subordinateCell, under: scene.base))
            try await scene.parts.changedMembers.drain()
            #expect(try await scene.cells(of: member) == ["2026-11": cell])
        }
    }
}

extension DuesScene {
    /// Moves the clock to a moment in Vietnam, the copy of the directory keeping up with it.
    fileprivate func set(_ text: String) throws {
        let moment = try #require(RFC3339.moment(of: "\(text):00+07:00"))
        clock?.set(moment)
        kit.projectionAges.note("dues.directory", levelAt: moment)
    }

    /// The cells that a member's months are owed to.
    fileprivate func cells(of member: MemberID) async throws -> [String: OrganizationID] {
        let rows = try await pool.query("SELECT month, organization_id FROM assessments WHERE member_id = \(member)")
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.get("month"), try $0.get("organization_id")) })
    }

    fileprivate func heldMonths(of member: MemberID) async throws -> [String] {
        try await pool.query("SELECT month FROM held_months WHERE member_id = \(member) ORDER BY month")
            .map { try $0.get("month") }
    }

    /// What a member is told to owe.
    fileprivate func standing(of member: MemberID) async throws -> Int64 {
        try await pool.queryOne("SELECT arrears FROM standings WHERE member_id = \(member)").get("arrears")
    }

    fileprivate func changesWaiting() async throws -> Int { try await count("SELECT count(*) FROM members_changed") }
}
