import ArgumentParser
import Contracts
import Foundation
import Messaging
import Postgres

/// Commits events at a steady rate and tells when each commit returned.
struct HopWrite: AsyncParsableCommand {
    @OptionGroup var places: Places

    @Option(help: "Commits a second.")
    var rate: Int

    @Option(help: "How many.")
    var count: Int

    func run() async throws {
        let moments = Moments(expecting: count)
        let pool = PostgresPool(places.postgres, logger: logger)
        let outbox = Outbox(service: .dues)
        let (rate, count) = (rate, count)
        try await withMessaging(places, outbox: outbox, consumers: [], pool: pool) {
            // The relay leads and the reader has its partitions.
            try await Task.sleep(for: .seconds(8))
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<count {
                    try await Task.sleep(until: start + .seconds(Double(number) / Double(rate)))
                    group.addTask { try await Self.commit(outbox, pool, moments) }
                }
                try await group.waitForAll()
            }
            // Until what was committed is sent.
            try await Task.sleep(for: .seconds(2))
        }
        for moment in moments.all { print("\(moment.key) \(moment.nanoseconds)") }
    }

    private static func commit(_ outbox: Outbox, _ pool: PostgresPool, _ moments: Moments) async throws {
        let (now, ids) = (SystemTimeSource().now, SystemIDSource())
        let order: OrderID = ids.next(at: now)
        let event = PaymentReceived(
            orderId: order, paymentId: ids.next(at: now), channel: "bench", amount: Dong(50_000), lines: [],
            paidAt: now, confirmedAt: now)
        try await pool.transaction { transaction in
            try await outbox.append(
                event, key: order.value, version: 1, context: EventContext(now: now, ids: ids), in: transaction)
        }
        moments.note(order.value)
    }
}

/// Handles events and tells when the commit of each handler's transaction returned.
struct HopRead: AsyncParsableCommand {
    @OptionGroup var places: Places

    @Option(help: "How many.")
    var count: Int

    func run() async throws {
        let moments = Moments(expecting: count)
        let pool = PostgresPool(places.postgres, logger: logger)
        try await withMessaging(
            places, outbox: Outbox(service: .routing), consumers: [consumer("bench.hop") { moments.note($0) }],
            pool: pool
        ) { await moments.complete() }
        for moment in moments.all { print("\(moment.key) \(moment.nanoseconds)") }
    }
}
