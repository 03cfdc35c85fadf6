import Contracts

extension ServiceName {
    /// What stands in `ce_source`: `urn:hoso:<service>`.
    var eventSource: String { "urn:hoso:\(rawValue)" }
}
