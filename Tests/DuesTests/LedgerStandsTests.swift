import Contracts
import Foundation
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

@Suite("What is written in the books stands")
struct LedgerStandsTests {
    /// Each is refused, on the table and on each of its partitions.
    private func expectRefused(_ statement: SQL, _ scene: DuesScene) async throws {
        let fault = await #expect(throws: PostgresError.self) { try await scene.pool.execute(statement) }
        #expect(fault?.sqlState == "23001", "\(statement)")
    }

    @Test("a posting cannot be changed, deleted or truncated away, nor can its partition be emptied")
    func postings() async throws {
        try await DuesScene.run { scene in
            try await scene.member()
            try await scene.assess()
            let partitions: [String] = try await scene.pool.query(
                """
                SELECT inhrelid::regclass::text AS name FROM pg_inherits
                WHERE inhparent = 'ledger_postings'::regclass ORDER BY 1
                """
            ).map { try $0.get("name") }
            #expect(partitions.count >= 3)
            for table in ["ledger_postings"] + partitions {
                try await expectRefused("TRUNCATE \(identifier: table)", scene)
            }
            let filled: String = try await scene.pool.queryOne(
                "SELECT tableoid::regclass::text AS name FROM ledger_postings"
            ).get("name")
            for table in ["ledger_postings", filled] {
                try await expectRefused("UPDATE \(identifier: table) SET amount = amount + 1", scene)
                try await expectRefused("DELETE FROM \(identifier: table)", scene)
            }
            #expect(try await scene.count("SELECT count(*) FROM ledger_postings") == 1)
        }
    }

    @Test("postings of a month without a partition move into it once it is made, and stand there too")
    func moved() async throws {
        try await DuesScene.run { scene in
            try await scene.member()
            scene.clock?.advance(by: 10_950 * 86_400)
            scene.kit.projectionAges.note("dues.directory", levelAt: scene.kit.time.now)
            try await scene.assess("2026-11")
            #expect(try await scene.count("SELECT count(*) FROM ledger_postings_default") == 1)
            try await PartitionUpkeep(kit: scene.kit).run()
            #expect(try await scene.count("SELECT count(*) FROM ledger_postings_default") == 0)
            #expect(try await scene.count("SELECT count(*) FROM ledger_postings_205611") == 1)
            for table in ["ledger_postings_205611", "ledger_postings_default"] {
                try await expectRefused("TRUNCATE \(identifier: table)", scene)
            }
            try await expectRefused("DELETE FROM ledger_postings", scene)
        }
    }

    @Test(
        "callbacks, receipts and the trail of assessments stand as well",
        arguments: [
            "callbacks", "receipts", "assessment_changes", "settlement_lines", "settlement_files",
        ])
    func others(table: String) async throws {
        try await DuesScene.run { scene in
            try await expectRefused("TRUNCATE \(identifier: table) CASCADE", scene)
        }
    }
}
