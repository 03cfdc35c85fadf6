public import ArgumentParser
public import Contracts
import Foundation
import ServiceKit

extension ServiceName: ExpressibleByArgument {}

/// Where a service's administration answers.
enum ServiceAddress {
    /// `HOSOCTL_DUES_URL`, or the port that the service has on one machine.
    static func base(of service: ServiceName) -> String {
        let variable = "HOSOCTL_\(service.rawValue.uppercased())_URL"
        if let url = ProcessInfo.processInfo.environment[variable], !url.isEmpty {
            return url.hasSuffix("/") ? String(url.dropLast()) : url
        }
        return "http://127.0.0.1:\(CommonSettings.defaultPort(of: service))"
    }
}
