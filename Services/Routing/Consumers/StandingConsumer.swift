import Contracts
import Messaging

/// What Dues tells of where members stand: a letter states through which month dues are paid.
enum StandingConsumer {
    static let definition = ConsumerDefinition(
        name: "routing.standings", topics: [TopicCatalogue.standings], kind: .projection(tables: ["dues_standings"])
    )
    .on(StandingState.self) { message, scope in
        try DuesStandings.keep(message.payload, version: message.sequence, in: scope.transaction)
    }
}
