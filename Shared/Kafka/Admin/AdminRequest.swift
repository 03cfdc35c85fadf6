import CRdKafka

/// One request of the admin protocol, from its options to its answer. Blocks.
enum AdminRequest {
    /// - Parameters:
    ///   - send: sends the request with these options; the answer comes to this queue.
    ///   - read: reads the answer, which is gone afterwards.
    static func run<R>(
        _ client: OpaquePointer, _ operation: rd_kafka_admin_op_t, timeout: Duration, _ what: String,
        send: (_ options: OpaquePointer, _ queue: OpaquePointer) -> Void,
        read: (_ event: OpaquePointer) throws(KafkaError) -> R
    ) throws(KafkaError) -> R {
        guard let queue = rd_kafka_queue_new(client), let options = rd_kafka_AdminOptions_new(client, operation)
        else { throw KafkaError(.usage, "no memory") }
        defer {
            rd_kafka_AdminOptions_destroy(options)
            rd_kafka_queue_destroy(queue)
        }
        let milliseconds = timeout.milliseconds
        rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, nil, 0)
        send(options, queue)
        guard let event = rd_kafka_queue_poll(queue, milliseconds.addingReportingOverflow(2_000).partialValue) else {
            throw KafkaError(.timedOut, "no answer about \(what)")
        }
        // What the answer points to lives as long as the event.
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        if code == RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE || code == RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION {
            throw KafkaError(.unsupported, "the broker does not answer about \(what)")
        }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaError(answering: code, what) }
        return try read(event)
    }

    /// Some requests go to the controller, for which librdkafka waits in vain when the cluster names none, as its own
    /// mock cluster does.
    static func requireController(_ client: OpaquePointer, timeout: Duration, _ what: String) throws(KafkaError) {
        let brokers = try withMetadata(client, timeout: timeout) { metadata in
            UnsafeBufferPointer(start: metadata.pointee.brokers, count: Int(metadata.pointee.broker_cnt)).map(\.id)
        }
        guard brokers.contains(rd_kafka_controllerid(client, timeout.milliseconds)) else {
            throw KafkaError(.unsupported, "\(what) needs a controller, and this cluster names none")
        }
    }

    /// Asks for the brokers and all topics; the answer is freed when the body returns.
    static func withMetadata<R>(
        _ client: OpaquePointer, timeout: Duration, _ body: (UnsafePointer<rd_kafka_metadata>) -> R
    ) throws(KafkaError) -> R {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(client, 1, nil, &metadata, timeout.milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else { throw KafkaError(answering: code, "the topics") }
        defer { rd_kafka_metadata_destroy(metadata) }
        return body(metadata)
    }
}
