import Contracts
import Foundation
import IntakeDomain
import Messaging
import Postgres
import Projections
import ServiceKit
import WorkingTime

/// Intake: published procedures, dossiers with their attachments and acknowledgements, and the applicant's status.
@main
struct Intake: ServiceDefinition {
    static let name = ServiceName.intake

    static let migrations =
        DirectoryProjection.migrations + [
            Migration(
                component: "intake", version: 1, name: "intake",
                sql: String(decoding: PackageResources._001_intake_sql, as: UTF8.self)),
            Migration(
                component: "intake", version: 2, name: "supplements",
                sql: String(decoding: PackageResources._002_supplements_sql, as: UTF8.self)),
            Migration(
                component: "intake", version: 3, name: "campaign_cases",
                sql: String(decoding: PackageResources._003_campaign_cases_sql, as: UTF8.self)),
        ]

    static let settings = IntakeSettings.all

    static func assemble(_ kit: ServiceContext) async throws -> ServiceParts {
        let settings = kit.settings
        let directory = DirectoryProjection(service: name, parts: [.organizations, .members, .roles])
        let catalogue = try CatalogueReader.read(directory: settings.stringIfSet("intake.catalogue"))
        let desk = DossierDesk(
            kit: kit, directory: directory, catalogue: catalogue, calendar: try IntakeSettings.calendar(settings),
            rules: try IntakeSettings.rules(settings),
            isElectronicByDefault: try settings.bool("intake.electronicByDefault"),
            results: try settings.string("intake.resultsUrl"))
        let attachments = AttachmentDesk(
            kit: kit, directory: directory, rules: AttachmentRules(limit: try settings.int("intake.attachmentLimit")))
        return ServiceParts(
            routes: { router in
                attachments.add(to: router)
                desk.addSubmission(to: router)
                desk.addSupplements(to: router)
                desk.addViews(to: router)
                desk.addAttachments(to: router)
                desk.addProcedures(to: router)
            },
            consumers: [directory.consumer, ProgressConsumer.definition],
            background: [
                UnclaimedFiles(kit: kit, retention: try settings.seconds("intake.unclaimedRetention"))
            ])
    }
}
