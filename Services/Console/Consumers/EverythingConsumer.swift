import Contracts
import Messaging

/// Sees every event of the suite: headers and place only.
enum EverythingConsumer {
    static let name = "console.events"

    static let definition = ConsumerDefinition(
        name: name, topics: TopicCatalogue.all, kind: .projection(tables: EventStore.tables)
    ).onEveryEvent { message, scope in
        try await EventStore.keep(message, now: scope.now, in: scope.transaction)
    }
}
