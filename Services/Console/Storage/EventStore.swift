import ConsoleDomain
import Contracts
import Foundation
import Messaging
import Postgres

/// The read model: the newest events and the counts.
enum EventStore {
    /// The tables, all of which replay empties.
    static let tables = ["seen_events", "event_counts"]

    /// Keeps one event, in one round trip.
    static func keep(_ message: Message<[UInt8]>, now: Date, in transaction: PostgresTransaction) async throws {
        let place = message.place
        _ = try await transaction.pipeline([
            """
            INSERT INTO seen_events (id, type, topic, partition, "offset", key, sequence, time, seen_at)
            VALUES (\(message.id), \(message.type), \(place.topic), \(place.partition), \(place.offset),
                \(message.key), \(message.sequence), \(message.time), \(now))
            """,
            """
            INSERT INTO event_counts AS known (topic, partition, type, count, newest)
            VALUES (\(place.topic), \(place.partition), \(message.type), 1, \(message.time))
            ON CONFLICT (topic, partition, type) DO UPDATE
            SET count = known.count + 1, newest = greatest(known.newest, excluded.newest)
            """,
        ])
    }

    /// The newest events, the newest first.
    /// - Parameters:
    ///   - after: only those with a higher number.
    ///   - before: only those with a lower number, for going back.
    static func newest(
        _ limit: Int, after: Int64 = 0, before: Int64 = .max, topic: String? = nil,
        in session: any PostgresQueryable
    ) async throws -> [SeenEvent] {
        try await session.query(
            """
            SELECT number, id, type, topic, partition, "offset", key, sequence, time, seen_at FROM seen_events
            WHERE number > \(after) AND number < \(before) AND (\(topic)::text IS NULL OR topic = \(topic))
            ORDER BY number DESC LIMIT \(limit)
            """
        ).map { row in
            let topic: String = try row.get("topic")
            return SeenEvent(
                number: try row.get("number"), id: try row.get("id"), type: try row.get("type"), topic: topic,
                partition: try row.get("partition"), offset: try row.get("offset"), key: try row.get("key"),
                sequence: try row.get("sequence"), time: try row.get("time"),
                service: TopicCatalogue[topic]?.owner, seenAt: try row.get("seen_at"))
        }
    }

    static func counts(in session: any PostgresQueryable) async throws -> [TopicCount] {
        let found = try await session.query(
            "SELECT topic, sum(count) AS count, max(newest) AS newest FROM event_counts GROUP BY topic ORDER BY topic"
        ).map { row in
            let topic: String = try row.get("topic")
            return TopicCount(
                topic: topic, service: TopicCatalogue[topic]?.owner, count: try row.get("count"),
                newest: try row.get("newest"))
        }
        return TopicCount.complete(found)
    }

    /// Deletes what is older than the newest `kept` events.
    static func trim(to kept: Int, in session: any PostgresQueryable) async throws {
        try await session.execute(
            """
            DELETE FROM seen_events WHERE number <= (
                SELECT number FROM seen_events ORDER BY number DESC OFFSET \(kept) LIMIT 1)
            """)
    }
}
