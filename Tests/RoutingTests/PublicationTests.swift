import Contracts
import Foundation
import HTTPTypes
import Postgres
import RoutingDomain
import RoutingProcedures
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Messaging
@testable import Routing

@Suite("Definitions are published while the service runs")
struct PublicationTests {
    func faults(_ answer: TestAnswer) throws -> [SeenFaults.Fault] { try answer.json(SeenFaults.self).errors }

    func line(of text: String, in yaml: String) throws -> Int {
        let place = try #require(yaml.range(of: text)?.lowerBound)
        return yaml[..<place].count { $0 == "\n" } + 1
    }

    @Test("a dossier that waits for a version gets its case once that is published; running cases keep theirs")
    func whileRunning() async throws {
        try await RoutingStage.run { stage in
            let old = try await stage.submitted()
            let dossier = try stage.dossier(to: stage.places.cellB, version: 2)
            await #expect(throws: NotYet.self) { try await stage.deliver(dossier, key: dossier.dossierId.value) }
            // Another process, which ran before.
            let elsewhere = try stage.desk().cases.definitions
            #expect(try await elsewhere.definition(.officialTransfer, version: 2, in: stage.pool) == nil)
            let soon = stage.time.now.addingTimeInterval(600)
            for (key, name) in [("a", "procedure:official-transfer@2"), ("b", "procedure:official-transfer@3")] {
                try await stage.pool.execute(
                    """
                    INSERT INTO parked_keys (consumer, topic, key, state, waiting_for, next_attempt_at, since)
                    VALUES ('routing.dossiers', 'test', \(Array(key.utf8)), 'waiting', \(name), \(soon), \(stage.time.now))
                    """)
            }

            let text = try TestDefinition.text(version: 2, TestDefinition.hastened)
            #expect(try await stage.publish(text).status == .created)
            #expect(try await elsewhere.definition(.officialTransfer, version: 2, in: stage.pool) != nil)
            let woken = try await stage.pool.query(
                "SELECT convert_from(key, 'UTF8') AS key FROM parked_keys WHERE next_attempt_at <= \(stage.time.now)"
            ).map { try $0.get("key", as: String.self) }
            #expect(woken == ["a"], "only who waits for this version is tried again")

            try await stage.deliver(dossier, key: dossier.dossierId.value)
            let before = try #require(try await CaseStore.read(old, in: stage.pool))
            let after = try #require(try await CaseStore.read(dossier.dossierId, in: stage.pool))
            #expect(before.procedureVersion == 1 && after.procedureVersion == 2)
            let (slow, fast) = (try #require(before.turn?.due.at), try #require(after.turn?.due.at))
            #expect(fast < slow, "each cell has the time that its version gives")
            for id in [old, dossier.dossierId] {
                #expect(try await stage.walk(id).stage == "awaiting-result")
            }
            #expect(try await CaseStore.read(old, in: stage.pool)?.procedureVersion == 1)
        }
    }

    @Test("who published what, when and by which decision is listed, with the versions of the program, and audited")
    func told() async throws {
        try await RoutingStage.run { stage in
            let text = try TestDefinition.text(version: 2)
            let answer = try await stage.publish(text)
            let publication = try answer.json(Publication.self)
            #expect(publication.procedure == .officialTransfer && publication.version == 2)
            #expect(publication.source == .decision && publication.decision == TestDefinition.decision)
            #expect(publication.publishedBy == "operator:test" && publication.publishedAt == stage.time.now)

            let items = try await stage.published()
            let brought = try ProcedureCatalogue.bundled().all.map(\.definition.procedure.text)
            #expect(items.map(\.procedure) == brought && brought.count == ProcedureCatalogue.texts.count)
            let transfer = try #require(items.first { $0.procedure == "official-transfer" })
            #expect(transfer.newest == 2 && transfer.versions.map(\.version) == [2, 1])
            #expect(transfer.versions.map(\.source) == [.decision, .program])
            #expect(transfer.versions.last?.decision == nil)

            struct Text: Decodable {
                let publication: Publication
                let yaml: String
            }
            func read(_ path: String) async throws -> TestAnswer {
                try await stage.service.call(.get, "/v1/procedures/\(path)", token: stage.service.operatorToken())
            }
            let seen = try await read("official-transfer/versions/2").json(Text.self)
            #expect(seen.yaml == text && seen.publication == publication)
            #expect(
                try await read("dues-objection/versions/1").json(Text.self).yaml
                    == ProcedureCatalogue.texts["dues-objection.yaml"])
            for path in ["official-transfer/versions/3", "official-transfer/versions/x", "no-such/versions/1"] {
                #expect(try await read(path).status == .notFound, "\(path)")
            }
            let audited = try await stage.pool.query(
                "SELECT subject, actor, details FROM audit WHERE action = 'procedure.published'")
            #expect(audited.count == 1)
            let row = try #require(audited.first)
            #expect(try row.get("subject", as: String.self) == "official-transfer@2")
            #expect(try row.get("actor", as: String.self) == "operator:test")
            #expect(try row.get("details", as: String.self).contains("15-QĐ/TW"))
        }
    }

    @Test("every fault of a text is told with line, column, field and rule in both languages, and nothing is kept")
    func faulty() async throws {
        try await RoutingStage.run { stage in
            let yaml = try TestDefinition.text(
                version: 2, ["role: cell-secretary": "role: secretary", "outcome: admitted": "outcome: Admitted!"])
            let answer = try await stage.publish(yaml)
            #expect(answer.status == .unprocessableContent && answer.problem == "procedure-definition")
            let found = try faults(answer)
            #expect(found.first?.field == "steps[0].role" && found.first?.rule == "word.unknown")
            #expect(found.first?.line == (try line(of: "role: secretary", in: yaml)))
            #expect(found.last?.field == "outcome" && found.last?.rule == "name.form")
            #expect(found.last?.line == (try line(of: "outcome: ", in: yaml)))
            for fault in found {
                #expect(fault.column != nil && !fault.messageVi.isEmpty && fault.messageVi != fault.messageEn)
            }
            #expect(try faults(await stage.publish("procedure: [1,\nversion: }")).map(\.rule) == ["yaml.syntax"])
            #expect(try faults(await stage.publish("")).map(\.rule) == ["yaml.empty"])
            #expect(try await stage.published().allSatisfy { $0.newest == 1 })
        }
    }

    @Test("only the next version is published, of a new procedure the first; another text of a known one is refused")
    func order() async throws {
        try await RoutingStage.run { stage in
            func refusal(_ yaml: String) async throws -> SeenFaults.Fault? {
                let answer = try await stage.publish(yaml)
                #expect(answer.status == .conflict && answer.problem == "procedure-version")
                return try faults(answer).first
            }
            let gap = try TestDefinition.text(version: 3)
            let told = try #require(try await refusal(gap))
            #expect(told.field == "version" && told.rule == "version.next")
            #expect(told.line == (try line(of: "version: 3", in: gap)))
            #expect(told.messageEn == "must be 2, the next after the newest")
            func hastened(_ version: Int) throws -> String {
                try TestDefinition.text(version: version, TestDefinition.hastened)
            }
            #expect(try await refusal(hastened(1))?.rule == "version.published")
            #expect(try await stage.publish(TestDefinition.text(version: 2)).status == .created)
            #expect(try await refusal(hastened(2))?.rule == "version.published")
            #expect(try await stage.publish(gap).status == .created)

            func new(_ version: Int) throws -> String {
                try TestDefinition.text(
                    "dues-objection.yaml", version: version, ["procedure: dues-objection": "procedure: new-objection"])
            }
            #expect(try await refusal(new(2))?.rule == "version.next")
            #expect(try await stage.publish(new(1)).status == .created)
            let known = try await stage.desk().cases.definitions.definition(
                ProcedureCode("new-objection"), version: 1, in: stage.pool)
            #expect(known != nil)
        }
    }

    @Test("the same text by the same decision gets the same answer; no other decision is taken for one that was kept")
    func again() async throws {
        try await RoutingStage.run { stage in
            let yaml = try TestDefinition.text(version: 2)
            let first = try await stage.publish(yaml, key: "one-key-for-one-text")
            let repeated = try await stage.publish(yaml, key: "one-key-for-one-text")
            #expect(repeated.status == .created && repeated.body == first.body)
            stage.time.advance(by: 60)
            let decision = PublicationDecision(
                number: "16-QĐ/TW", day: Day(containing: stage.time.now), body: "Ban Mẫu Trung ương")
            let again = try await stage.publish(yaml, token: stage.service.operatorToken("other"))
            #expect(again.status == .ok && again.body == first.body)
            let brought = try #require(ProcedureCatalogue.texts["dues-objection.yaml"])
            for answer in [try await stage.publish(yaml, decision: decision), try await stage.publish(brought)] {
                #expect(answer.status == .conflict)
                #expect(try faults(answer).first?.messageEn.contains("not by this decision") == true)
            }
            #expect(try await stage.number("SELECT count(*) AS n FROM audit WHERE action = 'procedure.published'") == 1)
        }
    }

    @Test("of two who publish the same version at once one wins, and the other is told that it is taken")
    func atOnce() async throws {
        try await RoutingStage.run { stage in
            let texts = [
                try TestDefinition.text(version: 2), try TestDefinition.text(version: 2, TestDefinition.hastened),
            ]
            let both = try await stage.pool.transaction { transaction in
                try await Publication.lock(in: transaction)
                let both = texts.map { text in Task { try await stage.publish(text) } }
                // Both have been judged and wait for their turn.
                // From outside: a transaction sees the activity of its first look.
                try await eventually("both wait") {
                    try await stage.number(
                        """
                        SELECT count(*) AS n FROM pg_locks
                        WHERE NOT granted AND relation = 'procedure_definitions'::regclass
                        """) == 2
                }
                return both
            }
            var answers: [TestAnswer] = []
            for task in both { answers.append(try await task.value) }
            #expect(Set(answers.map(\.status)) == [.created, .conflict])
            let loser = try #require(answers.first { $0.status == .conflict })
            #expect(try faults(loser).map(\.rule) == ["version.published"])
            let winner = try #require(answers.firstIndex { $0.status == .created })
            let kept = try #require(try await Publication.find(.officialTransfer, version: 2, in: stage.pool))
            #expect(kept.yaml == texts[winner])
        }
    }

    @Test("only operators publish and look; a decision that is none is refused with its field")
    func refused() async throws {
        try await RoutingStage.run { stage in
            let yaml = try TestDefinition.text(version: 2)
            let officer = try await stage.service.token(member: stage.officer(stage.places.province))
            #expect(try await stage.publish(yaml, token: officer).status == .forbidden)
            for path in ["/v1/procedures", "/v1/procedures/official-transfer/versions/1"] {
                #expect(try await stage.service.call(.get, path, token: officer).status == .forbidden)
                #expect(try await stage.service.call(.get, path).status == .unauthorized)
            }
            let unknown = try await stage.service.call(.post, "/v1/procedures", key: "anonymous-key", json: "{}")
            #expect(unknown.status == .unauthorized)
            let today = TestDefinition.decision.day
            for (decision, fault) in [
                (PublicationDecision(number: " ", day: today, body: "Ban Mẫu"), ["decision.number": "text.line"]),
                (PublicationDecision(number: "1", day: today, body: "a\nb"), ["decision.body": "text.line"]),
                (
                    PublicationDecision(number: "1", day: Day(number: today.number + 1), body: "Ban Mẫu"),
                    ["decision.day": "decision.later"]
                ),
            ] {
                let answer = try await stage.publish(yaml, decision: decision)
                #expect(answer.status == .unprocessableContent && answer.faults == fault)
            }
            #expect(try await stage.published().allSatisfy { $0.newest == 1 })
        }
    }

    @Test("a published definition holds against the program's own of the same version, and is never changed")
    func stands() async throws {
        try await RoutingStage.run { stage in
            // An earlier release brought another text under this version.
            try await stage.pool.execute(
                Publication.bring(
                    .officialTransfer, version: 1, yaml: TestDefinition.text(version: 1, TestDefinition.hastened),
                    by: "service:routing", at: stage.time.now))
            let running = try #require(try await CaseStore.read(stage.submitted(), in: stage.pool))
            let due = try #require(running.turn?.due.at)
            #expect(due < stage.time.now.addingTimeInterval(5 * 86_400), "one working day, not the next meeting")
            for change: SQL in [
                "UPDATE procedure_definitions SET yaml = 'x'", "DELETE FROM procedure_definitions",
                "TRUNCATE procedure_definitions",
            ] {
                await #expect(throws: PostgresError.self) { try await stage.pool.execute(change) }
            }
            let transfer = try await stage.published().first { $0.procedure == "official-transfer" }
            #expect(transfer?.versions.count == 1)
        }
    }

    @Test("a text that only a later program can read makes its dossiers wait; a campaign runs by the newest version")
    func others() async throws {
        try await RoutingStage.run { stage in
            try await stage.pool.execute(
                Publication.bring(
                    .officialTransfer, version: 2, yaml: "procedure: official-transfer\nversion: 2\nnewWord: x",
                    by: "service:routing", at: stage.time.now))
            let dossier = try stage.dossier(to: stage.places.cellB, version: 2)
            await #expect(throws: NotYet.self) { try await stage.deliver(dossier, key: dossier.dossierId.value) }

            let opinion = try TestDefinition.text("residence-opinion.yaml", version: 2)
            #expect(try await stage.publish(opinion).status == .created)
            try await stage.employ(1, at: stage.places.baseCellB, residence: stage.places.cellA)
            let officer = try stage.officer(stage.places.communeB)
            #expect(try await stage.order(by: officer, at: stage.places.communeB).status == .accepted)
            try await CampaignWork(desk: stage.desk()).run()
            #expect(try await stage.number("SELECT procedure_version::bigint AS n FROM cases") == 2)
        }
    }
}
