import ArgumentParser
import Contracts
import Foundation
import Messaging

/// `lag`: how far each consumer is behind its topics.
struct LagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lag", abstract: "How far each consumer is behind its topics.")

    @OptionGroup var options: AdminOptions
    @Flag(help: "Every partition, not only the sum of each topic.") var partitions = false

    func run() async throws {
        try await AdminClient.with(options) { client in
            let found = await client.each(options.services, "/admin/v1/lag", as: [PartitionLag].self)
            if options.json {
                return try Output.json(Dictionary(uniqueKeysWithValues: found.map { ($0.service.rawValue, $0.answer) }))
            }
            let lags = found.flatMap(\.answer)
            Output.table(["CONSUMER", "TOPIC", "LAG", "OLDEST"], partitions ? Self.each(lags) : Self.summed(lags))
        }
    }

    private static func each(_ lags: [PartitionLag]) -> [[String]] {
        lags.map { lag in
            [
                lag.consumer, "\(lag.topic)[\(lag.partition)]", "\(lag.lag)",
                lag.oldestAt.map { RFC3339.text(of: $0) } ?? "-",
            ]
        }
    }

    private static func summed(_ lags: [PartitionLag]) -> [[String]] {
        let groups = Dictionary(grouping: lags) { [$0.consumer, $0.topic] }
        return groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { names, lags in
            let oldest = lags.compactMap(\.oldestAt).min()
            return names + ["\(lags.reduce(0) { $0 + $1.lag })", oldest.map { RFC3339.text(of: $0) } ?? "-"]
        }
    }
}
