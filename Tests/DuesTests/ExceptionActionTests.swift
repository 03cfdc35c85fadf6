import Contracts
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Dues

@Suite("What is done about exceptions")
struct ExceptionActionTests {
    private struct View: Decodable {
        struct Entry: Decodable {
            let exceptionId: UUIDv7
            let kind: String
            let state: String
            let assignee: String?
            let writeOffBy: String?
        }
        struct Step: Decodable {
            let action: String
            let actor: String
            let reason: String
            let target: String?
        }

        let exception: Entry
        let trail: [Step]
    }

    private struct Page: Decodable { let items: [View.Entry] }

    private func act(
        _ action: String, on id: UUIDv7, _ token: String, _ scene: DuesScene, more: String = ""
    ) async throws -> TestAnswer {
        try await scene.service.call(
            .post, "/v1/exceptions/\(id)/actions", token: token, key: UUID().uuidString,
            json: #"{"action": "\#(action)", "reason": "đã đối chiếu"\#(more)}"#)
    }

    private func open(_ kind: String, _ scene: DuesScene) async throws -> UUIDv7 {
        try await scene.pool.queryOne(
            "SELECT exception_id FROM exceptions WHERE kind = \(kind) AND settled_at IS NULL"
        ).get("exception_id")
    }

    /// An officer of the office of the base organisation.
    private func officer(_ scene: DuesScene) async throws -> (id: MemberID, token: String) {
        let member = try await scene.member()
        try await scene.role(.officeOfficer, of: member, at: scene.base)
        return (member, try await scene.service.token(member: member))
    }

    /// An order that was paid, and whose line says another account.
    private func wrongAccount(_ scene: DuesScene) async throws -> UUIDv7 {
        let order = try await scene.order(try await scene.member(), gateway: "portal")
        _ = try await scene.send(
            GatewayUnderTest.portal.callback(order.reference, amount: order.total, transaction: "GD1"), by: .portal)
        let text = PortalFile.text([(order.reference, "GD1", order.total, 330)], account: "9999")
        #expect(try await PortalFile.post(text, scene).json(PortalFile.Summary.self).states == ["wrong-account": 1])
        return try await open("wrong-account", scene)
    }

    @Test("confirmed money leaves clearing, and the trail tells who, what and why")
    func confirm() async throws {
        FaultRecord.note("S2", "money on another account, confirmed by a person")
        try await DuesScene.runWithGateways { scene in
            let id = try await wrongAccount(scene)
            let (member, token) = try await officer(scene)
            let view = try await act("confirm", on: id, token, scene).json(View.self)
            #expect(view.exception.state == "settled")
            #expect(view.trail.map(\.action) == ["confirm"])
            #expect(view.trail.map(\.actor) == ["\(member)"])
            #expect(view.trail.map(\.reason) == ["đã đối chiếu"])
            let balances = try await scene.balances()
            #expect(balances["unexplained"] == nil && balances["gateway-clearing"] == nil)
            #expect(balances["bank"] == 15_600 && balances["channel-fees"] == 330)
            let again = try await act("confirm", on: id, token, scene)
            #expect(again.problem == "exception-settled")
            #expect(try await scene.balances() == balances)
        }
    }

    @Test("a write-off needs a second person, and the books lose nothing")
    func writeOff() async throws {
        try await DuesScene.runWithGateways { scene in
            let text = PortalFile.text([("DP26110000", "GD9", 7_000, 0)])
            #expect(try await PortalFile.post(text, scene).status == .created)
            let id = try await open("unknown-reference", scene)
            let (first, second) = (try await officer(scene), try await officer(scene))
            #expect(
                try await act("approve-write-off", on: id, first.token, scene).faults
                    == ["action": "exception.no-write-off"])
            let proposed = try await act("write-off", on: id, first.token, scene).json(View.self)
            #expect(proposed.exception.state == "open" && proposed.exception.writeOffBy == "\(first.id)")
            #expect(try await scene.balances()["unexplained"] == 7_000)
            #expect(
                try await act("approve-write-off", on: id, first.token, scene).faults
                    == ["action": "exception.second-person"])
            #expect(
                try await act("confirm", on: id, second.token, scene).faults == ["action": "exception.write-off-waits"])
            let rejected = try await act("reject-write-off", on: id, second.token, scene).json(View.self)
            #expect(rejected.exception.writeOffBy == nil)
            #expect(try await act("write-off", on: id, second.token, scene).status == .ok)
            let done = try await act("approve-write-off", on: id, first.token, scene).json(View.self)
            #expect(done.exception.state == "settled")
            #expect(
                done.trail.map(\.action) == ["write-off", "reject-write-off", "write-off", "approve-write-off"])
            let balances = try await scene.balances()
            #expect(balances["unexplained"] == nil && balances["retained"] == 7_000 && balances["bank"] == 7_000)
        }
    }

    @Test("unexplained money pays the order it was meant for, of exactly its amount")
    func reassign() async throws {
        try await DuesScene.runWithGateways { scene in
            let member = try await scene.member()
            try await scene.assess()
            let order = try await scene.order(member, gateway: "portal")
            let text = PortalFile.text([("DP26110000", "GD9", order.total, 330), ("DP26110001", "GD8", 7_000, 0)])
            #expect(try await PortalFile.post(text, scene).status == .created)
            let (_, token) = try await officer(scene)
            let ids: [UUIDv7] = try await scene.pool.query("SELECT exception_id FROM exceptions ORDER BY amount")
                .map { try $0.get("exception_id") }
            let target = #", "orderReference": "\#(order.reference)""#
            let (small, whole) = (try #require(ids.first), try #require(ids.last))
            #expect(
                try await act("re-assign", on: small, token, scene, more: target).faults
                    == ["orderReference": "exception.amount"])
            #expect(try await act("re-assign", on: whole, token, scene).status == .unprocessableContent)
            // Nobody pays his own dues with it.
            try await scene.role(.officeOfficer, of: member, at: scene.commune)
            let own = try await act(
                "re-assign", on: whole, try await scene.service.token(member: member), scene, more: target)
            #expect(own.status == .forbidden && own.faults == ["memberId": "decision.own"], "\(own.text)")
            let view = try await act("re-assign", on: whole, token, scene, more: target).json(View.self)
            #expect(view.exception.state == "settled" && view.trail.map(\.target) == [order.reference])
            #expect(try await scene.show(order, as: member).state == "paid")
            let balances = try await scene.balances()
            #expect(balances["unexplained"] == 7_000 && balances["gateway-clearing"] == nil)
            #expect(balances["member-receivable"] == nil)
            #expect(
                try await act("re-assign", on: small, token, scene, more: target).faults
                    == ["orderReference": "exception.order"])
        }
    }

    @Test("two people at once: one deals with it, the other hears that it is settled")
    func atOnce() async throws {
        try await DuesScene.runWithGateways { scene in
            let id = try await wrongAccount(scene)
            let tokens = [try await officer(scene).token, try await officer(scene).token]
            let answers = try await withThrowingTaskGroup(of: String?.self) { group in
                for token in tokens {
                    group.addTask { try await act("confirm", on: id, token, scene).problem }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(answers) == [nil, "exception-settled"])
            #expect(try await scene.count("SELECT count(*) FROM exception_actions") == 1)
            #expect(try await scene.balances()["gateway-clearing"] == nil)
        }
    }

    @Test("whoever has it acts; it is taken over, given away, and found by who has it and how old it is")
    func owners() async throws {
        try await DuesScene.runWithGateways { scene in
            let id = try await wrongAccount(scene)
            let (first, second) = (try await officer(scene), try await officer(scene))
            func listed(_ query: String) async throws -> [UUIDv7] {
                try await scene.service.call(
                    .get, "/v1/exceptions?\(query)", token: try await scene.service.token(member: first.id)
                ).json(Page.self).items.map(\.exceptionId)
            }
            #expect(try await listed("assignee=none") == [id])
            let taken = try await act("take", on: id, first.token, scene).json(View.self)
            #expect(taken.exception.assignee == "\(first.id)")
            #expect(try await listed("assignee=none").isEmpty)
            #expect(try await listed("assignee=me") == [id])
            #expect(try await act("confirm", on: id, second.token, scene).faults == ["action": "exception.held"])
            let stranger = try await scene.member()
            #expect(
                try await act("assign", on: id, first.token, scene, more: #", "memberId": "\#(stranger)""#).faults
                    == ["memberId": "exception.assignee"])
            let given = try await act("assign", on: id, first.token, scene, more: #", "memberId": "\#(second.id)""#)
            #expect(try given.json(View.self).exception.assignee == "\(second.id)")
            #expect(try await listed("kind=duplicate").isEmpty)
            #expect(try await listed("olderThanDays=2").isEmpty)
            scene.clock?.advance(by: 3 * 86_400)
            scene.kit.projectionAges.note("dues.directory", levelAt: scene.kit.time.now)
            #expect(try await listed("olderThanDays=2&kind=wrong-account") == [id])
            let member = try await scene.service.token(member: stranger)
            let later = try await scene.service.token(member: second.id)
            #expect(try await act("take", on: id, member, scene).status == .forbidden)
            #expect(try await act("forget", on: id, later, scene).faults == ["action": "exception.action"])
        }
    }
}
