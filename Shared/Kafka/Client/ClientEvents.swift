import CRdKafka
import CoreMetrics
import Logging

/// What librdkafka tells a client. All are called on the thread that polls that client.
protocol ClientEvents: Sendable {
    /// A delivery report. The message is librdkafka's and gone after the call.
    func delivered(_ message: UnsafePointer<rd_kafka_message_t>)
    /// Partitions were assigned or revoked. The list is librdkafka's and gone after the call.
    func rebalanced(
        _ client: OpaquePointer, _ code: rd_kafka_resp_err_t,
        _ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>)
    func failed(_ error: KafkaError)
}

extension ClientEvents {
    func delivered(_ message: UnsafePointer<rd_kafka_message_t>) {}
    func rebalanced(
        _ client: OpaquePointer, _ code: rd_kafka_resp_err_t,
        _ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>
    ) {}
    func failed(_ error: KafkaError) {}
}

/// What the opaque pointer of a client points to.
///
/// It is immutable and Sendable, and `ClientHandle` holds it until `rd_kafka_destroy` has returned, which joins every
/// thread that could call back. So each callback below may use it from any thread without retaining it.
final class CallbackContext: Sendable {
    let events: any ClientEvents
    let logger: Logger
    let metrics: ClientMetrics
    let gate: ConnectionGate?

    init(events: any ClientEvents, logger: Logger, metrics: ClientMetrics, gate: ConnectionGate? = nil) {
        self.events = events
        self.logger = logger
        self.metrics = metrics
        self.gate = gate
    }

    static func at(_ opaque: UnsafeMutableRawPointer?) -> CallbackContext? {
        opaque.map { Unmanaged<CallbackContext>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Points the configuration at this context.
    func install(in configuration: OpaquePointer) {
        // Not retained: see the type's own description.
        rd_kafka_conf_set_opaque(configuration, Unmanaged.passUnretained(self).toOpaque())
        rd_kafka_conf_set_log_cb(configuration, logCallback)
        rd_kafka_conf_set_error_cb(configuration, errorCallback)
        rd_kafka_conf_set_stats_cb(configuration, statisticsCallback)
        if gate != nil { rd_kafka_conf_set_connect_cb(configuration, connectCallback) }
    }

    func installDeliveryReports(in configuration: OpaquePointer) {
        rd_kafka_conf_set_dr_msg_cb(configuration, deliveryCallback)
    }

    func installRebalancing(in configuration: OpaquePointer) {
        rd_kafka_conf_set_rebalance_cb(configuration, rebalanceCallback)
    }
}

/// Called by any thread of librdkafka. Safe: `Logger` is Sendable, nothing here calls back into librdkafka but
/// `rd_kafka_opaque`, which reads a field set before the first thread starts, and both strings are copied.
private func logCallback(
    _ client: OpaquePointer?, _ level: Int32, _ facility: UnsafePointer<CChar>?, _ message: UnsafePointer<CChar>?
) {
    guard let client, let message, let context = CallbackContext.at(rd_kafka_opaque(client)) else { return }
    let facility = facility.map { String(cString: $0) } ?? ""
    // A shared configuration names properties of the other kind of client too; that is no fault.
    let severity = facility == "CONFWARN" ? .debug : Logger.Level(syslog: level)
    context.logger.log(
        level: severity, "\(String(cString: message))", metadata: [LogKey.facility: .string(facility)])
}

/// Called by the polling thread.
private func errorCallback(
    _ client: OpaquePointer?, _ code: Int32, _ reason: UnsafePointer<CChar>?, _ opaque: UnsafeMutableRawPointer?
) {
    guard let client, let context = CallbackContext.at(opaque) else { return }
    var error = KafkaError(KafkaError.Code(rawValue: code), reason.map { String(cString: $0) })
    if error.code == .fatal { error = fatalError(of: client) ?? error }
    context.metrics.errors.increment()
    context.events.failed(error)
}

/// The first fatal error of a client, if it has one.
func fatalError(of client: OpaquePointer) -> KafkaError? {
    var reason = [CChar](repeating: 0, count: 512)
    let code = rd_kafka_fatal_error(client, &reason, reason.count)
    guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
    return KafkaError(KafkaError.Code(code), text(reason), isFatal: true, isRetriable: false)
}

/// Called by the polling thread. Returning 0 leaves the text with librdkafka, which frees it.
private func statisticsCallback(
    _ client: OpaquePointer?, _ json: UnsafeMutablePointer<CChar>?, _ length: Int, _ opaque: UnsafeMutableRawPointer?
) -> Int32 {
    guard let json, let context = CallbackContext.at(opaque) else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: json, count: length)
    if let statistics = ClientStatistics(json: bytes) { context.metrics.record(statistics) }
    return 0
}

/// Called by the polling thread, once for each record.
private func deliveryCallback(
    _ client: OpaquePointer?, _ message: UnsafePointer<rd_kafka_message_t>?, _ opaque: UnsafeMutableRawPointer?
) {
    guard let message, let context = CallbackContext.at(opaque) else { return }
    context.events.delivered(message)
}

/// Called by the polling thread.
private func rebalanceCallback(
    _ client: OpaquePointer?, _ code: rd_kafka_resp_err_t,
    _ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?, _ opaque: UnsafeMutableRawPointer?
) {
    guard let client, let partitions, let context = CallbackContext.at(opaque) else { return }
    context.metrics.rebalances.increment()
    context.events.rebalanced(client, code, partitions)
}
