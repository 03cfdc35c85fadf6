public import Contracts
import Foundation

/// Where a service answers, as the console is told: `intake=http://127.0.0.1:8101`.
public struct ServiceAddress: Hashable, Sendable {
    public let service: ServiceName
    /// Without a slash at the end.
    public let url: String

    public init(service: ServiceName, url: String) {
        self.service = service
        self.url = url
    }

    /// Reads one entry; throws what is wrong with it.
    public init(_ text: String) throws(InvalidValue) {
        let parts = text.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let service = ServiceName(rawValue: String(parts[0])),
            let url = URL(string: String(parts[1])), url.scheme == "http" || url.scheme == "https", url.host != nil
        else {
            throw InvalidValue(
                field: "console.services", rule: "service-address.form",
                vietnamese: "Mỗi mục có dạng tên-dịch-vụ=http://địa-chỉ.",
                english: "An entry looks like intake=http://127.0.0.1:8101, with the name of a service of the suite.")
        }
        self.service = service
        self.url = String(parts[1].hasSuffix("/") ? parts[1].dropLast() : parts[1])
    }
}
