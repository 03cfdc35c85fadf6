/// The names and fixed values of an event's headers (CloudEvents 1.0 in Kafka's binary mode).
public enum EventHeader {
    public static let specVersion = "ce_specversion"
    public static let id = "ce_id"
    public static let type = "ce_type"
    public static let source = "ce_source"
    public static let subject = "ce_subject"
    public static let time = "ce_time"
    /// The version of the aggregate after the event, in decimal.
    public static let sequence = "ce_sequence"
    public static let dataSchema = "ce_dataschema"
    public static let contentType = "content-type"
    public static let traceParent = "traceparent"

    /// The value of `ce_specversion`.
    public static let specVersionValue = "1.0"
    /// The value of `content-type`.
    public static let contentTypeValue = "application/json"

    /// The headers that every event bears; only `traceparent` may be absent.
    public static let required = [
        specVersion, id, type, source, subject, time, sequence, dataSchema, contentType,
    ]
}
