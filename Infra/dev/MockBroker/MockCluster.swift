import CMockBind
import CRdKafka
import Glibc

/// librdkafka's mock cluster in this process: the real protocol on loopback ports, everything kept in memory.
///
/// For development and tests only, never in a service. What it lacks is told in the architecture notes: it creates
/// topics only through this class (or by their first use, with 4 partitions), and it drops the oldest records of a
/// partition beyond 5 MiB.
public final class MockCluster: @unchecked Sendable {
    // Sendable: both pointers are set once and freed in `deinit`; the mock's functions hand each change over to its own
    // thread, so any thread may call them.
    private let client: OpaquePointer
    private let cluster: OpaquePointer
    public let brokerCount: Int
    /// What clients take as bootstrap servers.
    public let bootstrapServers: String

    /// Starts the brokers.
    ///
    /// - Parameters:
    ///   - brokers: how many, numbered from 1.
    ///   - firstPort: the port of the first broker, the others follow; 0 lets the system choose. With a port the
    ///     cluster comes back under the same address after a restart (empty, and under another id).
    public init(brokers: Int = 1, firstPort: UInt16 = 0) throws(MockClusterError) {
        let configuration = rd_kafka_conf_new()
        // Otherwise each flush over several partitions waits for a delayed acknowledgement, 44 ms.
        rd_kafka_conf_set(configuration, "socket.nagle.disable", "true", nil, 0)
        rd_kafka_conf_set(configuration, "client.id", "mock-broker", nil, 0)
        // 3: errors. The mock logs each connection that a client closes.
        rd_kafka_conf_set(configuration, "log_level", "3", nil, 0)
        var reason = [CChar](repeating: 0, count: 512)
        // The producer only lends the mock its surroundings; it connects nowhere.
        guard let client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, &reason, reason.count) else {
            rd_kafka_conf_destroy(configuration)
            throw MockClusterError("the mock's client cannot be made")
        }
        mock_bind_next_ports(firstPort)
        defer { mock_bind_next_ports(0) }
        guard let cluster = rd_kafka_mock_cluster_new(client, Int32(brokers)),
            let servers = rd_kafka_mock_cluster_bootstraps(cluster)
        else {
            rd_kafka_destroy(client)
            throw MockClusterError(
                firstPort == 0 ? "the mock cluster cannot be made" : "ports from \(firstPort) on are taken")
        }
        self.client = client
        self.cluster = cluster
        brokerCount = brokers
        bootstrapServers = String(cString: servers)
    }

    deinit {
        // The cluster lives in the client, so it goes first; both join their threads.
        rd_kafka_mock_cluster_destroy(cluster)
        rd_kafka_destroy(client)
    }

    /// Creates a topic.
    public func createTopic(_ name: String, partitions: Int) throws(MockClusterError) {
        try check(
            rd_kafka_mock_topic_create(cluster, name, Int32(partitions), Int32(min(3, brokerCount))),
            "topic \(name) cannot be created")
    }

    private func check(_ code: rd_kafka_resp_err_t, _ what: String) throws(MockClusterError) {
        guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw MockClusterError("\(what): \(String(cString: rd_kafka_err2str(code)))")
    }
}

/// The mock cluster did not do as it was told.
public struct MockClusterError: Error, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

// MARK: - Faults

extension MockCluster {
    /// The requests that faults can be injected into, by their number in the protocol.
    public enum Request: Int16, Sendable, CaseIterable {
        case produce = 0
        case fetch = 1
        case listOffsets = 2
        case metadata = 3
        case offsetCommit = 8
        case offsetFetch = 9
        case findCoordinator = 10
        case joinGroup = 11
        case heartbeat = 12
        case leaveGroup = 13
        case syncGroup = 14
        case initProducerID = 22
    }

    /// The next requests of that kind are answered with these error codes of the protocol, one each.
    ///
    /// -195 closes the connection instead of answering.
    public func failNext(_ request: Request, with codes: [Int32]) {
        let errors = codes.map { rd_kafka_resp_err_t(rawValue: $0) }
        rd_kafka_mock_push_request_errors_array(cluster, request.rawValue, errors.count, errors)
    }

    /// Forgets errors that were not used up.
    public func clearFailures(of request: Request) {
        rd_kafka_mock_clear_request_errors(cluster, request.rawValue)
    }

    /// Every use of the topic is answered with this error; 0 ends that.
    public func setError(_ code: Int32, ofTopic topic: String) {
        rd_kafka_mock_topic_set_error(cluster, topic, rd_kafka_resp_err_t(rawValue: code))
    }

    /// Closes a broker's connections and its port.
    public func stopBroker(_ id: Int = 1) throws(MockClusterError) {
        try check(rd_kafka_mock_broker_set_down(cluster, Int32(id)), "broker \(id) cannot be stopped")
    }

    /// Opens it again on the same port, with all it had.
    public func startBroker(_ id: Int = 1) throws(MockClusterError) {
        try check(rd_kafka_mock_broker_set_up(cluster, Int32(id)), "broker \(id) cannot be started")
    }

    /// Each answer of a broker takes this much longer.
    public func setRoundTrip(_ milliseconds: Int, broker id: Int = 1) throws(MockClusterError) {
        try check(
            rd_kafka_mock_broker_set_rtt(cluster, Int32(id), Int32(milliseconds)),
            "broker \(id) cannot be slowed down")
    }

    /// Moves a partition's leader; nil leaves the partition without one.
    public func setLeader(_ topic: String, _ partition: Int32, broker id: Int?) throws(MockClusterError) {
        try check(
            rd_kafka_mock_partition_set_leader(cluster, topic, partition, id.map { Int32($0) } ?? -1),
            "the leader of \(topic)[\(partition)] cannot be moved")
    }

    /// Moves a group's coordinator.
    public func setCoordinator(group: String, broker id: Int) throws(MockClusterError) {
        try check(
            rd_kafka_mock_coordinator_set(cluster, "group", group, Int32(id)),
            "the coordinator of \(group) cannot be moved")
    }
}
