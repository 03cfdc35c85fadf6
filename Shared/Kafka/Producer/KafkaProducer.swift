public import Logging

/// Writes records: each exactly once and in order within its partition, confirmed by all in-sync replicas.
///
/// A record that is not confirmed is retried for ever; it fails only when the broker refuses it for good, when it is
/// purged, or when the client has a fatal error. Then a new client takes its place for the next send.
public final class KafkaProducer: Sendable {
    struct State {
        var client: ProducerClient?
        var isClosed = false
    }

    private let configuration: KafkaConfiguration
    private let limits: ProducerLimits
    private let gate: ConnectionGate?
    private let logger: Logger
    private let metrics: ClientMetrics
    let state: Guarded<State>

    /// Makes the client; it connects by itself, and no broker need be there yet.
    ///
    /// - Parameter gate: asked before each connection.
    /// - Throws: `.configuration` when a property is unknown, refused or would break a guarantee.
    public convenience init(
        _ configuration: KafkaConfiguration, limits: ProducerLimits = .default, gate: ConnectionGate? = nil,
        logger: Logger
    ) throws(KafkaError) {
        let metrics = ClientMetrics(.producer, clientID: configuration.clientID)
        try self.init(configuration, limits: limits, gate: gate, logger: logger, metrics: metrics)
    }

    init(
        _ configuration: KafkaConfiguration, limits: ProducerLimits = .default, gate: ConnectionGate? = nil,
        logger: Logger, metrics: ClientMetrics
    ) throws(KafkaError) {
        self.configuration = configuration
        self.limits = limits
        self.gate = gate
        self.logger = logger.with(LogKey.client, configuration.clientID)
        self.metrics = metrics
        state = Guarded(
            State(
                client: try ProducerClient(
                    configuration, limits, gate: gate, logger: self.logger, metrics: metrics)))
    }

    deinit {
        // Its thread holds the client, so somebody has to end it.
        guard let client = state.withLock({ $0.client }) else { return }
        Task { await client.stop() }
    }

    /// Writes one record and waits until it is confirmed.
    public func send(_ record: KafkaRecord) async throws(KafkaError) -> KafkaDelivery {
        guard let result = await send(batch: [record]).first else { throw KafkaError(.usage) }
        return try result.get()
    }

    /// Writes records and waits until each is confirmed or refused, with one answer for each in the same order.
    ///
    /// It waits for room when the queue is full. A cancelled task gets its answers at once: records that were not
    /// handed over are refused with `.cancelled`; of those on their way the outcome is unknown.
    public func send(batch records: [KafkaRecord]) async -> [Result<KafkaDelivery, KafkaError>] {
        guard !records.isEmpty else { return [] }
        let client: ProducerClient
        do throws(KafkaError) {
            client = try currentClient()
        } catch {
            return records.map { _ in .failure(error) }
        }
        let batch = DeliveryBatch(count: records.count)
        client.ledger.open(batch)
        await enqueue(records, batch, client)
        await batch.settled()
        return batch.results()
    }

    /// In portions, so that a batch larger than the queue goes through it.
    private func enqueue(_ records: [KafkaRecord], _ batch: DeliveryBatch, _ client: ProducerClient) async {
        var first = 0
        while first < records.count {
            let (end, demand) = portion(of: records, from: first)
            do throws(KafkaError) {
                try await client.ledger.admit(demand)
            } catch {
                if batch.settleRest(.refused, code: error.code, from: first) { client.ledger.close(batch) }
                return
            }
            client.enqueue(records[first..<end], of: batch)
            first = end
        }
    }

    private func portion(of records: [KafkaRecord], from first: Int) -> (end: Int, demand: Admission.Demand) {
        var demand = Admission.Demand(records: 0, bytes: 0)
        var end = first
        while end < records.count {
            let bytes = records[end].queuedBytes
            let isFull = demand.records >= max(1, limits.records / 4) || demand.bytes + bytes > limits.bytes / 4
            if isFull && demand.records > 0 { break }
            demand.records += 1
            demand.bytes += bytes
            end += 1
        }
        return (end, demand)
    }

    /// The client in use; a new one when the last was spoilt by a fatal error.
    private func currentClient() throws(KafkaError) -> ProducerClient {
        try state.withLock { state throws(KafkaError) in
            if state.isClosed { throw KafkaError(.closed) }
            if let client = state.client, client.ledger.fatal == nil { return client }
            if let fatal = state.client?.ledger.fatal {
                logger.error("fatal producer error, taking a new client", metadata: [LogKey.error: "\(fatal)"])
            }
            // The old one ends itself on its own thread.
            state.client = nil
            let client = try ProducerClient(configuration, limits, gate: gate, logger: logger, metrics: metrics)
            state.client = client
            return client
        }
    }

    /// The id of the cluster that answers now.
    public func clusterID(timeout: Duration = .seconds(5)) async throws(KafkaError) -> String {
        try await currentClient().handle.clusterID(timeout: timeout)
    }

    /// Drops what is queued or on its way; each of these records is answered with an error.
    ///
    /// Of records on their way the outcome is unknown. The producer can be used on.
    public func purge() {
        state.withLock { $0.client }?.purge()
    }

    /// Records that are queued or on their way.
    public var outstanding: Int { state.withLock { $0.client }?.ledger.outstanding ?? 0 }

    /// Waits until everything sent before is answered.
    ///
    /// - Throws: `.timedOut`; the records are still on their way then.
    public func flush(timeout: Duration) async throws(KafkaError) {
        guard let client = state.withLock({ $0.client }) else { return }
        let batches = client.ledger.openBatches
        guard !batches.isEmpty else { return }
        let isSettled = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for batch in batches { await batch.settled() }
                return !Task.isCancelled
            }
            group.addTask {
                try? await Task.sleep(for: timeout)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        if !isSettled {
            throw KafkaError(.timedOut, "\(client.ledger.outstanding) records are not confirmed yet")
        }
    }

    /// Waits a while for what was sent, drops the rest, and ends the client. Sending fails from now on.
    public func close(flushing timeout: Duration = .seconds(5)) async {
        let wasClosed = state.withLock { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        if !wasClosed {
            do throws(KafkaError) {
                try await flush(timeout: timeout)
            } catch {
                logger.warning("closing with unconfirmed records", metadata: [LogKey.error: "\(error)"])
            }
        }
        await state.withLock { $0.client }?.stop()
    }
}
