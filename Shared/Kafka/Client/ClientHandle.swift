import CRdKafka
import Logging

/// A client of librdkafka, from its making to its end.
///
/// Whoever uses the pointer borrows it; `destroy` first lets nobody else borrow, then waits for the borrowers.
final class ClientHandle: Sendable {
    private struct Lifetime {
        var pointer: OpaquePointer?
        var borrowers = 0
    }

    let clientID: String
    private let lifetime: Guarded<Lifetime>
    /// Lives at least as long as the client, see `CallbackContext`.
    private let context: CallbackContext

    init(
        _ kind: rd_kafka_type_t, _ properties: ClientProperties, _ context: CallbackContext, clientID: String
    ) throws(KafkaError) {
        let configuration = try properties.makeConfiguration()
        context.install(in: configuration)
        if kind == RD_KAFKA_PRODUCER {
            context.installDeliveryReports(in: configuration)
        } else {
            context.installRebalancing(in: configuration)
        }
        var reason = [CChar](repeating: 0, count: 512)
        // On success the new client owns the configuration, otherwise it is still ours.
        guard let pointer = rd_kafka_new(kind, configuration, &reason, reason.count) else {
            rd_kafka_conf_destroy(configuration)
            throw KafkaError(.configuration, text(reason))
        }
        self.context = context
        self.clientID = clientID
        lifetime = Guarded(Lifetime(pointer: pointer))
        LiveHandles.add(.client, clientID)
    }

    deinit {
        // Only a client that nobody destroyed gets here with a pointer. Destroying blocks, so not on this thread.
        guard let pointer = lifetime.withLock({ $0.pointer }) else { return }
        let (context, clientID, address) = (context, clientID, Int(bitPattern: pointer))
        OwnThread.start("kafka-destroy") {
            rd_kafka_destroy_flags(OpaquePointer(bitPattern: address), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            LiveHandles.remove(.client, clientID)
            withExtendedLifetime(context) {}
        }
    }

    /// Uses the client, which is not destroyed before the body returns.
    ///
    /// - Returns: nil when it is destroyed already.
    @discardableResult
    func ifOpen<R, E: Error>(_ body: (OpaquePointer) throws(E) -> R) throws(E) -> R? {
        let pointer: OpaquePointer? = lifetime.withLock { lifetime in
            if lifetime.pointer != nil { lifetime.borrowers += 1 }
            return lifetime.pointer
        }
        guard let pointer else { return nil }
        defer { lifetime.signal { $0.borrowers -= 1 } }
        return try body(pointer)
    }

    /// The same; throws `.closed` when it is destroyed already.
    func borrow<R>(_ body: (OpaquePointer) throws(KafkaError) -> R) throws(KafkaError) -> R {
        guard let result = try ifOpen(body) else { throw KafkaError(.closed) }
        return result
    }

    /// Gives the client up without ending it, where ending it would end the process. Its threads stay.
    func abandon() {
        lifetime.withLock { $0.pointer = nil }
        // Its threads may call back as long as the process lives.
        _ = Unmanaged.passRetained(context)
        LiveHandles.remove(.client, clientID)
        LiveHandles.add(.abandonedClient, clientID)
    }

    /// Ends the client and waits for its threads. Blocks; called by the thread that polled it.
    func destroy() {
        let pointer: OpaquePointer? = lifetime.withLock { lifetime in
            defer { lifetime.pointer = nil }
            return lifetime.pointer
        }
        guard let pointer else { return }
        lifetime.wait { $0.borrowers == 0 }
        rd_kafka_destroy_flags(pointer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
        LiveHandles.remove(.client, clientID)
    }
}

extension ClientHandle {
    /// The cluster's id, asked anew: a cluster that was replaced under the same address shows its new one.
    ///
    /// Runs on a thread of its own, as both calls block.
    func clusterID(timeout: Duration) async throws(KafkaError) -> String {
        try await OwnThread.call("kafka-cluster") { () throws(KafkaError) in try self.askClusterID(timeout: timeout) }
    }

    /// The same on the calling thread, which it blocks.
    func askClusterID(timeout: Duration) throws(KafkaError) -> String {
        try borrow { client throws(KafkaError) in
            var metadata: UnsafePointer<rd_kafka_metadata>?
            let result = rd_kafka_metadata(client, 0, nil, &metadata, timeout.milliseconds)
            guard result == RD_KAFKA_RESP_ERR_NO_ERROR else {
                throw KafkaError(answering: result, "the cluster's id")
            }
            rd_kafka_metadata_destroy(metadata)
            // Ours to free, through librdkafka's own allocator.
            guard let id = rd_kafka_clusterid(client, timeout.milliseconds) else {
                throw KafkaError(.timedOut, "no broker told the cluster's id")
            }
            defer { rd_kafka_mem_free(client, id) }
            return String(cString: id)
        }
    }
}

extension KafkaError {
    /// The error of a request that asked a broker for something.
    init(answering code: rd_kafka_resp_err_t, _ what: String) {
        let code = Code(code)
        let timedOut = [.localTimedOut, .transport, .allBrokersDown].contains(code)
        self.init(timedOut ? .timedOut : code, "no answer about \(what): \(code.explanation)")
    }
}
