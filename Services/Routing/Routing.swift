import Contracts
import Foundation
import Messaging
import Postgres
import Projections
import RoutingDomain
import RoutingProcedures
import ServiceKit
import ServiceLifecycle
import WorkingTime

/// Routing: running cases, who acts next at which organisation and by when, and their decisions.
@main
struct Routing: ServiceDefinition {
    static let name = ServiceName.routing

    static let migrations =
        DirectoryProjection.migrations + [
            Migration(
                component: "routing", version: 1, name: "routing",
                sql: String(decoding: PackageResources._001_routing_sql, as: UTF8.self)),
            Migration(
                component: "routing", version: 2, name: "deadlines_and_work_lists",
                sql: String(decoding: PackageResources._002_deadlines_and_work_lists_sql, as: UTF8.self)),
            Migration(
                component: "routing", version: 3, name: "campaigns",
                sql: String(decoding: PackageResources._003_campaigns_sql, as: UTF8.self)),
            Migration(
                component: "routing", version: 4, name: "turns",
                sql: String(decoding: PackageResources._004_turns_sql, as: UTF8.self)),
            Migration(
                component: "routing", version: 5, name: "supplements",
                sql: String(decoding: PackageResources._005_supplements_sql, as: UTF8.self)),
            Migration(
                component: "routing", version: 6, name: "stays",
                sql: String(decoding: PackageResources._006_stays_sql, as: UTF8.self)),
            Migration(
                component: "routing", version: 7, name: "procedure_definitions",
                sql: String(decoding: PackageResources._007_procedure_definitions_sql, as: UTF8.self)),
            Migration(
                component: "routing", version: 8, name: "opinions_by_list",
                sql: String(decoding: PackageResources._008_opinions_by_list_sql, as: UTF8.self)),
            Migration(
                component: "routing", version: 9, name: "dues_standings",
                sql: String(decoding: PackageResources._009_dues_standings_sql, as: UTF8.self)),
        ]

    static let settings = [
        Setting(
            "routing.procedures", .path,
            help: "A directory of further definitions of procedures (*.yaml), beside the program's and the published."),
        Setting(
            "routing.calendar", .path,
            help: "The official calendar (JSON); without it the one inside the program holds."),
        Setting(
            "routing.outsideHours", .string, default: DeadlineRules.OutsideHours.nextOpening.rawValue,
            allowed: ["next-opening", "as-received"],
            help: "How what comes outside office hours counts towards a limit in working days."),
        Setting(
            "routing.warningPercentLeft", .int, default: "\(DeadlineRules.standard.warningPercentLeft)", range: 0...99,
            help: "How much of a step's limit is left, in percent, when the officer is warned."),
        Setting(
            "routing.escalationHours", .int, default: "\(DeadlineRules.standard.escalationHours)", range: 0...80,
            help: "How many working hours after the limit of a step the superior is told."),
        Setting(
            "routing.campaign.most", .int, default: "\(OpinionCampaign.most)", range: 1...OpinionCampaign.most,
            help: "How many members one campaign concerns at the most."),
        Setting(
            "routing.watch.interval", .duration, default: "30s",
            help: "How often the background jobs look for deadlines to be told of and seats without an officer."),
    ]

    static func assemble(_ kit: ServiceContext) async throws -> ServiceParts {
        let desk = try desk(kit)
        return ServiceParts(
            routes: { router in
                desk.addActions(to: router)
                desk.addViews(to: router)
                desk.addWorkList(to: router)
                desk.addDeadlineRevisions(to: router)
                desk.addMessages(to: router)
                desk.addPaperFile(to: router)
                desk.addDelays(to: router)
                desk.addCampaigns(to: router)
                desk.addProcedures(to: router)
            },
            consumers: [
                desk.directory.consumer, DossierConsumer.definition(desk.cases),
                ResultConsumer.definition(desk.cases, logger: kit.logger), StandingConsumer.definition,
            ],
            background: try jobs(desk))
    }

    /// Everything that routes and jobs work with.
    static func desk(_ kit: ServiceContext) throws -> CaseDesk {
        let directory = DirectoryProjection(service: name, parts: [.organizations, .members, .roles])
        let reader = CircumstancesReader(
            directory: directory,
            definitions: Definitions(own: try catalogue(kit.settings), logger: kit.logger),
            calendar: try calendar(kit.settings), rules: try rules(kit.settings))
        return CaseDesk(kit: kit, cases: Cases(reader: reader), directory: directory)
    }

    private static func jobs(_ desk: CaseDesk) throws -> [any Service] {
        let interval = try desk.kit.settings.duration("routing.watch.interval")
        func job(_ name: String, _ work: @escaping @Sendable () async throws -> Void) -> PeriodicJob {
            PeriodicJob(name: name, interval: interval, logger: desk.kit.logger, work: work)
        }
        return [
            // Whoever ordered a campaign looks on.
            PeriodicJob(name: "campaigns", interval: min(interval, .seconds(2)), logger: desk.kit.logger) {
                try await CampaignWork(desk: desk).run()
            },
            job("deadline alerts") { try await DeadlineAlerts(desk: desk).run() },
            job("stay ends") { try await StayEnds(desk: desk).run() },
            job("vacant seats") { try await VacantSeats(desk: desk).run() },
            job("place upkeep") { try await PlaceUpkeep(kit: desk.kit).run() },
            job("calendar revision") { try await CalendarRevision(desk: desk).run() },
            job("own definitions") { try await desk.settleDefinitions() },
        ]
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
            warningPercentLeft: settings.int("routing.warningPercentLeft"),
            maximumExtensionHours: standard.maximumExtensionHours,
            escalationHours: settings.int("routing.escalationHours"))
    }
}
