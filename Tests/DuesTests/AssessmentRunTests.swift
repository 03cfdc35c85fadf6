import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

@Suite("Assessment runs")
struct AssessmentRunTests {
    @Test("the statement and the rule give every member the same")
    func parity() async throws {
        try await DuesScene.run(["dues.assessment.chunk": "17"]) { scene in
            let subjects = try await Self.plant(120, in: scene)
            let month = try DuesMonth("2026-11")
            let run = try await scene.assess("2026-11")
            #expect(run.state == "done")
            #expect(run.members == subjects.count)
            let book = try DuesPolicyBook.bundled()
            let rules = try book.rules(for: month)
            let rows = try await scene.pool.query("SELECT * FROM assessments").map {
                try AssessmentRow(row: $0, policies: book.named).assessment
            }
            let kept = Dictionary(uniqueKeysWithValues: rows.map { ($0.memberId, $0) })
            var assessed = 0
            for subject in subjects {
                guard case .assessed(let expected) = rules.assess(subject) else {
                    #expect(kept[subject.memberId] == nil)
                    continue
                }
                assessed += 1
                #expect(kept[subject.memberId] == expected)
            }
            #expect(run.assessed == assessed)
            #expect(run.changed == assessed)
            try await scene.expectBooksToAgree()
            #expect(try await scene.events(AssessmentMade.self).count == assessed)
        }
    }

    @Test("who belongs to a body outside the system pays there and is not assessed here")
    func outside() async throws {
        try await DuesScene.run { scene in
            let army: OrganizationID = scene.kit.ids.next(at: scene.kit.time.now)
            try await scene.keep(scene.organization(army, "A35.90", .external, under: scene.province))
            let away = try await scene.member(cell: army)
            let here = try await scene.member()
            let run = try await scene.assess("2026-11")
            #expect(run.members == 2 && run.assessed == 1)
            let assessed = try await scene.pool.query("SELECT member_id FROM assessments").map {
                try $0.get("member_id", as: MemberID.self)
            }
            #expect(assessed == [here] && assessed != [away])
        }
    }

    @Test("a country's organisations are looked up one by one, whatever the planner thinks of the month")
    func lookedUp() async throws {
        try await DuesScene.run { scene in
            for _ in 0..<100 { try await scene.member() }
            try await scene.pool.execute(
                """
                INSERT INTO directory_organizations (id, version, parent_id, type, code, state)
                SELECT gen_random_uuid(), 1, parent_id, type, 'B' || n, state
                FROM directory_organizations, generate_series(1, 5000) AS n WHERE id = \(scene.cell)
                """)
            try await scene.pool.execute("SELECT ensure_assessment_month('2026-11')")
            try await scene.pool.execute(
                """
                INSERT INTO assessments (assessment_id, member_id, month, organization_id, amount, full_amount, policy,
                    provisional, made_at)
                SELECT gen_random_uuid(), gen_random_uuid(), '2026-11', \(scene.cell), 1000, 1000, 'mẫu', false, now()
                FROM generate_series(1, 20000)
                """)
            for table: SQL in ["directory_organizations", "directory_members", "assessments_202611"] {
                try await scene.pool.execute("ANALYZE \(table)")
            }
            let statement = AssessmentStatement(
                rules: try DuesPolicyBook.bundled().rules(for: try DuesMonth("2026-11")),
                members: .following(nil, limit: 1_000, below: nil), now: scene.kit.time.now)
            try await scene.pool.transaction { transaction in
                let rows = try await transaction.query(statement.assessment)
                #expect(rows.count == 100)
                let read: Int64 = try await transaction.queryOne(
                    """
                    SELECT seq_tup_read AS read FROM pg_stat_xact_user_tables
                    WHERE schemaname = current_schema() AND relname = 'directory_organizations'
                    """
                ).get("read")
                #expect(read == 0)
            }
        }
    }

    /// Members of every kind: categories, figures, states, reliefs, long membership.
    static func plant(_ count: Int, in scene: DuesScene) async throws -> [AssessmentSubject] {
        var generator = SystemRandomNumberGenerator()
        var subjects: [AssessmentSubject] = []
        let months = ["2026-10", "2026-09", nil]
        for index in 0..<count {
            let category = index % 11 == 0 ? nil : DuesCategory.allCases[index % DuesCategory.allCases.count]
            let state = index % 5 == 0 ? MembershipState.allCases[index / 5 % 12] : .official
            let base =
                index % 7 == 0
                ? nil
                : DuesBase(
                    source: .memberStatement, amount: Dong(Int64.random(in: 0...600_000, using: &generator)),
                    month: try months[index % 3].map { try DuesMonth($0) })
            let joined = ["2015-05-19", "1976-11-30", "1976-12-01", "1976-02-29", "2026-12-01"][index % 5]
            let cell = index % 2 == 0 ? scene.cell : scene.otherCell
            let figures = try Self.figures(index, &generator)
            let member = try await scene.member(
                category, base: base, state: state, joinedOn: joined, cell: cell, figures: figures)
            var reliefs: [Relief] = []
            for (ground, percent) in [(Relief.Ground.hardship, 30), (.hardship, 70), (.poorHousehold, 100)]
            where index % Int.random(in: 3...9, using: &generator) == 0 {
                let from = try DuesMonth(["2026-01", "2026-11", "2026-12"][index % 3])
                reliefs.append(
                    try Relief(
                        ground: ground, reductionPercent: percent, from: from,
                        through: ground == .hardship ? from.adding(months: 10) : nil))
            }
            for relief in reliefs { try await keep(relief, of: member, in: scene) }
            var wishes: [VoluntaryAmount] = []
            if index % Int.random(in: 2...6, using: &generator) == 0 {
                let wish = try VoluntaryAmount(
                    amount: Dong(Int64.random(in: 1...60_000, using: &generator)),
                    from: try DuesMonth(["2026-01", "2026-11", "2026-12"][index % 3]), through: nil,
                    revokedFrom: index % 4 == 0 ? try DuesMonth("2026-11") : nil)
                try await keep(wish, of: member, in: scene)
                wishes.append(wish)
            }
            subjects.append(
                AssessmentSubject(
                    memberId: member, cellId: cell, state: state, joinedOn: try Day(joined), category: category,
                    base: base, figures: figures ?? [], region: cell == scene.cell ? .one : .four, reliefs: reliefs,
                    voluntaryAmounts: wishes))
        }
        return subjects
    }

    /// Reported figures of every kind around the month before, some of them contradictory; of every third member none.
    private static func figures(
        _ index: Int, _ generator: inout SystemRandomNumberGenerator
    ) throws -> [DuesFigure]? {
        guard !index.isMultiple(of: 3) else { return nil }
        var figures: [DuesFigure] = []
        for month in ["2026-12", "2026-11", "2026-10", "2026-09", "2026-08"] {
            for kind in DuesFigureKind.allCases where Bool.random(using: &generator) {
                let isKnown = Int.random(in: 0..<3, using: &generator) > 0
                figures.append(
                    DuesFigure(
                        month: try DuesMonth(month), kind: kind, source: .socialInsurance,
                        amount: isKnown ? Dong(Int64.random(in: 0...600_000, using: &generator)) : nil,
                        employers: ["Công ty Mẫu \(index)"], cameAt: TestTimes.start,
                        settled: index.isMultiple(of: 4) ? true : nil,
                        withdrawn: isKnown || Bool.random(using: &generator) ? nil : true))
            }
        }
        return figures
    }

    private static func keep(_ wish: VoluntaryAmount, of member: MemberID, in scene: DuesScene) async throws {
        let now = scene.kit.time.now
        let revoked = wish.months.revokedFrom
        try await scene.pool.execute(
            """
            INSERT INTO voluntary_amounts (decision_id, member_id, amount, from_month, body_id, decision_number,
                decided_on, decided_by, decided_at, revoked_from, revoked_reason, revoked_by, revoked_at)
            VALUES (\(scene.kit.ids.next(at: now)), \(member), \(wish.amount), \(wish.months.from), \(scene.base), '1',
                \(Day(containing: now)), \(member), \(now), \(revoked), \(revoked == nil ? nil : "x"),
                \(revoked == nil ? nil : member), \(revoked == nil ? nil : now))
            """)
    }

    private static func keep(_ relief: Relief, of member: MemberID, in scene: DuesScene) async throws {
        try await scene.pool.execute(
            """
            INSERT INTO relief_decisions (decision_id, member_id, ground, reduction, from_month, through_month, decided_by,
                decided_at)
            VALUES (\(scene.kit.ids.next(at: scene.kit.time.now)), \(member), \(relief.ground.rawValue),
                \(relief.reduction.value), \(relief.months.from), \(relief.months.through), \(member), \(scene.kit.time.now))
            """)
    }

    @Test("a second run changes nothing")
    func twice() async throws {
        try await DuesScene.run(["dues.assessment.chunk": "3"]) { scene in
            for _ in 0..<10 { try await scene.member() }
            #expect(try await scene.assess().changed == 10)
            let (postings, events): (SQL, SQL) = (
                "SELECT count(*) FROM ledger_postings", "SELECT count(*) FROM outbox"
            )
            let before = (try await scene.count(postings), try await scene.count(events))
            let again = try await scene.assess()
            #expect(again.members == 10 && again.assessed == 10 && again.changed == 0)
            #expect(try await scene.count(postings) == before.0)
            #expect(try await scene.count(events) == before.1)
        }
    }

    @Test("a figure that came late adjusts the assessment, with a trail")
    func adjustment() async throws {
        try await DuesScene.run { scene in
            let old = DuesBase(source: .memberStatement, amount: Dong(10_000_000), month: try DuesMonth("2026-09"))
            let member = try await scene.member(.insured, base: old)
            try await scene.assess()
            let figure = DuesBase(source: .socialInsurance, amount: Dong(12_000_000), month: try DuesMonth("2026-10"))
            try await scene.member(.insured, base: figure, id: member)
            #expect(try await scene.assess().changed == 1)
            let events = try await scene.events(AssessmentMade.self)
            #expect(events.map(\.amount) == [Dong(100_000), Dong(120_000)])
            #expect(events.map(\.previousAmount) == [nil, Dong(100_000)])
            #expect(events.map(\.provisional) == [true, false])
            #expect(Set(events.map(\.assessmentId)).count == 1)
            #expect(try await scene.count("SELECT count(*) FROM assessment_changes") == 1)
            #expect(try await scene.balances() == ["member-receivable": 120_000, "assessed-dues": 120_000])
        }
    }

    @Test("money paid ahead meets its assessment; what is too much after an adjustment is owed back")
    func ahead() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            let order = try await scene.order(member, ["2026-11", "2026-12"])
            #expect(try await scene.pay(order) == "00")
            #expect(try await scene.balances() == ["advances": 31_860, "gateway-clearing": 31_860])
            try await scene.assess("2026-11")
            try await scene.expectBooksToAgree()
            #expect(
                try await scene.balances() == [
                    "advances": 15_930, "gateway-clearing": 31_860, "assessed-dues": 15_930,
                ])
            try await scene.member(.student, id: member)
            try await scene.assess("2026-11")
            try await scene.expectBooksToAgree()
            #expect(try await scene.balances()["refunds"] == 10_930)
            let standing = try #require(try await scene.events(StandingState.self).last)
            #expect(standing.arrears == .zero)
            #expect(standing.paidThrough?.text == "2026-11")
        }
    }

    @Test("an interrupted run goes on where it was, and a second one of the month waits")
    func resumed() async throws {
        try await DuesScene.run(["dues.assessment.chunk": "4"]) { scene in
            for _ in 0..<10 { try await scene.member() }
            let token = try await scene.service.operatorToken()
            let first = try await scene.service.call(
                .post, "/v1/assessment-runs", token: token, key: "key-of-the-test-one", json: #"{"month": "2026-11"}"#)
            let id = try first.json(DuesScene.RunShape.self).runId
            #expect(try await scene.parts.runner.step())
            let second = try await scene.service.call(
                .post, "/v1/assessment-runs", token: token, key: "key-of-the-test-two", json: #"{"month": "2026-11"}"#)
            #expect(second.status == .conflict)
            #expect(second.problem == "assessment-run-under-way")
            try await DuesParts(scene.kit).runner.drain()
            let done = try await scene.service.call(.get, "/v1/assessment-runs/\(id)", token: token)
            let run = try done.json(DuesScene.RunShape.self)
            #expect(run.state == "done" && run.members == 10 && run.changed == 10)
        }
    }

    @Test("an officer of the office runs his own subtree only")
    func scope() async throws {
        try await DuesScene.run { scene in
            let officer = try await scene.member(cell: scene.otherCell)
            try await scene.member()
            try await scene.role(.officeOfficer, of: officer, at: scene.otherCell)
            let token = try await scene.service.token(member: officer)
            let above = try await scene.service.call(
                .post, "/v1/assessment-runs", token: token, key: "key-of-the-test-above",
                json: #"{"month": "2026-11", "organizationId": "\#(scene.commune)"}"#)
            #expect(above.status == .forbidden)
            let own = try await scene.service.call(
                .post, "/v1/assessment-runs", token: token, key: "key-of-the-test-own", json: #"{"month": "2026-11"}"#)
            #expect(own.status == .accepted)
            try await scene.parts.runner.drain()
            #expect(try await scene.count("SELECT count(*) FROM assessments") == 1)
            let member = try await scene.service.call(
                .post, "/v1/assessment-runs",
                token: try await scene.service.token(member: scene.kit.ids.next(at: scene.kit.time.now)),
                key: "key-of-the-test-x",
                json: #"{"month": "2026-11"}"#)
            #expect(member.status == .forbidden)
        }
    }
}
