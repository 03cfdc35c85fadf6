import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Dues

@Suite("Decisions about a member over HTTP")
struct DecisionAPITests {
    private static let hardship = #"""
        {"ground": "hardship", "reductionPercent": 50, "from": "2026-10", "through": "2026-12", "decisionNumber": "7",
        "decidedOn": "2026-11-19"}
        """#
    private static let illness = #"""
        {"ground": "serious-illness", "reductionPercent": 100, "from": "2026-10", "decisionNumber": "8",
        "decidedOn": "2026-11-19"}
        """#
    private static let later = #"""
        {"from": "2026-10", "through": "2026-11", "due": "2027-01", "decisionNumber": "9",
        "decidedOn": "2026-11-19"}
        """#

    @Test(
        "the cell decides on its members, on hardship in a cell under a committee the office above it",
        arguments: [
            (RoleName.cellSecretary, "cell", false, true), (.cellDeputy, "cell", false, true),
            (.cellDuesOfficer, "cell", false, false), (.cellSecretary, "otherCell", false, false),
            (.officeOfficer, "base", true, false), (.officeOfficer, "commune", false, false),
            (.organisationOfficer, "base", false, false), (.inspector, "base", false, false),
        ])
    func deciders(role: RoleName, place: String, onHardship: Bool, otherwise: Bool) async throws {
        try await DuesScene.run { scene in
            let places = [
                "cell": scene.cell, "otherCell": scene.otherCell, "base": scene.base, "commune": scene.commune,
            ]
            let officer = try await scene.member(cell: scene.otherCell)
            try await scene.role(role, of: officer, at: try #require(places[place]))
            let member = try await scene.member(state: .temporarilyExcused)
            for (path, body, allowed) in [
                ("reliefs", Self.hardship, onHardship), ("reliefs", Self.illness, otherwise),
                ("deferrals", Self.later, otherwise),
            ] {
                let answer = try await scene.decide(path, body, about: member, by: officer)
                #expect(answer.status == (allowed ? .created : .forbidden), "\(answer.text)")
            }
        }
    }

    @Test("a base cell decides on hardship itself; its superior's office does not")
    func baseCell() async throws {
        try await DuesScene.run { scene in
            let cell: OrganizationID = scene.kit.ids.next(at: scene.kit.time.now)
            try await scene.keep(scene.organization(cell, "A35.12.09", .baseCell, under: scene.commune))
            let member = try await scene.member(cell: cell)
            let (secretary, office) = (try await scene.member(cell: cell), try await scene.member())
            try await scene.role(.cellSecretary, of: secretary, at: cell)
            try await scene.role(.officeOfficer, of: office, at: scene.commune)
            #expect(try await scene.decide("reliefs", Self.hardship, about: member, by: office).status == .forbidden)
            #expect(try await scene.decide("reliefs", Self.hardship, about: member, by: secretary).status == .created)
        }
    }

    @Test("under a section the office of the committee above it decides on hardship too")
    func section() async throws {
        try await DuesScene.run { scene in
            let (section, cell): (OrganizationID, OrganizationID) = (
                scene.kit.ids.next(at: scene.kit.time.now), scene.kit.ids.next(at: scene.kit.time.now)
            )
            try await scene.keep(scene.organization(section, "A35.12.08.90", .section, under: scene.base))
            try await scene.keep(scene.organization(cell, "A35.12.08.90.01", .subordinateCell, under: section))
            let (office, above) = (try await scene.member(), try await scene.member())
            try await scene.role(.officeOfficer, of: office, at: scene.base)
            try await scene.role(.officeOfficer, of: above, at: scene.commune)
            let member = try await scene.member(cell: cell)
            #expect(try await scene.decide("reliefs", Self.hardship, about: member, by: above).status == .forbidden)
            #expect(try await scene.decide("reliefs", Self.hardship, about: member, by: office).status == .created)
        }
    }

    @Test("the superior approves a voluntary higher amount; assessed months follow, and go back when it ends")
    func voluntary() async throws {
        let wish = #"{"amount": 50000, "from": "2026-10", "decisionNumber": "12", "decidedOn": "2026-11-19"}"#
        try await DuesScene.run { scene in
            let (secretary, member, office) = (
                try await scene.secretary(), try await scene.member(), try await scene.member()
            )
            try await scene.role(.officeOfficer, of: office, at: scene.base)
            for month in ["2026-09", "2026-10", "2026-11"] { try await scene.assess(month) }
            let path = "voluntary-amounts"
            #expect(try await scene.decide(path, wish, about: member, by: secretary).status == .forbidden)
            let answer = try await scene.decide(path, wish, about: member, by: office)
            #expect(answer.status == .created, "\(answer.text)")
            #expect(try await scene.amounts(of: member) == ["2026-09": 15_930, "2026-10": 50_000, "2026-11": 50_000])
            let again = try await scene.decide(path, wish, about: member, by: office)
            #expect(again.status == .conflict && again.faults == ["from": "voluntary-amount.overlap"])
            let order = try await scene.order(member, ["2026-11"])
            #expect(order.total == 50_000)

            struct Made: Decodable {
                let decisionId: UUIDv7
            }
            let id = try answer.json(Made.self).decisionId
            let ended = try await scene.decide(
                "\(path)/\(id)/revocation", #"{"from": "2026-11", "reason": "Theo nguyện vọng"}"#, about: member,
                by: office)
            #expect(ended.status == .ok, "\(ended.text)")
            #expect(try await scene.amounts(of: member) == ["2026-09": 15_930, "2026-10": 50_000, "2026-11": 15_930])
            try await scene.expectBooksToAgree()
            #expect(try await scene.assess("2026-11").changed == 0)
        }
    }

    @Test("nobody decides about his own dues, and no operator about anybody's")
    func own() async throws {
        try await DuesScene.run { scene in
            let secretary = try await scene.secretary()
            let answer = try await scene.decide("reliefs", Self.illness, about: secretary, by: secretary)
            #expect(answer.status == .forbidden && answer.faults == ["memberId": "decision.own"])
            let other = try await scene.post("/v1/members/\(secretary)/reliefs", Self.illness)
            #expect(other.status == .forbidden)
        }
    }

    @Test("a decision for months that are assessed changes them at once, with trail and event")
    func reassessed() async throws {
        try await DuesScene.run { scene in
            let (secretary, member, other) = (
                try await scene.secretary(), try await scene.member(), try await scene.member()
            )
            for month in ["2026-09", "2026-10", "2026-11"] { try await scene.assess(month) }
            let order = try await scene.order(member, ["2026-10"])
            #expect(try await scene.pay(order) == "00")
            let eventsBefore = try await scene.events(AssessmentMade.self).count
            let answer = try await scene.decide("reliefs", Self.illness, about: member, by: secretary)
            #expect(answer.status == .created, "\(answer.text)")
            #expect(try await scene.amounts(of: member) == ["2026-09": 15_930, "2026-10": 0, "2026-11": 0])
            #expect(try await scene.amounts(of: other) == ["2026-09": 15_930, "2026-10": 15_930, "2026-11": 15_930])
            let events = try await scene.events(AssessmentMade.self).dropFirst(eventsBefore)
            #expect(events.map(\.memberId) == [member, member])
            #expect(events.map(\.previousAmount) == [Dong(15_930), Dong(15_930)])
            #expect(events.map(\.reason) == ["serious-illness", "serious-illness"])
            #expect(try await scene.count("SELECT count(*) FROM assessment_changes") == 2)
            #expect(
                try await scene.count("SELECT count(*) FROM exceptions WHERE kind = 'assessment-lowered'") == 1,
                "what was paid for October is owed back")
            try await scene.expectBooksToAgree()
            let standing = try #require(
                try await scene.events(StandingState.self).last { $0.memberId == member })
            #expect(standing.arrearsMonths.map(\.text) == ["2026-09"])
            // A later run finds nothing to change.
            #expect(try await scene.assess("2026-11").changed == 0)
            let trail = try await scene.pool.queryOne("SELECT details FROM audit WHERE action = 'relief.decided'")
            #expect(try trail.get("details", as: String.self).contains(#""changedAssessments":2"#))
        }
    }

    @Test("the same key gives the same answer and one decision")
    func repeated() async throws {
        try await DuesScene.run { scene in
            let (secretary, member) = (try await scene.secretary(), try await scene.member())
            let token = try await scene.service.token(member: secretary)
            var bodies: Set<String> = []
            for _ in 0..<2 {
                bodies.insert(
                    try await scene.service.call(
                        .post, "/v1/members/\(member)/reliefs", token: token, key: "key-of-the-relief",
                        json: Self.illness
                    ).text)
            }
            #expect(bodies.count == 1)
            #expect(try await scene.count("SELECT count(*) FROM relief_decisions") == 1)
        }
    }

    @Test("decisions of the same ground do not overlap; others may")
    func overlap() async throws {
        try await DuesScene.run { scene in
            let (secretary, member) = (try await scene.secretary(), try await scene.member())
            #expect(try await scene.decide("reliefs", Self.illness, about: member, by: secretary).status == .created)
            let again = Self.illness.replacingOccurrences(of: "2026-10", with: "2027-05")
            let refused = try await scene.decide("reliefs", again, about: member, by: secretary)
            #expect(refused.status == .conflict && refused.faults == ["from": "relief.overlap"])
            let poor = Self.illness.replacingOccurrences(of: "serious-illness", with: "poor-household")
            #expect(try await scene.decide("reliefs", poor, about: member, by: secretary).status == .created)
            #expect(try await scene.count("SELECT count(*) FROM relief_decisions") == 2)
        }
    }

    @Test(
        "what breaks a rule is refused with its field",
        arguments: [
            (#""reductionPercent": 100"#, #""reductionPercent": 60"#, "reductionPercent", "relief.exempt-only"),
            (#""decisionNumber": "8""#, #""decisionNumber": " ""#, "decisionNumber", "text.line"),
            ("2026-11-19", "2026-11-21", "decidedOn", "decision.later"),
            (#""from": "2026-10""#, #""from": "2026-10", "through": "2026-09""#, "through", "relief.period"),
            (#""from": "2026-10""#, #""from": "2026-13""#, "from", "dues-month.form"),
        ])
    func invalid(part: String, other: String, field: String, rule: String) async throws {
        try await DuesScene.run { scene in
            let (secretary, member) = (try await scene.secretary(), try await scene.member())
            let body = Self.illness.replacingOccurrences(of: part, with: other)
            let answer = try await scene.decide("reliefs", body, about: member, by: secretary)
            #expect(answer.status == .unprocessableContent && answer.faults == [field: rule], "\(answer.text)")
            #expect(try await scene.count("SELECT count(*) FROM relief_decisions") == 0)
        }
    }

    @Test("a revoked relief holds up to the month before, and the months after it are owed again")
    func revoked() async throws {
        try await DuesScene.run { scene in
            let (secretary, member) = (try await scene.secretary(), try await scene.member())
            let made = try await scene.decide("reliefs", Self.illness, about: member, by: secretary)
            let id = try made.json(Shape.self).decisionId
            for month in ["2026-10", "2026-11"] { try await scene.assess(month) }
            #expect(try await scene.amounts(of: member) == ["2026-10": 0, "2026-11": 0])
            func revoke(_ from: String, by officer: MemberID) async throws -> TestAnswer {
                try await scene.decide(
                    "reliefs/\(id)/revocation", #"{"from": "\#(from)", "reason": "Đã khỏi bệnh"}"#, about: member,
                    by: officer)
            }
            #expect(try await revoke("2026-09", by: secretary).faults == ["from": "decision.months"])
            #expect(try await revoke("2026-11", by: member).status == .forbidden)
            let answer = try await revoke("2026-11", by: secretary)
            #expect(answer.status == .ok, "\(answer.text)")
            #expect(try await scene.amounts(of: member) == ["2026-10": 0, "2026-11": 15_930])
            #expect(try await revoke("2026-10", by: secretary).problem == "decision-revoked")
            let list = try await scene.service.call(
                .get, "/v1/members/\(member)/reliefs", token: try await scene.service.token(member: member))
            let items = try list.json(List.self).items
            #expect(items.map(\.revokedFrom) == ["2026-11"])
            #expect(items.map(\.decisionNumber) == ["8"] && items.map(\.bodyId) == [scene.cell])
            // Another one may follow from that month on, and one who does not belong there reads nothing.
            let next = Self.illness.replacingOccurrences(of: "2026-10", with: "2026-11")
            #expect(try await scene.decide("reliefs", next, about: member, by: secretary).status == .created)
            let stranger = try await scene.service.token(member: try await scene.member())
            #expect(
                try await scene.service.call(.get, "/v1/members/\(member)/reliefs", token: stranger).status
                    == .forbidden)
        }
    }

    @Test("deferred months are owed and in arrears only when their due month has passed")
    func deferred() async throws {
        try await DuesScene.run { scene in
            let (secretary, member) = (
                try await scene.secretary(), try await scene.member(state: .temporarilyExcused)
            )
            for month in ["2026-09", "2026-10", "2026-11"] { try await scene.assess(month) }
            let normal = try await scene.member()
            let refused = try await scene.decide("deferrals", Self.later, about: normal, by: secretary)
            #expect(refused.faults == ["memberId": "deferral.state"])
            #expect(try await scene.decide("deferrals", Self.later, about: member, by: secretary).status == .created)
            #expect(try await scene.standing(of: member) == ["2026-09"])
            #expect(try await scene.amounts(of: member)["2026-10"] == 15_930)
            #expect(try await scene.shown(member) == Shown(arrears: 15_930, due: [nil, "2027-01", "2027-01"]))
            #expect(
                try await scene.decide("deferrals", Self.later, about: member, by: secretary).faults
                    == ["from": "deferral.overlap"])
            #expect(try await !scene.parts.deferralWatch.step())
            scene.clock?.set(try #require(RFC3339.moment(of: "2027-02-01T01:00:00Z")))
            #expect(try await scene.parts.deferralWatch.step())
            #expect(try await scene.standing(of: member) == ["2026-09", "2026-10", "2026-11"])
            #expect(try await !scene.parts.deferralWatch.step())
        }
    }

    @Test("a deferral that is revoked leaves the month in arrears")
    func deferralRevoked() async throws {
        try await DuesScene.run { scene in
            let (secretary, member) = (
                try await scene.secretary(), try await scene.member(state: .temporarilyExcused)
            )
            for month in ["2026-10", "2026-11"] { try await scene.assess(month) }
            let made = try await scene.decide("deferrals", Self.later, about: member, by: secretary)
            #expect(try await scene.standing(of: member) == [])
            let id = try made.json(Shape.self).decisionId
            let answer = try await scene.decide(
                "deferrals/\(id)/revocation", #"{"from": "2026-11", "reason": "Trở lại sinh hoạt"}"#, about: member,
                by: secretary)
            #expect(answer.status == .ok)
            #expect(try await scene.standing(of: member) == ["2026-11"])
        }
    }

    @Test("a decision that meets an assessment not yet committed waits for it and changes it")
    func runMeanwhile() async throws {
        try await DuesScene.run { scene in
            let (secretary, member) = (try await scene.secretary(), try await scene.member())
            let month = try DuesMonth("2026-11")
            _ = try await scene.pool.query("SELECT ensure_assessment_month(\(month))")
            let rules = try await scene.parts.policies.shelf(in: scene.pool).book.rules(for: month)
            let writing = AssessmentWriting(kit: scene.kit, standings: scene.parts.standings)
            let decision = try await scene.pool.transaction { transaction in
                let done = try await writing.assess(
                    .following(nil, limit: 10, below: nil), by: rules, scene.kit.eventContext(), in: transaction)
                #expect(done.changed == 2)
                let ended = Ended()
                let decision = Task {
                    defer { ended.now() }
                    return try await scene.decide("reliefs", Self.illness, about: member, by: secretary)
                }
                let backend = try await scene.backend(of: transaction)
                try await eventually("the decision waits, or has gone past") {
                    try await scene.waiting(for: backend) > 0 || ended.isSo
                }
                return decision
            }
            #expect(try await decision.value.status == .created)
            #expect(try await scene.amounts(of: member) == ["2026-11": 0])
            try await scene.expectBooksToAgree()
        }
    }

    struct Shape: Decodable, Sendable {
        let decisionId: String
        let decisionNumber: String
        let bodyId: OrganizationID
        let revokedFrom: String?
    }

    struct List: Decodable, Sendable {
        let items: [Shape]
    }

    struct Shown: Equatable, Sendable {
        let arrears: Int64
        let due: [String?]
    }
}

extension DuesScene {
    /// The secretary of the cell.
    fileprivate func secretary() async throws -> MemberID {
        let secretary = try await member(cell: otherCell)
        try await role(.cellSecretary, of: secretary, at: cell)
        return secretary
    }

    func decide(
        _ path: String, _ json: String, about member: MemberID, by officer: MemberID
    ) async throws -> TestAnswer {
        try await service.call(
            .post, "/v1/members/\(member)/\(path)", token: try await service.token(member: officer),
            key: UUID().uuidString, json: json)
    }

    /// The months in arrears as they are kept.
    fileprivate func standing(of member: MemberID) async throws -> [String] {
        try await pool.queryOne("SELECT arrears_months FROM standings WHERE member_id = \(member)").get(at: 0)
    }

    fileprivate func shown(_ member: MemberID) async throws -> DecisionAPITests.Shown {
        struct Answer: Decodable {
            struct Item: Decodable {
                let month: String
                let due: String?
            }
            let arrears: Int64
            let assessments: [Item]
        }
        let answer: Answer = try await service.call(
            .get, "/v1/members/\(member)/assessments", token: try await service.token(member: member)
        ).json()
        return .init(arrears: answer.arrears, due: answer.assessments.sorted { $0.month < $1.month }.map(\.due))
    }
}
