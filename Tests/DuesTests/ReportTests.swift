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

@Suite("Reports")
struct ReportTests {
    @Test("a month: due, relief, what came in of which month and how, arrears, fees, exceptions")
    func figures() async throws {
        try await DuesScene.run { scene in
            let member = try await scene.member()
            let other = try await scene.member(cell: scene.otherCell)
            try await scene.member(state: .probationary, joinedOn: "1970-05-19")
            try await scene.assess()
            #expect(try await scene.pay(try await scene.order(member, ["2026-11", "2026-12"])) == "00")
            let officer = try await scene.member()
            try await scene.role(.cellSecretary, of: officer, at: scene.otherCell)
            let cash = try await scene.service.call(
                .post, "/v1/cash-payments", token: try await scene.service.token(member: officer),
                key: UUID().uuidString,
                json: #"{"lines": [{"memberId": "\#(other)", "month": "2026-11"}], "amount": 11100}"#)
            #expect(cash.status == .created, "\(cash.text)")
            try await scene.pool.execute(
                """
                INSERT INTO exceptions (exception_id, kind, owner_id, amount, raised_at)
                VALUES (uuid_v7(\(scene.kit.time.now)), 'overpaid', \(scene.base), 500, \(scene.kit.time.now))
                """)
            let report = try await scene.report(scene.province)
            #expect(report.parts.map(\.organizationId) == [scene.commune])
            let whole = report.whole
            #expect(whole.due == whole.paid + whole.arrears)
            #expect(whole.due > 27_030 - 1 && whole.assessed >= 3)
            #expect(whole.ofMonths == 27_030 && whole.ofEarlier == 0 && whole.ahead == 15_930)
            #expect(whole.collected == 42_960 && whole.inCash == 11_100 && whole.electronic == 31_860)
            #expect(whole.corrected == 0 && whole.paid == 27_030)
            #expect(whole.exceptions == 1 && whole.exceptionAmount == 500)
            #expect(whole.rate == whole.paid * 10_000 / whole.due)
            #expect(report.own == DuesScene.ReportShape.Figures())
            let base = try await scene.report(scene.base)
            #expect(base.own.exceptions == 1 && base.own.due == 0)
            #expect(base.part(scene.otherCell)?.inCash == 11_100 && base.part(scene.cell)?.electronic == 31_860)
            #expect(base.part(scene.otherCell)?.rate == 10_000)
        }
    }

    @Test("the exempt owe nothing, and what they are let off is told as relief")
    func relief() async throws {
        try await DuesScene.run { scene in
            try await scene.member()
            try await scene.member(joinedOn: "1970-05-19")
            try await scene.assess()
            let whole = try await scene.report(scene.cell).whole
            #expect(whole.assessed == 2 && whole.exempt == 1 && whole.due == 15_930 && whole.relief == 15_930)
        }
    }

    @Test("exceptions that were open at the end are found along indexes, not among those of all years")
    func exceptions() async throws {
        try await DuesScene.run { scene in
            func raise(_ amount: Int64, _ raised: String, settled: String?) async throws {
                try await scene.pool.execute(
                    """
                    INSERT INTO exceptions (exception_id, kind, owner_id, amount, raised_at, settled_at)
                    VALUES (uuid_v7(now()), 'overpaid', \(scene.cell), \(amount), \(raised)::timestamptz,
                        \(settled)::timestamptz)
                    """)
            }
            try await raise(1, "2026-10-05T00:00:00+07:00", settled: nil)
            try await raise(2, "2026-10-05T00:00:00+07:00", settled: "2026-11-30T23:59:59+07:00")
            try await raise(4, "2026-10-05T00:00:00+07:00", settled: "2026-12-01T00:00:00+07:00")
            try await raise(8, "2026-12-01T00:00:00+07:00", settled: nil)
            try await raise(16, "2026-12-01T00:00:00+07:00", settled: "2026-12-02T00:00:00+07:00")
            let whole = try await scene.report(scene.cell).whole
            #expect(whole.exceptions == 2 && whole.exceptionAmount == 5)
            let november = StatementMonths(from: try DuesMonth("2026-11"), through: try DuesMonth("2026-11"))
            let report = DuesReport(
                places: ReportPlaces(organization: scene.cell, level: nil), months: november, closed: nil)
            let plan = try await scene.pool.transaction { transaction in
                try await transaction.execute("SET LOCAL enable_seqscan = off")
                return try await transaction.query("EXPLAIN \(report.statement(columns: "part.*"))").map {
                    try $0.get(at: 0, as: String.self)
                }
            }
            let scans = plan.filter { $0.contains("Scan") && $0.contains(" exceptions") }
            #expect(scans.contains { $0.contains(" exceptions_settled ") }, "\(scans)")
            #expect(!scans.contains { $0.contains("Seq Scan") || $0.contains("exceptions_by_owner") }, "\(scans)")
        }
    }

    @Test("on a tree of all depths, with moved and merged organisations and a closed month: each level is its parts")
    func addsUp() async throws {
        try await DuesScene.run { scene in
            var random = SeededGenerator(seed: SeededGenerator.seed)
            let books = try await ReportBooks.plant(in: scene, &random)
            for months in [["2026-10", "2026-10"], ["2026-11", "2026-11"], ["2026-09", "2026-12"]] {
                try await expectSums(books, months, in: scene)
            }
            // The balances that a close keeps are gone on from.
            let october = try DuesMonth("2026-10")
            try await scene.pool.transaction { transaction in
                let close = try await MonthClose.begin(october, by: "test", at: scene.kit.time.now, in: transaction)
                try await close?.keep([], after: nil, in: transaction)
            }
            try await expectSums(books, ["2026-11", "2026-12"], in: scene)
        }
    }

    private func expectSums(_ books: ReportBooks, _ months: [String], in scene: DuesScene) async throws {
        let (from, through) = (try DuesMonth(months[0]), try DuesMonth(months[1]))
        var nothing = 0
        for organization in books.tree where !organization.isMerged {
            let report = try await scene.report(organization.id, from: from.text, through: through.text)
            let expected = books.figures(below: organization.id, from, through)
            #expect(report.whole == expected, "\(organization.code) \(months)")
            if expected.collected == 0 { nothing += 1 }
            var sum = report.own
            for part in report.parts {
                sum.add(part.figures)
                let alone = try await scene.report(part.organizationId, from: from.text, through: through.text)
                #expect(alone.whole == part.figures, "\(organization.code) and \(part.code) \(months)")
            }
            #expect(sum == report.whole && report.own.passedUp == report.whole.passedUp)
            #expect(Set(report.parts.map(\.organizationId)) == books.inferiors(of: organization.id))
        }
        #expect(nothing < books.tree.count / 2)
        let cells = try await scene.report(
            scene.province, from: from.text, through: through.text, more: "&level=subordinate-cell")
        #expect(cells.parts.count > 2 && cells.parts.allSatisfy { $0.type == "subordinate-cell" })
        #expect(cells.whole == books.figures(below: scene.province, from, through))
    }

    @Test("a month in which nothing is: every part with nothing, and no rate")
    func empty() async throws {
        try await DuesScene.run { scene in
            let report = try await scene.report(scene.base, from: "2026-02")
            #expect(report.whole == DuesScene.ReportShape.Figures() && report.whole.rate == nil)
            #expect(Set(report.parts.map(\.organizationId)) == [scene.cell, scene.otherCell])
            #expect(report.parts.allSatisfy { $0.figures == DuesScene.ReportShape.Figures() })
        }
    }

    @Test("the office and the inspection see what is below them, a cell's officers the cell, members nothing")
    func access() async throws {
        try await DuesScene.run { scene in
            for (role, place, cell, commune) in [
                (RoleName.cellDuesOfficer, scene.cell, HTTPResponse.Status.ok, HTTPResponse.Status.forbidden),
                (.cellSecretary, scene.otherCell, .forbidden, .forbidden), (.officeOfficer, scene.commune, .ok, .ok),
                (.inspector, scene.base, .ok, .forbidden),
                (.organisationOfficer, scene.commune, .forbidden, .forbidden),
            ] {
                let officer = try await scene.member()
                try await scene.role(role, of: officer, at: place)
                let token = try await scene.service.token(member: officer)
                for (organization, expected) in [(scene.cell, cell), (scene.commune, commune)] {
                    for path in ["report", "exports/payments", "exports/report"] {
                        let answer = try await scene.service.call(
                            .get, "/v1/organizations/\(organization)/\(path)?from=2026-11", token: token)
                        #expect(answer.status == expected, "\(role) \(path)")
                    }
                }
                // Exceptions are the office's, as their list is.
                let exceptions = try await scene.service.call(
                    .get, "/v1/organizations/\(scene.cell)/exports/exceptions?from=2026-11", token: token)
                #expect(exceptions.status == (role == .officeOfficer ? .ok : .forbidden), "\(role)")
            }
        }
    }

    @Test("what is asked wrongly is told by its name")
    func wrong() async throws {
        try await DuesScene.run { scene in
            let root = "/v1/organizations/\(scene.base)"
            for (query, field) in [
                ("", "from"), ("from=2026-13", "from"), ("from=2026-11&through=2026-10", "through"),
                ("from=2026-11&level=x", "level"),
            ] {
                for path in ["report", "exports/postings"] {
                    let answer = try await scene.get("\(root)/\(path)?\(query)")
                    #expect(answer.status == .badRequest && Array(answer.faults.keys) == [field], "\(query)")
                }
            }
            for (query, field) in [
                ("format=pdf", "format"), ("separator=x", "separator"), ("bom=maybe", "bom"),
                ("headings=fr", "headings"),
            ] {
                let answer = try await scene.get("\(root)/exports/postings?from=2026-11&\(query)")
                #expect(answer.status == .badRequest && Array(answer.faults.keys) == [field], "\(query)")
            }
            #expect(try await scene.get("\(root)/exports/people?from=2026-11").status == .notFound)
            let nobody: OrganizationID = scene.kit.ids.next(at: scene.kit.time.now)
            for path in ["report", "exports/report"] {
                #expect(try await scene.get("/v1/organizations/\(nobody)/\(path)?from=2026-11").status == .notFound)
            }
        }
    }

    @Test("more parts than an answer shows are refused with the way out")
    func tooManyParts() async throws {
        try await DuesScene.run { scene in
            try await scene.pool.execute(
                """
                INSERT INTO directory_organizations (id, version, parent_id, type, code, state)
                SELECT uuid_v7(now()), 1, \(scene.base), 'subordinate-cell', 'A35.12.08.' || n,
                    jsonb_build_object('status', 'active', 'name', 'Chi bộ ' || n)
                FROM generate_series(100, 1100) AS n
                """)
            let answer = try await scene.get("/v1/organizations/\(scene.base)/report?from=2026-11")
            #expect(answer.status == .badRequest && answer.faults == ["level": "report.too-many-parts"])
            let file = try await scene.get("/v1/organizations/\(scene.base)/exports/report?from=2026-11&bom=false")
            #expect(file.status == .ok && file.text.split(separator: "\r\n").count == 1_001 + 2 + 1 + 1)
        }
    }
}
