import Contracts
import DuesDomain
import Foundation
import ServiceKit

/// An adapter that operators configure; a gateway that is not configured is not there.
protocol ConfiguredGateway: PaymentGateway {
    static var settings: [Setting] { get }
    /// The adapter, or nil when its first setting has no value.
    static func configured(_ settings: Settings) throws -> Self?
}

/// What adapters read their settings with.
enum GatewaySettings {
    /// Every adapter of this program; another gateway is another one here.
    static let adapters: [any ConfiguredGateway.Type] = [VNPAYGateway.self, PortalGateway.self, MoMoGateway.self]

    /// The settings of all of them, and of what is asked of any.
    static let all =
        adapters.flatMap { $0.settings } + [
            Setting(
                "dues.gateways.timeout", .duration, default: "30s", help: "How long a call to a gateway may take."),
            Setting(
                "dues.gateways.firstPause", .duration, default: "30s",
                help: "How long a gateway that has no answer yet is left alone after the first question."),
            Setting(
                "dues.gateways.pauseFactor", .int, default: "2", range: 1...10,
                help: "How many times longer each further pause is."),
            Setting("dues.gateways.longestPause", .duration, default: "1h", help: "No pause is longer."),
            Setting(
                "dues.gateways.closing", .duration, default: "2h",
                help: "How long after an order's end \"no such payment\" is not yet taken as the last word."),
            Setting(
                "dues.gateways.parallel", .int, default: "4", range: 1...64,
                help: "How many status questions a process asks at once."),
            Setting(
                "dues.callbacks.proxies", .list,
                help: "The networks of our own proxies; their X-Forwarded-For says who called. Empty: there is none."),
            Setting(
                "dues.vietqr.banks", .list,
                help: "Banks' numbers (BIN) by the code of accounts, as VCB=970436; empty: no VietQR is shown. "
                    + "A transfer by it is told by the bank alone."),
        ]

    static func registry(_ settings: Settings) throws -> GatewayRegistry {
        var gateways: [any PaymentGateway] = []
        for adapter in adapters {
            if let gateway = try adapter.configured(settings) { gateways.append(gateway) }
        }
        return GatewayRegistry(gateways)
    }

    /// Between two questions to a gateway that has no answer yet.
    static func pause(_ settings: Settings) throws -> GrowingPause {
        GrowingPause(
            first: try settings.seconds("dues.gateways.firstPause"),
            factor: Double(try settings.int("dues.gateways.pauseFactor")),
            longest: try settings.seconds("dues.gateways.longestPause"))
    }

    static func client(_ settings: Settings) throws -> HTTPGatewayClient {
        HTTPGatewayClient(timeout: try settings.duration("dues.gateways.timeout"))
    }

    /// How long a question to a gateway is one process's own, in seconds: longer than it can take.
    static func lease(_ settings: Settings) throws -> TimeInterval {
        try settings.seconds("dues.gateways.timeout") * 3
    }

    static func banks(_ settings: Settings) throws -> BankNumbers {
        BankNumbers(try pairs(settings, "dues.vietqr.banks", over: [:]))
    }

    /// The settings that every gateway has.
    static func common(_ gateway: String, minimum: Int) -> [Setting] {
        [
            Setting(
                "dues.\(gateway).minimum", .int, default: "\(minimum)", range: 0...1_000_000,
                help: "The least amount, in đồng."),
            Setting(
                "dues.\(gateway).sources", .list,
                help: "The networks it calls from, as 203.0.113.0/24; callbacks from elsewhere are refused. Empty: any."
            ),
            Setting(
                "dues.\(gateway).statusUrl", .url,
                help: "Where it is asked what became of an order; nobody is asked without it."),
            Setting(
                "dues.\(gateway).refundUrl", .url,
                help: "Where refunds are asked for; nothing is given back through it without it."),
            Setting(
                "dues.\(gateway).refundStatusUrl", .url,
                help: "Where it is asked what became of a refund; without it a person finds out."),
        ]
    }

    static func minimum(_ settings: Settings, _ gateway: String) throws -> Dong {
        Dong(Int64(try settings.int("dues.\(gateway).minimum")))
    }

    static func networks(_ settings: Settings, _ key: String) throws -> SourceNetworks {
        guard let networks = SourceNetworks(try settings.list(key)) else {
            throw fault(key, "must be networks such as 203.0.113.0/24 or 2001:db8::/32")
        }
        return networks
    }

    /// The address of a gateway; in production only over TLS.
    static func address(_ settings: Settings, _ key: String) throws -> String? {
        guard let text = try settings.stringIfSet(key) else { return nil }
        guard text.hasPrefix("https://") || (settings.mode == .development && text.hasPrefix("http://")) else {
            throw fault(key, "must be an https address")
        }
        return text
    }

    /// A setting that is needed because its gateway is configured.
    static func needed<Value>(_ value: Value?, _ key: String) throws -> Value {
        guard let value else { throw fault(key, "is missing, its gateway is configured") }
        return value
    }

    /// The code that a gateway knows us by; it travels in JSON and in signatures as it is.
    static func code(_ settings: Settings, _ key: String) throws -> String? {
        guard let code = try settings.stringIfSet(key) else { return nil }
        guard GatewayText.isTransaction(code) else { throw fault(key, "must be letters, digits, -, _ and . only") }
        return code
    }

    /// `name=value,name=value` over what stands there by default.
    static func pairs(_ settings: Settings, _ key: String, over defaults: [String: String]) throws -> [String: String] {
        var pairs = defaults
        for text in try settings.list(key) {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else { throw fault(key, "must be name=value, name=value") }
            pairs[parts[0]] = parts[1]
        }
        return pairs
    }

    static func fault(_ key: String, _ fault: String) -> ConfigurationFault {
        ConfigurationFault(key: key, fault: fault)
    }
}
