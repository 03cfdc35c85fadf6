import Contracts
import Foundation
import HTTPTypes
import Postgres
import ServiceTestKit
import TestStack
import Testing

@testable import ServiceKit

@Suite("The audit in the database")
struct AuditStoreTests {
    func write(_ count: Int, _ service: TestService) async throws {
        for number in 0..<count {
            try await service.pool.transaction { transaction in
                try await service.kit.audit.record(
                    "thing.done", subject: "\(number)", actor: "operator:test", details: ["n": number], in: transaction)
            }
        }
    }

    func faults(_ service: TestService) async throws -> [String] {
        try await AuditVerifier(pool: service.pool).verify(after: 0, limit: 100).faults
    }

    @Test("rows are sealed in batches, each seal is anchored in the outbox, and the chain verifies")
    func sealing() async throws {
        try await withTestService(Probe.self, settings: ["audit.sealBatch": "4"]) { service in
            let sealer = try AuditSealer(service.kit)
            try await write(10, service)
            try await eventually("all rows are sealed") {
                try await sealer.sealBatch()
                return try await AuditVerifier(pool: service.pool).verify(after: 0, limit: 100).rows == 10
            }
            let report = try await AuditVerifier(pool: service.pool).verify(after: 0, limit: 100)
            #expect(report.faults.isEmpty && report.seals.count >= 3 && report.seals.last?.total == 10)
            let anchors: Int = try await service.pool.queryOne(
                "SELECT count(*) AS n FROM outbox WHERE type = 'hoso.audit.anchored.v1'"
            ).get("n")
            #expect(anchors == report.seals.count)
            #expect(try await sealer.sealBatch() == 0)
        }
    }

    @Test("a row of a transaction that ends late is sealed too, with nothing before it left out")
    func lateTransaction() async throws {
        try await withTestService(Probe.self) { service in
            let sealer = try AuditSealer(service.kit)
            try await service.pool.transaction { late in
                try await service.kit.audit.record("late", subject: "0", actor: "a", in: late)
                try await write(3, service)
                // What came after waits for it.
                #expect(try await sealer.sealBatch() == 0)
            }
            try await eventually("all rows are sealed") {
                try await sealer.sealBatch()
                return try await AuditVerifier(pool: service.pool).verify(after: 0, limit: 100).rows == 4
            }
            #expect(try await faults(service).isEmpty)
        }
    }

    @Test("two sealers at once make one chain")
    func twoSealers() async throws {
        try await withTestService(Probe.self, settings: ["audit.sealBatch": "2"]) { service in
            try await write(20, service)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        let sealer = try AuditSealer(service.kit)
                        try await eventually("all rows are sealed") {
                            try await sealer.sealBatch()
                            return try await AuditVerifier(pool: service.pool).verify(after: 0, limit: 100).rows == 20
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await faults(service).isEmpty)
        }
    }

    @Test("an edit, a removal and a forged row show in the database's own chain")
    func tampering() async throws {
        FaultRecord.note("A1", "rows edited, removed and forged in the database")
        try await withTestService(Probe.self) { service in
            let sealer = try AuditSealer(service.kit)
            try await write(5, service)
            try await eventually("all rows are sealed") {
                try await sealer.sealBatch()
                return try await AuditVerifier(pool: service.pool).verify(after: 0, limit: 100).rows == 5
            }
            // Whoever owns the tables can take their guard away.
            try await service.pool.execute("ALTER TABLE audit DISABLE TRIGGER USER")
            try await service.pool.execute("UPDATE audit SET actor = 'operator:other' WHERE subject = '1'")
            try await service.pool.execute("DELETE FROM audit WHERE subject = '2'")
            try await service.pool.execute(
                """
                INSERT INTO audit (id, xid, at, action, subject, actor, details)
                SELECT \(SystemIDSource().next(at: TestTimes.start).uuid), xid, at, 'forged', '3', actor, details
                FROM audit WHERE subject = '3'
                """)
            let found = try await faults(service)
            #expect(found.count == 3)
            #expect(found.contains { $0.hasSuffix("was changed") })
            #expect(found.contains { $0.hasSuffix("is missing") })
            #expect(found.contains { $0.contains("was added") })
        }
    }

    @Test("rows of audit and seals cannot be changed, deleted or truncated", arguments: ["audit", "audit_seals"])
    func stands(table: String) async throws {
        try await withTestService(Probe.self) { service in
            try await write(2, service)
            let sealer = try AuditSealer(service.kit)
            try await eventually("all rows are sealed") {
                try await sealer.sealBatch()
                return try await AuditVerifier(pool: service.pool).verify(after: 0, limit: 100).rows == 2
            }
            let column: SQL = table == "audit" ? "at" : "sealed_at"
            for statement: SQL in [
                "UPDATE \(identifier: table) SET \(column) = now()", "DELETE FROM \(identifier: table)",
                "TRUNCATE \(identifier: table)",
            ] {
                let fault = await #expect(throws: PostgresError.self) { try await service.pool.execute(statement) }
                #expect(fault?.sqlState == "23001", "\(statement)")
            }
        }
    }

    @Test("only operators read the chain, through the administration's address")
    func route() async throws {
        try await withTestService(Probe.self) { service in
            #expect(try await service.call(.get, "/admin/v1/audit/verify").status == .unauthorized)
            let answer = try await service.call(.get, "/admin/v1/audit/verify", token: service.operatorToken())
            #expect(answer.status == .ok)
            #expect(try answer.json(AuditVerifier.Report.self).seals.isEmpty)
        }
    }
}
