import ArgumentParser
import Contracts
import Foundation
import Kafka

/// `events`: what stands in the topics, decoded.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Shows the events of topics; with --follow also those that come.")

    @Option(help: "A topic; may be given again. All topics of the catalogue when absent.") var topic: [String] = []
    @Option(help: "Only events of this type.") var type: String?
    @Option(help: "Only events of this key.") var key: String?
    @Flag(help: "Go on with what comes, until interrupted.") var follow = false
    @Flag(help: "Begin at the end instead of at the beginning; useful with --follow.") var fromEnd = false
    @Flag(help: "Write one JSON object a line.") var json = false
    @OptionGroup var broker: BrokerOptions

    func run() async throws {
        guard let configuration = try broker.configuration() else {
            throw ValidationError("give --brokers or set KAFKA_BOOTSTRAP_SERVERS")
        }
        let names = topic.isEmpty ? TopicCatalogue.all.map(\.name) : topic
        let tail = try await TopicTail.open(configuration, topics: names)
        let filter = self
        try await tail.read(fromEnd: fromEnd, follow: follow) { record in
            guard filter.wants(record) else { return }
            Output.line(filter.json ? EventLine.json(record) : EventLine.human(record))
        }
    }

    private func wants(_ record: ConsumedRecord) -> Bool {
        if let type, EventLine.header(record, EventHeader.type) != type { return false }
        if let key, record.key.map({ String(decoding: $0, as: UTF8.self) }) != key { return false }
        return true
    }
}
