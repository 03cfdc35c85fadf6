import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

@Suite("The policy over HTTP")
struct PolicyAPITests {
    @Test("what the program brings is version 1, and holds for every process that starts later")
    func brought() async throws {
        try await DuesScene.run { scene in
            let list: DuesScene.PolicyList = try await scene.get("/v1/policies").json()
            #expect(list.inForce == 1)
            #expect(list.items.map(\.version) == [1])
            #expect(list.items.first?.state == "in-force" && list.items.first?.decision == nil)
            try await DuesParts(scene.kit).policies.settle()
            #expect(try await scene.count("SELECT count(*) FROM dues_policies") == 1)
            struct Text: Decodable { let document: JSONValue }
            let text: Text = try await scene.get("/v1/policies/1").json()
            #expect(try DuesPolicyBook(text.document) == DuesPolicyBook.bundled())
            #expect(try await scene.get("/v1/policies/2").status == .notFound)
            #expect(try await scene.get("/v1/policies/99999999999").status == .notFound)
        }
    }

    @Test("two persons put a version into force, after a comparison; another process uses it without a restart")
    func published() async throws {
        try await DuesScene.run { scene in
            let other = try DuesParts(scene.kit)
            #expect(try await other.policies.shelf(in: scene.pool).version == 1)
            let proposed = try await scene.propose(try DuesScene.policy(minimum: 6_000_000))
            #expect(proposed.status == .created, "\(proposed.text)")
            let early = try await scene.approve(2)
            #expect(early.status == .conflict && early.problem == "policy-not-compared")
            try await scene.compare(2, "2026-11")
            let own = try await scene.approve(2, by: "author")
            #expect(own.status == .conflict && own.problem == "policy-same-person")
            #expect(own.faults == ["version": "policy.same-person"])
            #expect(try await other.policies.shelf(in: scene.pool).version == 1)
            let approved = try await scene.approve(2)
            #expect(approved.status == .ok, "\(approved.text)")
            let shelf = try await other.policies.shelf(in: scene.pool)
            #expect(shelf.version == 2)
            let rules = try shelf.book.rules(for: DuesMonth("2026-11"))
            #expect(rules.minima.amount(in: .one) == Dong(6_000_000))
            #expect(try await scene.approve(2, by: "third").problem == "policy-decided")
            let member = try await scene.member()
            try await scene.assess()
            #expect(try await scene.amounts(of: member) == ["2026-11": 18_000])
            let audited = try await scene.pool.query(
                "SELECT action, actor FROM audit WHERE action LIKE 'policy.%' ORDER BY at, action DESC")
            #expect(
                try audited.map { try "\($0.get("action", as: String.self)) \($0.get("actor", as: String.self))" }
                    == ["policy.proposed operator:author", "policy.approved operator:second"])
        }
    }

    @Test("one proposal at a time; a withdrawn one makes room")
    func oneAtATime() async throws {
        try await DuesScene.run { scene in
            let document = try DuesScene.policy(minimum: 6_000_000)
            #expect(try await scene.propose(document).status == .created)
            let second = try await scene.propose(try DuesScene.policy(minimum: 7_000_000))
            #expect(second.status == .conflict && second.problem == "policy-proposed-already")
            try await scene.startComparison(2, "2026-11")
            let withdrawn = try await scene.post("/v1/policies/2/withdrawal", by: "second")
            #expect(withdrawn.status == .ok)
            #expect(try await !scene.parts.comparer.step(), "nobody wants the comparison any more")
            #expect(try await scene.approve(2).problem == "policy-decided")
            #expect(try await scene.post("/v1/policies/2/withdrawal").problem == "policy-decided")
            #expect(try await scene.post("/v1/policies/2/comparisons", #"{"month": "2026-11"}"#).status == .conflict)
            #expect(try await scene.propose(document).status == .created)
            let list: DuesScene.PolicyList = try await scene.get("/v1/policies").json()
            #expect(list.items.map(\.state) == ["proposed", "withdrawn", "in-force"])
            #expect(list.inForce == 1)
        }
    }

    @Test("a document that cannot be used is refused with its faults, and changes nothing")
    func refused() async throws {
        try await DuesScene.run { scene in
            var document = try DuesScene.policy(minimum: 6_000_000)
            document = DuesScene.replacing(document, "rounding", "bankers")
            let broken = try await scene.propose(document)
            #expect(broken.status == .unprocessableContent && broken.problem == "dues-policy")
            #expect(broken.faults == ["rates[0].rounding": "policy.word"])
            let changed = try await scene.propose(
                DuesScene.replacing(try DuesScene.policy(minimum: 6_000_000), "exemptAfterYears", 40))
            #expect(changed.faults == ["rates[0].version": "policy.version-changed"])
            let same = try await scene.propose(try DuesScene.policy(minimum: 5_310_000))
            #expect(same.problem == "policy-unchanged")
            let late = try await scene.propose(try DuesScene.policy(minimum: 6_000_000), on: "2026-11-21")
            #expect(late.faults == ["decision.day": "decision.later"])
            #expect(try await scene.count("SELECT count(*) FROM dues_policies WHERE version > 1") == 0)
        }
    }

    @Test("only operators have to do with it")
    func operators() async throws {
        try await DuesScene.run { scene in
            let token = try await scene.service.token(member: try await scene.member())
            for (method, path) in [
                (HTTPRequest.Method.get, "/v1/policies"), (.get, "/v1/policies/1"), (.post, "/v1/policies"),
                (.post, "/v1/policies/1/approval"), (.post, "/v1/policies/1/withdrawal"),
                (.post, "/v1/policies/1/comparisons"), (.get, "/v1/policies/1/comparison"),
            ] {
                let answer = try await scene.service.call(
                    method, path, token: token, key: UUID().uuidString, json: "{}")
                #expect(answer.status == .forbidden, "\(method) \(path)")
            }
        }
    }

    @Test("a run keeps the policy it began with")
    func runKeeps() async throws {
        try await DuesScene.run(["dues.assessment.chunk": "2"]) { scene in
            for _ in 0..<4 { try await scene.member() }
            try await scene.propose(try DuesScene.policy(minimum: 6_000_000))
            try await scene.compare(2, "2026-11")
            try await scene.startRun("2026-11")
            #expect(try await scene.parts.runner.step())
            #expect(try await scene.approve(2).status == .ok)
            try await DuesParts(scene.kit).runner.drain()
            #expect(try await scene.distinctAmounts() == [15_930])
            #expect(try await scene.assess("2026-11").changed == 4)
            #expect(try await scene.distinctAmounts() == [18_000])
            let versions = try await scene.pool.query(
                "SELECT policy_version FROM assessment_runs ORDER BY started_at, run_id")
            #expect(try versions.map { try $0.get("policy_version", as: Int.self) } == [1, 2])
        }
    }

    @Test("a run from before policies had versions takes the newest and keeps it")
    func runFromBefore() async throws {
        try await DuesScene.run(["dues.assessment.chunk": "2"]) { scene in
            for _ in 0..<4 { try await scene.member() }
            try await scene.startRun("2026-11")
            try await scene.pool.execute("UPDATE assessment_runs SET policy_version = NULL")
            #expect(try await scene.parts.runner.step())
            #expect(try await scene.count("SELECT policy_version FROM assessment_runs") == 1)
        }
    }

    @Test("a process that cannot read the policy in force assesses nothing and says so")
    func unreadable() async throws {
        try await DuesScene.run { scene in
            _ = try await scene.parts.policies.shelf(in: scene.pool)
            try await scene.pool.execute(
                """
                INSERT INTO dues_policies (version, document, sha256, state, proposed_by, proposed_at, approved_by,
                    approved_at)
                SELECT 2, '{"later": 1}', sha256, state, proposed_by, proposed_at, approved_by, approved_at
                FROM dues_policies
                """)
            let answer = try await scene.post("/v1/assessment-runs", #"{"month": "2026-11"}"#)
            #expect(answer.status == .serviceUnavailable && answer.problem == "policy-unreadable")
            #expect(try await scene.count("SELECT count(*) FROM assessment_runs") == 0)
        }
    }

    @Test("what was proposed or is in force is never changed or removed in the schema")
    func stands() async throws {
        try await DuesScene.run { scene in
            try await scene.propose(try DuesScene.policy(minimum: 6_000_000))
            for statement: SQL in [
                "UPDATE dues_policies SET document = '{}' WHERE version = 2",
                "UPDATE dues_policies SET proposed_by = 'x' WHERE version = 2",
                "UPDATE dues_policies SET approved_by = 'x' WHERE version = 1",
                """
                UPDATE dues_policies SET state = 'in-force', approved_by = proposed_by, approved_at = now()
                WHERE version = 2
                """,
                "DELETE FROM dues_policies WHERE version = 2", "TRUNCATE dues_policies CASCADE",
            ] {
                await #expect(throws: PostgresError.self) { try await scene.pool.execute(statement) }
            }
        }
    }
}
