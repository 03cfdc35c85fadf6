/// Properties that a configuration may not set, each with the reason that the refusal names.
enum ReservedProperties {
    static func reason(for name: String) -> String? {
        reasons[name]
    }

    private static let reasons: [String: String] = {
        var all: [String: String] = [:]
        for (names, reason) in groups {
            for name in names { all[name] = reason }
        }
        return all
    }()

    private static let groups: [(names: [String], reason: String)] = [
        (["bootstrap.servers", "metadata.broker.list"], "it is the field bootstrapServers"),
        (["client.id"], "it is the field clientID"),
        (["group.id"], "it is given when the consumer is made"),
        (
            [
                "enable.auto.commit", "auto.commit.enable", "auto.commit.interval.ms", "enable.auto.offset.store",
                "offset.store.method", "offset.store.path", "offset.store.sync.interval.ms",
            ],
            "the position is kept by the consumer of the batches, and a commit only reports it"
        ),
        (["auto.offset.reset"], "a missing offset must be a loud stop, never a silent jump"),
        (["partition.assignment.strategy"], "rebalancing is cooperative-sticky"),
        (["enable.partition.eof"], "the end of a partition is not an event here"),
        (
            ["acks", "request.required.acks", "enable.idempotence"],
            "a record is confirmed only when all in-sync replicas have it, exactly once and in order"
        ),
        (
            ["message.timeout.ms", "delivery.timeout.ms"],
            "a record that expired would let its successor overtake it"
        ),
        (["retries", "message.send.max.retries"], "sending is retried until it succeeds or is refused for good"),
        (["transactional.id"], "transactions are not used"),
        (["partitioner"], "keys are placed as other clients do (murmur2)"),
        (
            ["queue.buffering.max.messages", "queue.buffering.max.kbytes"],
            "the queue's bound is given by the producer's limits"
        ),
        (["delivery.report.only.error", "produce.offset.report"], "every record gets its delivery report"),
        (["log.queue", "log_cb", "opaque", "background_event_cb"], "it belongs to this module"),
        (["test.mock.num.brokers"], "a service never brings its own broker"),
        (["builtin.features"], "it cannot be set"),
    ]

    /// Whether a value must never be shown, not even in an error about it.
    static func isSecret(_ name: String) -> Bool {
        ["password", "secret", "pem", "ssl.key", "oauthbearer", "jaas"].contains { name.contains($0) }
    }
}
