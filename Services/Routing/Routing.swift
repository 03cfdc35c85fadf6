import Contracts
import Foundation
import Messaging
import Postgres
import Projections
import RoutingDomain
import RoutingProcedures
import ServiceKit
import WorkingTime

/// Routing: running cases, who acts next at which organisation and by when, and their decisions.
@main
struct Routing: ServiceDefinition {
    static let name = ServiceName.routing

    static let migrations =
        DirectoryProjection.migrations + [
            Migration(
                component: "routing", version: 1, name: "routing",
                sql: String(decoding: PackageResources._001_routing_sql, as: UTF8.self))
        ]

    static let settings = [
        Setting(
            "routing.procedures", .path,
            help: "A directory with further definitions of procedures (*.yaml); those of the program always hold."),
        Setting(
            "routing.calendar", .path,
            help: "The official calendar (JSON); without it the one inside the program holds."),
        Setting(
            "routing.outsideHours", .string, default: DeadlineRules.OutsideHours.nextOpening.rawValue,
            allowed: ["next-opening", "as-received"],
            help: "How what comes outside office hours counts towards a limit in working days."),
    ]

    static func assemble(_ kit: ServiceContext) async throws -> ServiceParts {
        let directory = DirectoryProjection(service: name, parts: [.organizations, .members, .roles])
        let reader = CircumstancesReader(
            directory: directory, catalogue: try catalogue(kit.settings), calendar: try calendar(kit.settings),
            rules: try rules(kit.settings))
        let desk = CaseDesk(kit: kit, cases: Cases(reader: reader), directory: directory)
        return ServiceParts(
            routes: { router in
                desk.addActions(to: router)
                desk.addViews(to: router)
                desk.addWorkList(to: router)
            },
            consumers: [
                directory.consumer, DossierConsumer.definition(desk.cases),
                ResultConsumer.definition(desk.cases, logger: kit.logger),
            ])
    }

    private static func catalogue(_ settings: Settings) throws -> ProcedureCatalogue {
        var catalogue = try ProcedureCatalogue.bundled()
        if let directory = try settings.stringIfSet("routing.procedures") {
            try catalogue.add(directory: directory)
        }
        return catalogue
    }

    private static func calendar(_ settings: Settings) throws -> OfficialCalendar {
        guard let path = try settings.stringIfSet("routing.calendar") else { return try OfficialCalendar.bundled() }
        return try OfficialCalendar(json: Array(Data(contentsOf: URL(filePath: path))))
    }

    private static func rules(_ settings: Settings) throws -> DeadlineRules {
        let standard = DeadlineRules.standard
        return try DeadlineRules(
            outsideHours: DeadlineRules.OutsideHours(rawValue: settings.string("routing.outsideHours"))
                ?? standard.outsideHours,
            warningPercentLeft: standard.warningPercentLeft, maximumExtensionHours: standard.maximumExtensionHours)
    }
}
