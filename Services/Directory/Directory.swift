import Contracts
import Postgres
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
            component: "directory", version: 10, name: "import",
            sql: String(decoding: PackageResources._010_import_sql, as: UTF8.self)),
    ]

    static let settings = ImportSettings.all

    static func assemble(_ kit: ServiceContext) async throws -> ServiceParts {
        let desk = DirectoryDesk(kit: kit)
        let imports = try ImportRoutes(desk)
        let importWorker = try ImportWorker(kit)
        let outgoing = OutgoingRoutes(
            desk: desk, bearers: imports.bearers, layout: try ImportLayouts.answers())
        return ServiceParts(
            routes: { router in
                desk.addOrganizations(to: router)
                desk.addOrganizationCommands(to: router)
                desk.addMembers(to: router)
                desk.addRoles(to: router)
                desk.addSelfView(to: router)
                imports.add(to: router)
                DifferenceRoutes(desk: desk).add(to: router)
                outgoing.add(to: router)
                QualityRoutes(desk: desk).add(to: router)
            },
            consumers: [AdmissionConsumer.definition(audit: kit.audit)],
            background: try ImportPull.jobs(kit, imports.layouts) + [
                PeriodicJob(name: "planned changes", interval: .seconds(60), logger: kit.logger) {
                    try await PlannedChanges(desk: desk).run()
                },
                PeriodicJob(name: "imports", interval: .seconds(2), logger: kit.logger) {
                    try await importWorker.run()
                },
            ],
            publishers: Publishers.all(kit.outbox))
    }
}
