import DuesDomain
import Foundation
import ServiceKit

/// The layout of each gateway's and bank's files: those of this program, and those that operators put in a directory.
struct SettlementLayouts: Sendable {
    static let settings = [
        Setting(
            "dues.settlement.layouts", .list,
            help: "Layouts of files by gateway, as vnpay=vnpay-csv; portal=portal-pipe and bank=bank-camt053 too "
                + "stand where nothing else is said."),
        Setting("dues.settlement.layoutDirectory", help: "Where further layouts lie, one JSON document for each."),
        Setting(
            "dues.settlement.days", .int, default: "3", range: 0...60,
            help: "After how many days a payment that no file settled is an exception."),
        Setting(
            "dues.settlement.daily", .list,
            help: "The gateways that send a file for every day; a day without one is an exception."),
        Setting(
            "dues.settlement.dueHour", .int, default: "12", range: 0...23,
            help: "The hour of the next day, in Vietnam, by which the file of a day is there."),
    ]

    private static let usual = ["vnpay": "vnpay-csv", "portal": "portal-pipe", "bank": "bank-camt053"]

    private let byGateway: [String: SettlementLayout]

    init(_ settings: Settings) throws {
        var known: [String: SettlementLayout] = [:]
        var all = try SettlementLayout.bundled()
        if let directory = try settings.stringIfSet("dues.settlement.layoutDirectory") {
            all += try Self.layouts(in: directory)
        }
        for layout in all where known.updateValue(layout, forKey: layout.name) != nil {
            throw SettlementLayoutFault(place: "settlement layout \(layout.name)", reason: "is there twice")
        }
        byGateway = try GatewaySettings.pairs(settings, "dues.settlement.layouts", over: Self.usual).mapValues { name in
            guard let layout = known[name] else {
                throw GatewaySettings.fault("dues.settlement.layouts", "there is no layout \(name)")
            }
            return layout
        }
    }

    subscript(gateway: String) -> SettlementLayout? { byGateway[gateway] }

    private static func layouts(in directory: String) throws -> [SettlementLayout] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: directory)
        } catch {
            throw GatewaySettings.fault("dues.settlement.layoutDirectory", "cannot be read")
        }
        return try names.filter { $0.hasSuffix(".json") }.sorted().map { name in
            guard let content = FileManager.default.contents(atPath: "\(directory)/\(name)") else {
                throw SettlementLayoutFault(place: name, reason: "cannot be read")
            }
            do {
                return try SettlementLayout(json: Array(content))
            } catch let fault as SettlementLayoutFault {
                throw SettlementLayoutFault(place: name, reason: "\(fault)")
            }
        }
    }
}
