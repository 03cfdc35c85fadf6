import Contracts
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Routing

@Suite("The thread of messages of a case")
struct MessageThreadTests {
    struct Seen: Decodable {
        struct Item: Decodable {
            let id: UUIDv7
            let authorId: MemberID
            let authorName: String
            let organizationId: OrganizationID?
            let text: String
        }
        let items: [Item]
        let next: String?
    }

    func post(
        _ stage: RoutingStage, _ text: String, as organization: OrganizationID? = nil, to dossier: DossierID,
        by member: MemberID, key: String? = nil
    ) async throws -> TestAnswer {
        var body: [String: JSONValue] = ["text": .string(text)]
        body["organizationId"] = organization.map { .string("\($0)") }
        return try await stage.service.call(
            .post, "/v1/cases/\(dossier)/messages", token: stage.service.token(member: member),
            key: key ?? "message-\(stage.ids.next(at: stage.time.now))",
            json: String(decoding: ContractsJSON.encode(JSONValue.object(body)), as: UTF8.self))
    }

    func thread(
        _ stage: RoutingStage, of dossier: DossierID, by member: MemberID, _ query: String = ""
    ) async throws -> Seen {
        try await stage.service.call(
            .get, "/v1/cases/\(dossier)/messages\(query)", token: stage.service.token(member: member)
        ).json()
    }

    @Test("the applicant and the bodies write to each other; each message is an event and an audit row")
    func twoWays() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            let officer = try stage.officer(stage.places.cellA)
            let asked = try await post(stage, "Đề nghị bổ sung số quyết định.", to: dossier, by: officer)
            #expect(asked.status == .created)
            let answered = try await post(stage, "Số 12-QĐ/ĐU, kèm theo hồ sơ.", to: dossier, by: stage.member)
            #expect(answered.status == .created)
            let seen = try await thread(stage, of: dossier, by: stage.member).items
            #expect(seen.map(\.authorId) == [officer, stage.member])
            #expect(seen.map(\.organizationId) == [stage.places.cellA, nil])
            #expect(seen.last?.text == "Số 12-QĐ/ĐU, kèm theo hồ sơ." && seen.last?.authorName == "Nguyễn Văn Mẫu 01")
            #expect(try await stage.events(of: dossier).suffix(2) == ["message-posted", "message-posted"])
            let told = try await stage.last(CaseMessagePosted.self, of: dossier)
            #expect(told.messageId == seen.last?.id && told.organizationId == nil)
            let audited = try await stage.pool.query(
                "SELECT action FROM audit WHERE subject = \("\(dossier)") AND action LIKE 'case.message%' ORDER BY at, id"
            )
            #expect(
                try audited.map { try $0.get("action", as: String.self) }
                    == ["case.message-posted", "case.message-posted", "case.messages-viewed"])
            // The case goes on as before.
            #expect(
                try await stage.act("approve", step: "introduce", on: dossier, by: officer, turn: 1).status == .ok)
        }
    }

    @Test("the thread comes in pages, and a repeat of a request adds nothing")
    func pages() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            for number in 0..<5 {
                for _ in 0..<2 {
                    let answer = try await post(
                        stage,
                        "Tin \(number)", to: dossier, by: stage.member, key: "message-key-number-\(number)")
                    #expect(answer.status == .created)
                }
            }
            var texts: [String] = []
            var query = "?limit=2"
            while true {
                let page = try await thread(stage, of: dossier, by: stage.member, query)
                texts += page.items.map(\.text)
                guard let next = page.next else { break }
                query = "?limit=2&after=\(next)"
            }
            #expect(texts == (0..<5).map { "Tin \($0)" })
        }
    }

    @Test("who has no part in the case neither reads nor writes, and no officer speaks for another body")
    func strangers() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            for stranger in [stage.helper, try stage.officer(stage.places.baseCellB)] {
                #expect(try await post(stage, "Xin hỏi", to: dossier, by: stranger).problem == "speaks-for-nobody")
                let look = try await stage.service.call(
                    .get, "/v1/cases/\(dossier)/messages", token: stage.service.token(member: stranger))
                #expect(look.status == .forbidden)
            }
            let officer = try stage.officer(stage.places.baseA)
            let other = try await post(stage, "Xin hỏi", as: stage.places.communeA, to: dossier, by: officer)
            #expect(other.problem == "speaks-for-nobody")
            try await stage.appoint(stage.helper, .inspector, at: stage.places.communeA)
            #expect(try await thread(stage, of: dossier, by: stage.helper).items.isEmpty)
            #expect(try await post(stage, "Xin hỏi", to: dossier, by: stage.helper).status == .forbidden)
            #expect(try await stage.count("case_messages") == 0)
        }
    }

    @Test("a message is never changed or removed, and none is added once the case is over")
    func stands() async throws {
        try await RoutingStage.run { stage in
            let dossier = try await stage.submitted()
            #expect(try await post(stage, "Tin đầu", to: dossier, by: stage.member).status == .created)
            for statement: SQL in [
                "UPDATE case_messages SET text = 'khác'", "DELETE FROM case_messages", "TRUNCATE case_messages",
            ] {
                await #expect(throws: PostgresError.self) { try await stage.pool.execute(statement) }
            }
            for bad in ["", "  \n", String(repeating: "ô", count: 2_001), "a\u{202E}b"] {
                #expect(try await post(stage, bad, to: dossier, by: stage.member).status == .unprocessableContent)
            }
            try await stage.deliver(
                DossierWithdrawn(dossierId: dossier, withdrawnAt: stage.time.now, byMemberId: stage.member),
                key: dossier.value, sequence: 2)
            #expect(try await post(stage, "Muộn", to: dossier, by: stage.member).problem == "thread-closed")
            #expect(try await thread(stage, of: dossier, by: stage.member).items.map(\.text) == ["Tin đầu"])
        }
    }
}
