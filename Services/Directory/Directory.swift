import Contracts
import Foundation
import Postgres
import Records
import ServiceKit

/// Directory: organisations, members, roles; what the other services keep copies of.
@main
struct Directory: ServiceDefinition {
    static let name = ServiceName.directory

    static let migrations = [
        Migration(
            component: "directory", version: 1, name: "directory",
            sql: String(decoding: PackageResources._001_directory_sql, as: UTF8.self)),
        Migration(
            component: "directory", version: 2, name: "past",
            sql: String(decoding: PackageResources._002_past_sql, as: UTF8.self)),
        Migration(
            component: "directory", version: 3, name: "people",
            sql: String(decoding: PackageResources._003_people_sql, as: UTF8.self)),
        Migration(
            component: "directory", version: 4, name: "import",
            sql: String(decoding: PackageResources._004_import_sql, as: UTF8.self)),
        Migration(
            component: "directory", version: 5, name: "dues_figures",
            sql: String(decoding: PackageResources._005_dues_figures_sql, as: UTF8.self)),
        Migration(
            component: "directory", version: 6, name: "figures_again",
            sql: String(decoding: PackageResources._006_figures_again_sql, as: UTF8.self)),
    ]

    static let settings =
        ImportSettings.all + FigureSettings.all + [
            Setting(
                "directory.accountInquiry.url", .url,
                help: "Where a bank account's holder is asked for; without it accounts are approved unverified."),
            Setting("directory.accountInquiry.token", .string, isSecret: true, help: "The bearer token for it."),
            Setting(
                "directory.accountInquiry.timeout", .duration, default: "10s", help: "How long one question may take."),
        ]

    static func assemble(_ kit: ServiceContext) async throws -> ServiceParts {
        let inquiries = try inquiries(kit)
        let desk = DirectoryDesk(kit: kit, isVerifiable: inquiries != nil)
        let imports = try ImportRoutes(desk)
        let figures = try FigureRoutes(desk)
        let outgoing = OutgoingRoutes(
            desk: desk, bearers: imports.bearers, layout: try ImportLayouts.answers())
        return ServiceParts(
            routes: { router in
                desk.addOrganizations(to: router)
                desk.addOrganizationCommands(to: router)
                desk.addBankAccounts(to: router)
                desk.addMembers(to: router)
                desk.addRoles(to: router)
                desk.addAccounts(to: router)
                desk.addResidence(to: router)
                desk.addIdentities(to: router)
                desk.addRequests(to: router)
                desk.addSelfView(to: router)
                desk.addSelfCheck(to: router)
                imports.add(to: router)
                DifferenceRoutes(desk: desk).add(to: router)
                outgoing.add(to: router)
                QualityRoutes(desk: desk).add(to: router)
                figures.add(to: router)
            },
            consumers: [AdmissionConsumer.definition(audit: kit.audit)],
            background: try jobs(kit, desk, imports.layouts, inquiries),
            publishers: Publishers.all(kit.outbox))
    }

    private static func jobs(
        _ kit: ServiceContext, _ desk: DirectoryDesk, _ layouts: [ImportSubject: [String: RecordLayout]],
        _ inquiries: AccountInquiries?
    ) throws -> [PeriodicJob] {
        let comparison = try ImportWorker(kit)
        var jobs = try ImportPull.jobs(kit, layouts)
        jobs.append(
            PeriodicJob(name: "planned changes", interval: .seconds(60), logger: kit.logger) {
                try await PlannedChanges(desk: desk).run()
            })
        jobs.append(
            PeriodicJob(name: "imports", interval: .seconds(2), logger: kit.logger) { try await comparison.run() })
        let telling = try FigureTelling(kit)
        jobs.append(
            PeriodicJob(name: "figures", interval: .seconds(2), logger: kit.logger) { try await telling.run() })
        if let inquiries {
            jobs.append(
                PeriodicJob(name: "account inquiries", interval: .seconds(2), logger: kit.logger) {
                    try await inquiries.run()
                })
        }
        return jobs
    }

    private static func inquiries(_ kit: ServiceContext) throws -> AccountInquiries? {
        guard let address = try kit.settings.stringIfSet("directory.accountInquiry.url").flatMap(URL.init(string:))
        else {
            return nil
        }
        let timeout = try kit.settings.seconds("directory.accountInquiry.timeout")
        return AccountInquiries(
            kit: kit,
            inquiry: HTTPAccountInquiry(
                address: address, token: try kit.settings.stringIfSet("directory.accountInquiry.token"),
                timeout: .seconds(timeout)),
            lease: timeout * 3)
    }
}
