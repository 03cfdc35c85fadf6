import CRdKafka

/// Passes on what librdkafka tells a consumer; answers itself once nobody else will.
final class ConsumerNotices: ClientEvents {
    private enum Answerer {
        /// Rebalances are answered later, by a command.
        case driver
        /// The consumer is leaving: each is answered on the spot.
        case here
    }

    private let answerer = Guarded(Answerer.driver)
    /// The rebalance that librdkafka waits to have answered.
    private let open = Guarded<OpenRebalance?>(nil)
    private let assigned = Guarded(false)
    private let events: AsyncStream<ConsumerEvent>.Continuation

    enum OpenRebalance {
        case assign([TopicPartition])
        case revoke([TopicPartition])
    }

    init(_ events: AsyncStream<ConsumerEvent>.Continuation) {
        self.events = events
    }

    func rebalanced(
        _ client: OpaquePointer, _ code: rd_kafka_resp_err_t,
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
    ) {
        let partitions = list.partitions
        let isAssignment = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
        if isAssignment { assigned.withLock { $0 = true } }
        let rebalance = isAssignment ? OpenRebalance.assign(partitions) : .revoke(partitions)
        if answerer.withLock({ $0 == .here }) {
            Self.answer(rebalance, client)
            return
        }
        open.withLock { $0 = rebalance }
        if isAssignment {
            events.yield(.assigned(partitions))
        } else {
            events.yield(.revoked(partitions, isLost: rd_kafka_assignment_lost(client) != 0))
        }
    }

    /// A fatal error of a consumer is the end of its run; others pass, and were logged.
    func failed(_ error: KafkaError) {
        if error.isFatal { events.yield(.failed(error)) }
    }

    /// Whether there has been an assignment, be it an empty one.
    var hasBeenAssigned: Bool { assigned.withLock { $0 } }

    /// The open rebalance has been answered.
    func answered() {
        open.withLock { $0 = nil }
    }

    /// From now on rebalances are answered here, beginning with one that is open.
    func answerAll(_ client: OpaquePointer) {
        answerer.withLock { $0 = .here }
        let rebalance = open.withLock { open in
            defer { open = nil }
            return open
        }
        if let rebalance { Self.answer(rebalance, client) }
    }

    /// New partitions are taken at their end, so that nothing is fetched while leaving.
    private static func answer(_ rebalance: OpenRebalance, _ client: OpaquePointer) {
        let refusal: KafkaError?
        switch rebalance {
        case .assign(let partitions):
            refusal = withPartitionList(partitions.map { ($0, Int64(RD_KAFKA_OFFSET_END)) }) { list in
                KafkaError(consuming: rd_kafka_incremental_assign(client, list))
            }
        case .revoke(let partitions):
            refusal = withPartitionList(partitions) { list in
                KafkaError(consuming: rd_kafka_incremental_unassign(client, list))
            }
        }
        if refusal != nil { rd_kafka_assign(client, nil) }
    }
}
