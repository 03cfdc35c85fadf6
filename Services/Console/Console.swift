import ConsoleDomain
import Contracts
import Messaging
import Postgres
import ServiceKit

/// Console: how the services stand and what happens, on one page. Read models only, rebuilt at any time.
@main
struct Console: ServiceDefinition {
    static let name = ServiceName.console

    static let migrations = [
        Migration(
            component: "console", version: 1, name: "console",
            sql: String(decoding: PackageResources._001_console_sql, as: UTF8.self))
    ]

    static let settings = [
        Setting(
            "console.services", .list, default: defaultAddresses,
            help: "Where the services answer: name=address, separated by commas."),
        Setting(
            "console.pollInterval", .duration, default: "3s", help: "How often each service is asked how it stands."),
        Setting(
            "console.pollTimeout", .duration, default: "2s", help: "After how long a service counts as not answering."),
        Setting(
            "console.keptEvents", .int, default: "10000", range: 200...1_000_000,
            help: "How many of the newest events are kept."),
        Setting("console.watchers", .int, default: "200", range: 1...10_000, help: "How many may watch live at once."),
    ]

    static func assemble(_ kit: ServiceContext) async throws -> ServiceParts {
        let hub = EventHub(limit: try kit.settings.int("console.watchers"))
        let poll = HealthPoll(
            addresses: try addresses(kit.settings), interval: try kit.settings.duration("console.pollInterval"),
            timeout: try kit.settings.duration("console.pollTimeout"), time: kit.time, logger: kit.logger)
        let tail = EventTail(
            pool: kit.pool, hub: hub, kept: try kit.settings.int("console.keptEvents"), logger: kit.logger)
        let view = ConsoleView(kit: kit, hub: hub, poll: poll)
        return ServiceParts(
            routes: { router in
                view.addPage(to: router)
                view.addOverview(to: router)
                view.addEvents(to: router)
                view.addStream(to: router)
            },
            consumers: [EverythingConsumer.definition], background: [poll, tail])
    }

    /// Every service on this machine, where it listens unless told otherwise.
    private static let defaultAddresses = ServiceName.allCases
        .map { "\($0.rawValue)=http://127.0.0.1:\(CommonSettings.defaultPort(of: $0))" }.joined(separator: ",")

    private static func addresses(_ settings: Settings) throws -> [ServiceAddress] {
        try settings.list("console.services").map { try ServiceAddress($0) }
    }
}
