import CRdKafka

/// What went wrong with Kafka, and whether trying again can help.
public struct KafkaError: Error, Hashable, Sendable {
    public let code: Code
    /// The client itself is spoilt; this module has replaced or closed it.
    public let isFatal: Bool
    /// The same call may succeed later without anything being changed.
    public let isRetriable: Bool
    /// The record may or may not be in the topic.
    public let isOutcomeUnknown: Bool
    public let message: String

    public init(
        _ code: Code, _ message: String? = nil, isFatal: Bool = false, isRetriable: Bool? = nil,
        isOutcomeUnknown: Bool = false
    ) {
        self.code = code
        self.message = message ?? code.explanation
        self.isFatal = isFatal || code == .fatal
        self.isRetriable = isRetriable ?? Code.retriable.contains(code)
        self.isOutcomeUnknown = isOutcomeUnknown
    }
}

extension KafkaError: CustomStringConvertible {
    public var description: String {
        "kafka \(code.name): \(message)\(isFatal ? " (fatal)" : "")\(isOutcomeUnknown ? " (outcome unknown)" : "")"
    }
}

extension KafkaError {
    /// Takes over an error object of librdkafka and frees it; nil when there is none.
    init?(consuming error: OpaquePointer?) {
        guard let error else { return nil }
        self.init(
            Code(rd_kafka_error_code(error)), String(cString: rd_kafka_error_string(error)),
            isFatal: rd_kafka_error_is_fatal(error) != 0,
            isRetriable: rd_kafka_error_is_retriable(error) != 0 ? true : nil)
        rd_kafka_error_destroy(error)
    }
}
