import CRdKafka

extension KafkaError {
    /// A code of the protocol (positive), of librdkafka (down to -200) or of this module (below -1000).
    public struct Code: RawRepresentable, Hashable, Sendable {
        public let rawValue: Int32

        public init(rawValue: Int32) { self.rawValue = rawValue }

        init(_ code: rd_kafka_resp_err_t) { rawValue = code.rawValue }
    }
}

extension KafkaError.Code {
    /// A property is unknown, has a value that is refused, or would break a guarantee.
    public static let configuration = Self(rawValue: -1001)
    /// The client was closed.
    public static let closed = Self(rawValue: -1002)
    /// The broker cannot do this.
    public static let unsupported = Self(rawValue: -1003)
    /// No answer within the time given.
    public static let timedOut = Self(rawValue: -1004)
    /// The broker does not have the offset that reading was to go on from.
    public static let offsetOutOfRange = Self(rawValue: -1005)
    /// The waiting task was cancelled.
    public static let cancelled = Self(rawValue: -1006)
    /// The call is not allowed in this state.
    public static let usage = Self(rawValue: -1007)
    /// A handler returned although its partition was still assigned, so nobody would read it.
    public static let handlerReturned = Self(rawValue: -1008)

    public static let fatal = Self(RD_KAFKA_RESP_ERR__FATAL)
    public static let messageTooLarge = Self(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    public static let batchTooLarge = Self(RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE)
    public static let invalidTopic = Self(RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION)
    public static let invalidTimestamp = Self(RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP)
    public static let invalidRecord = Self(RD_KAFKA_RESP_ERR_INVALID_RECORD)
    public static let policyViolation = Self(RD_KAFKA_RESP_ERR_POLICY_VIOLATION)
    public static let unknownTopicOrPartition = Self(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    /// The same, known from the client's own picture of the cluster.
    public static let unknownTopic = Self(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
    public static let unknownPartition = Self(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
    public static let topicAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    public static let topicAlreadyExists = Self(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
    public static let purgedFromQueue = Self(RD_KAFKA_RESP_ERR__PURGE_QUEUE)
    public static let purgedInFlight = Self(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    public static let queueFull = Self(RD_KAFKA_RESP_ERR__QUEUE_FULL)
    public static let transport = Self(RD_KAFKA_RESP_ERR__TRANSPORT)
    public static let allBrokersDown = Self(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    static let localTimedOut = Self(RD_KAFKA_RESP_ERR__TIMED_OUT)

    private static let own: [Self: (name: String, explanation: String)] = [
        .configuration: ("CONFIGURATION", "a property is not accepted"),
        .closed: ("CLOSED", "the client is closed"),
        .unsupported: ("UNSUPPORTED", "the broker cannot do this"),
        .timedOut: ("TIMED_OUT", "no answer in time"),
        .offsetOutOfRange: ("OFFSET_OUT_OF_RANGE", "the broker does not have this offset"),
        .cancelled: ("CANCELLED", "the waiting task was cancelled"),
        .usage: ("USAGE", "not allowed now"),
        .handlerReturned: ("HANDLER_RETURNED", "the handler returned while its partition was still assigned"),
    ]

    /// The stable name, for example `NOT_LEADER_FOR_PARTITION`.
    public var name: String {
        Self.own[self]?.name ?? String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(rawValue)))
    }

    var explanation: String {
        Self.own[self]?.explanation ?? String(cString: rd_kafka_err2str(rd_kafka_resp_err_t(rawValue)))
    }

    /// What passes by itself: connections, elections, coordinators on the move, a full queue.
    static let retriable: Set<Self> = Set(
        [
            RD_KAFKA_RESP_ERR__TRANSPORT, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, RD_KAFKA_RESP_ERR__RESOLVE,
            RD_KAFKA_RESP_ERR__TIMED_OUT, RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE,
            RD_KAFKA_RESP_ERR__QUEUE_FULL, RD_KAFKA_RESP_ERR__PURGE_QUEUE, RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
            RD_KAFKA_RESP_ERR__WAIT_COORD, RD_KAFKA_RESP_ERR__RETRY,
            RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
            RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT, RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION,
            RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS, RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE,
            RD_KAFKA_RESP_ERR_NOT_COORDINATOR, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
            RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS,
            RD_KAFKA_RESP_ERR_NOT_CONTROLLER, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
            RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT,
            RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED,
        ].map { Self($0) } + [.timedOut])
}
