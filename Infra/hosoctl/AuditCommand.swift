import ArgumentParser
import Contracts
import Foundation
import Kafka
import ServiceKit
import Synchronization
import Trust

/// `audit verify`: recomputes each service's audit chain and compares it with the anchors in Kafka.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Verifies the audit of services.", subcommands: [Verify.self],
        defaultSubcommand: Verify.self)

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Recomputes the chain and compares it with the published anchors; exit code 1 on a fault.")

        @OptionGroup var options: AdminOptions
        /// Without brokers the anchors are not compared.
        @OptionGroup var broker: BrokerOptions

        func run() async throws {
            let kafka = try broker.configuration()
            let results = try await AdminClient.with(options) { client in
                var results: [Result] = []
                for service in options.services {
                    results.append(try await AuditCommand.verify(service, client, kafka))
                }
                return results
            }
            if options.json { try Output.json(results) } else { AuditCommand.show(results) }
            guard results.allSatisfy({ $0.faults.isEmpty }) else { throw ExitCode(1) }
        }
    }

    /// What was found in one service.
    struct Result: Codable {
        var service: String
        var seals: Int
        var rows: Int
        /// Absent when no broker was asked.
        var anchors: Int?
        var faults: [String]
    }

    private struct Report: Decodable {
        struct Seal: Decodable {
            var number: Int64
            var total: Int64
            var hash: String
        }
        var seals: [Seal]
        var rows: Int
        var faults: [String]
        var hasMore: Bool
    }

    private static func verify(_ service: ServiceName, _ client: AdminClient, _ kafka: KafkaConfiguration?)
        async throws -> Result
    {
        // The anchors first: a seal made meanwhile has none yet, but every anchor must have its seal.
        let anchors = try await anchors(of: service, kafka)
        var result = Result(service: service.rawValue, seals: 0, rows: 0, anchors: anchors?.count, faults: [])
        var seals: [AuditAnchor] = []
        while true {
            let after = seals.last?.number ?? 0
            let page = try await client.call(service, "/admin/v1/audit/verify?after=\(after)", as: Report.self)
            result.rows += page.rows
            result.faults += page.faults
            seals += page.seals.map {
                AuditAnchor(number: $0.number, total: $0.total, hash: [UInt8](hex: $0.hash) ?? [])
            }
            guard page.hasMore else { break }
        }
        result.seals = seals.count
        if let anchors { result.faults += AuditChain.faults(of: seals, against: anchors).map(\.description) }
        return result
    }

    private static func anchors(of service: ServiceName, _ kafka: KafkaConfiguration?) async throws -> [AuditAnchor]? {
        guard let kafka else { return nil }
        let found = Mutex<[AuditAnchor]>([])
        let tail = try await TopicTail.open(
            kafka, topics: [TopicCatalogue.operations(of: service).name])
        try await tail.read(fromEnd: false, follow: false) { record in
            guard EventLine.header(record, EventHeader.type) == AuditAnchored.type, let value = record.value,
                let anchor = try? ContractsJSON.decode(AuditAnchored.self, from: value)
            else { return }
            let hash = [UInt8](hex: anchor.hash.text) ?? []
            found.withLock { $0.append(AuditAnchor(number: anchor.batch, total: anchor.count, hash: hash)) }
        }
        return Array(Set(found.withLock { $0 }))
    }

    private static func show(_ results: [Result]) {
        Output.table(
            ["SERVICE", "SEALS", "ROWS", "ANCHORS", "VERDICT"],
            results.map { result in
                [
                    result.service, "\(result.seals)", "\(result.rows)", result.anchors.map(String.init) ?? "-",
                    result.faults.isEmpty ? "intact" : "faults: \(result.faults.count)",
                ]
            })
        for result in results { for fault in result.faults { Output.line("\(result.service): \(fault)") } }
    }
}
