import Contracts
import Foundation
import HTTPTypes
import NIOCore
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Directory

@Suite("Figures of one member, asked for")
struct FigureInquiryTests {
    /// Says what the test wants, and who was asked about.
    private struct Source: FigureSource {
        let answer: @Sendable (PersonalID, DuesMonth) throws -> FigureAnswer?

        func figures(of person: PersonalID, _ month: DuesMonth) async throws -> FigureAnswer? {
            try answer(person, month)
        }
    }

    private func figure(_ amount: Int64, _ code: String = "DV01") throws -> FigureAnswer.Figure {
        FigureAnswer.Figure(
            month: try DuesMonth("2026-10"), kind: .salary, employerCode: code, employerName: "Công ty Mẫu \(code)",
            amount: Dong(amount))
    }

    private func inquiry(
        _ scene: FigureScene, _ answer: @escaping @Sendable (PersonalID, DuesMonth) throws -> FigureAnswer?
    ) throws -> FigureInquiry {
        FigureInquiry(
            desk: DirectoryDesk(kit: scene.kit), source: Source(answer: answer), telling: try FigureTelling(scene.kit))
    }

    private func problem(_ work: () async throws -> Void) async -> String? {
        do {
            try await work()
            return nil
        } catch let problem as Problem {
            return problem.errors.first?.rule ?? problem.id
        } catch {
            return "\(error)"
        }
    }

    @Test("what is answered is entered and told at once; the same answer again changes nothing")
    func answered() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            let (now, figures) = (scene.scene.now, [try figure(9_000_000), try figure(2_000_000, "DV02")])
            let inquiry = try inquiry(scene) { person, _ in
                person.text == "901090000017" ? FigureAnswer(asOf: now, figures: figures) : nil
            }
            let month = try DuesMonth("2026-10")
            let first = try await inquiry.ask(member, month, by: "officer")
            #expect(first.known && first.answered == 2 && first.entered == 2)
            #expect(try await scene.told(member) == ["2026-10 ? Công ty Mẫu DV01+Công ty Mẫu DV02"])
            #expect(try await scene.contradictions().count == 1)
            let again = try await inquiry.ask(member, month, by: "officer")
            #expect(again.known && again.entered == 0)
            try await FigureTelling(scene.kit).run()
            #expect(try await scene.versions(member) == [1, 2])
            let entered = try await scene.pool.query("SELECT entered FROM figure_inquiries ORDER BY id").map {
                try $0.get("entered", as: Int.self)
            }
            #expect(entered == [2, 0])
        }
    }

    @Test("a person whom the source does not know has no figures, and that he was asked about is kept")
    func unknown() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            let outcome = try await inquiry(scene) { _, _ in nil }.ask(member, try DuesMonth("2026-10"), by: "officer")
            #expect(!outcome.known && outcome.answered == 0)
            #expect(
                try await scene.imports.count("SELECT count(*) AS n FROM figure_inquiries WHERE NOT known") == 1)
        }
    }

    @Test("no answer, a bad one, a month that is not asked about, nobody's number: told apart, and nothing changes")
    func failures() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            let nameless = try await scene.member("Trần Thị Mẫu 02")
            let away = try inquiry(scene) { _, _ in throw FigureSourceFailure.away("http-503") }
            let wrong = try inquiry(scene) { _, _ in throw FigureSourceFailure.unreadable("form") }
            let month = try DuesMonth("2026-10")
            #expect(await problem { _ = try await away.ask(member, month, by: "x") } == "figure-source-away")
            #expect(await problem { _ = try await wrong.ask(member, month, by: "x") } == "figure-answer-unreadable")
            for text in ["2026-12", "2026-04"] {
                let outside = try DuesMonth(text)
                #expect(await problem { _ = try await away.ask(member, outside, by: "x") } == "month-outside")
            }
            #expect(
                await problem { _ = try await away.ask(nameless, month, by: "x") } == "figures.no-personal-id")
            #expect(try await scene.imports.count("SELECT count(*) AS n FROM figure_inquiries") == 0)
            let asked = try await scene.imports.count("SELECT count(*) AS n FROM audit WHERE action = 'figures.asked'")
            #expect(asked == 2, "the number went out, answered or not")
            #expect(try await scene.versions(member) == [1])
        }
    }

    @Test("officers of the cell and above it ask; without a source there is nobody to ask")
    func access() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            func ask(_ token: String) async throws -> HTTPResponse.Status {
                try await scene.scene.service.call(
                    .post, "/v1/members/\(member)/figures/inquiries", token: token, json: #"{"month":"2026-10"}"#
                ).status
            }
            let neighbour = try await scene.imports.token(.cellSecretary, at: scene.imports.tree.b.cell)
            let secretary = try await scene.imports.token(.cellSecretary, at: scene.cell)
            _ = try await scene.scene.role(.cellSecretary, of: member, at: scene.cell)
            let own = try await scene.scene.service.token(member: member)
            #expect(try await ask(neighbour) == .forbidden)
            #expect(try await ask(own) == .forbidden)
            #expect(try await ask(secretary) == .notFound)
        }
    }

    @Test("a member and his officers read his figures, each look is logged; others learn nothing")
    func read() async throws {
        try await FigureScene.run { scene in
            let member = try await scene.member(personalId: "901090000017")
            try await scene.take([.init(personalId: "901090000017")])
            func read(_ token: String) async throws -> TestAnswer {
                try await scene.scene.service.call(.get, "/v1/members/\(member)/figures", token: token)
            }
            let own = try await read(try await scene.scene.service.token(member: member))
            struct Page: Decodable {
                struct Item: Decodable {
                    let month: String
                    let amount: Int64?
                    let figures: [FigureScene.Contradiction.Figure]
                }
                let items: [Item]
            }
            let item = try #require(try own.json(Page.self).items.first)
            #expect(item.month == "2026-10" && item.amount == 12_000_000)
            #expect(item.figures.map(\.employerCode) == ["DV01"])
            let neighbour = try await scene.imports.token(.cellSecretary, at: scene.imports.tree.b.cell)
            #expect(try await read(neighbour).status == .notFound)
            let secretary = try await scene.imports.token(.cellSecretary, at: scene.cell)
            #expect(try await read(secretary).status == .ok)
            #expect(
                try await scene.imports.count("SELECT count(*) AS n FROM audit WHERE action = 'figures.read'") == 1)
        }
    }

    // MARK: Over HTTP

    private func ask(_ status: String, _ body: String = "", headers: String = "") async throws -> FigureAnswer? {
        try await ask(answer: CannedServer.answer(status, body, headers: headers))
    }

    private func ask(answer: String?, timeout: Duration = .seconds(20)) async throws -> FigureAnswer? {
        try await CannedServer.run(answer) { address in
            try await HTTPFigureSource(address: address, token: "secret", timeout: timeout)
                .figures(of: PersonalID("901090000017"), DuesMonth("2026-10"))
        }
    }

    private func body(_ figures: String) -> String { #"{"asOf":"2026-11-05T00:00:00Z","figures":[\#(figures)]}"# }

    private func line(_ amount: String, month: String = "2026-10", kind: String = "insurance-salary") -> String {
        #"{"month":"\#(month)","kind":"\#(kind)","employerCode":"DV01","amount":\#(amount)}"#
    }

    @Test("a good answer is read; 404 is a person whom the source does not know")
    func good() async throws {
        let answer = try #require(try await ask("200 OK", body(line("9000000"))))
        #expect(answer.figures.map(\.amount) == [Dong(9_000_000)] && answer.figures.map(\.employerCode) == ["DV01"])
        #expect(try await ask("404 Not Found") == nil)
    }

    @Test("an answer that is not as agreed is none")
    func unreadable() async throws {
        for (text, reason) in [
            ("{}", "form"), ("not JSON", "form"), (body(line("1.5")), "form"), (body(line("1", kind: "bonus")), "form"),
            (body(line("-1")), "amount"), (body(line("1000000000001")), "amount"),
            (body(line("1", month: "2026-09")), "month"), (body(line("1") + "," + line("2")), "figure-twice"),
            (body("") + String(repeating: " ", count: 1 << 20), "too-long"),
        ] {
            await #expect(throws: FigureSourceFailure.unreadable(reason), "\(text.prefix(80))") {
                try await ask("200 OK", text)
            }
        }
    }

    @Test("an error, a redirection, silence: away, and nobody else is asked")
    func away() async throws {
        await #expect(throws: FigureSourceFailure.away("http-503")) { try await ask("503 Later") }
        await #expect(throws: FigureSourceFailure.away("http-307")) {
            try await ask("307 Elsewhere", headers: "Location: http://127.0.0.1:1/\r\n")
        }
        await #expect(throws: FigureSourceFailure.away("unreachable")) {
            try await ask(answer: nil, timeout: .milliseconds(200))
        }
    }
}
