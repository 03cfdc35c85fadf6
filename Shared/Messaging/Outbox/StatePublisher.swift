public import Contracts
public import Foundation
public import Postgres

/// Writes the whole state of an owner's aggregates to its state topic once more: for new readers, and after a broker
/// was lost.
public struct StatePublisher: Sendable {
    public let topic: Topic
    /// The ids of a page of aggregates, in order: those above `after`, changed since a moment where one is given.
    let page: @Sendable (_ after: UUIDv7?, _ since: Date?, PostgresTransaction) async throws -> [UUIDv7]
    /// Appends the state of one aggregate, under its row lock and with its present version.
    let publish: @Sendable (UUIDv7, EventContext, PostgresTransaction) async throws -> Void

    /// - Parameters:
    ///   - page: answers up to some hundred ids in ascending order; an empty answer ends the publication.
    ///   - publish: takes the row lock, reads, and calls ``Outbox/append(_:key:version:context:republished:in:)`` with
    ///     `republished: true`.
    public init(
        topic: Topic,
        page: @escaping @Sendable (_ after: UUIDv7?, _ since: Date?, PostgresTransaction) async throws -> [UUIDv7],
        publish: @escaping @Sendable (UUIDv7, EventContext, PostgresTransaction) async throws -> Void
    ) {
        self.topic = topic
        self.page = page
        self.publish = publish
    }

    /// Publishes page by page, each in a transaction of its own; answers how many aggregates.
    public func run(since: Date?, pool: PostgresPool, time: any TimeSource, ids: any IDSource) async throws -> Int {
        var after: UUIDv7?
        var count = 0
        while true {
            let from = after
            let done = try await pool.transaction { transaction in
                let page = try await page(from, since, transaction)
                let context = EventContext(now: time.now, ids: ids)
                for id in page { try await publish(id, context, transaction) }
                return page
            }
            guard let last = done.last else { return count }
            after = last
            count += done.count
        }
    }
}
