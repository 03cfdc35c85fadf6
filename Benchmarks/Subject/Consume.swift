import ArgumentParser
import Contracts
import Messaging
import Postgres

/// Consumes what stands in the payments topic.
struct Consume: AsyncParsableCommand {
    @OptionGroup var places: Places

    @Option(help: "How many events are to be handled.")
    var count: Int

    func run() async throws {
        let moments = Moments(expecting: count)
        let pool = PostgresPool(places.postgres, logger: logger)
        try await withMessaging(
            places, outbox: Outbox(service: .dues), consumers: [consumer("bench.consume") { moments.note($0) }],
            pool: pool
        ) { await moments.complete() }
        let times = moments.all.map(\.nanoseconds)
        guard let first = times.first, let last = times.last else { return }
        print(#"{"handled": \#(times.count), "seconds": \#(Double(last - first) / 1e9)}"#)
    }
}
