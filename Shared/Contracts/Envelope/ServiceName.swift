/// The services of the suite.
public enum ServiceName: String, Codable, Hashable, Sendable, CaseIterable {
    case directory
    case intake
    case routing
    case dues
    case signing
    case notification
    case console

    /// What stands in `ce_source` of the service's events.
    public var source: String { "urn:hoso:service:\(rawValue)" }

    /// The service of a `ce_source`, or nil when it is none of ours.
    public init?(source: String) {
        guard let service = ServiceName.allCases.first(where: { $0.source == source }) else { return nil }
        self = service
    }
}
