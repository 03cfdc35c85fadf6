import Logging

/// The keys under which this module logs.
enum LogKey {
    static let client = "kafka_client"
    static let error = "kafka_error"
    static let facility = "kafka_facility"
    static let group = "kafka_group"
    static let partitions = "kafka_partitions"
    static let partition = "kafka_partition"
    static let records = "kafka_records"
    static let topic = "kafka_topic"
}

extension Logger.Level {
    /// The level of a syslog severity, which is what librdkafka speaks.
    init(syslog severity: Int32) {
        switch severity {
        case ...2: self = .critical
        case 3: self = .error
        case 4: self = .warning
        case 5: self = .notice
        case 6: self = .info
        default: self = .debug
        }
    }
}

extension Logger {
    func with(_ key: String, _ value: String) -> Logger {
        var copy = self
        copy[metadataKey: key] = .string(value)
        return copy
    }
}
