/// The data of one type of event.
///
/// Fields added later are optional for ever; any other change is a new type, written beside the old one.
public protocol EventPayload: Codable, Sendable {
    /// The type with its version, for example `hoso.dossier.submitted.v1`.
    static var type: String { get }
    /// The topic; of an operations event the one of Directory, since every service has its own.
    static var topic: Topic { get }
    /// The topic on which `service` writes this type.
    static func topic(writtenBy service: ServiceName) -> Topic
}

extension EventPayload {
    public static func topic(writtenBy service: ServiceName) -> Topic { topic }

    /// What stands in `ce_dataschema`; also the `$id` of the JSON Schema.
    public static var dataSchema: String { "urn:hoso:schema:\(type)" }
}

/// The data of an event about the running of a service, written on that service's operations topic.
public protocol OperationsPayload: EventPayload {
    /// The id of the occurrence, which is the key of the event.
    var occurrenceId: UUIDv7 { get }
    /// The service it happened in.
    var service: ServiceName { get }
}

extension OperationsPayload {
    public static var topic: Topic { TopicCatalogue.operations(of: .directory) }
    public static func topic(writtenBy service: ServiceName) -> Topic { TopicCatalogue.operations(of: service) }
}
