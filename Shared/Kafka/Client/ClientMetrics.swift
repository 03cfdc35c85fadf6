import CoreMetrics

/// The metrics of one client, made once so that the hot path only counts.
struct ClientMetrics: Sendable {
    let errors: Counter
    let records: Counter
    let failedRecords: Counter
    let rebalances: Counter
    let assignedPartitions: Gauge
    private let connectedBrokers: Gauge
    private let slowestBroker: Gauge
    private let queuedRecords: Gauge
    private let queuedBytes: Gauge
    private let sentBytes: Gauge
    private let receivedBytes: Gauge
    private let isConsumer: Bool

    enum Kind: String {
        case producer, consumer, admin
    }

    init(_ kind: Kind, clientID: String, factory: any MetricsFactory = MetricsSystem.factory) {
        let labels = [("client", clientID)]
        func name(_ rest: String) -> String { "kafka_\(kind.rawValue)_\(rest)" }
        errors = Counter(label: name("errors_total"), dimensions: labels, factory: factory)
        records = Counter(label: name("records_total"), dimensions: labels, factory: factory)
        failedRecords = Counter(label: name("failed_records_total"), dimensions: labels, factory: factory)
        rebalances = Counter(label: name("rebalances_total"), dimensions: labels, factory: factory)
        assignedPartitions = Gauge(label: name("assigned_partitions"), dimensions: labels, factory: factory)
        connectedBrokers = Gauge(label: name("connected_brokers"), dimensions: labels, factory: factory)
        slowestBroker = Gauge(label: name("slowest_broker_p99_seconds"), dimensions: labels, factory: factory)
        queuedRecords = Gauge(label: name("queued_records"), dimensions: labels, factory: factory)
        queuedBytes = Gauge(label: name("queued_bytes"), dimensions: labels, factory: factory)
        sentBytes = Gauge(label: name("sent_bytes"), dimensions: labels, factory: factory)
        receivedBytes = Gauge(label: name("received_bytes"), dimensions: labels, factory: factory)
        isConsumer = kind == .consumer
    }

    func record(_ statistics: ClientStatistics) {
        let brokers = statistics.numberedBrokers
        connectedBrokers.record(brokers.filter { $0.state == "UP" }.count)
        slowestBroker.record(Double(brokers.compactMap { $0.rtt?.p99 }.max() ?? 0) / 1_000_000)
        queuedRecords.record(statistics.queuedRecords ?? 0)
        queuedBytes.record(isConsumer ? statistics.prefetchedBytes : statistics.queuedBytes ?? 0)
        sentBytes.record(statistics.sentBytes ?? 0)
        receivedBytes.record(statistics.receivedBytes ?? 0)
    }
}
