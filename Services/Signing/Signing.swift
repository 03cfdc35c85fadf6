import Contracts
import Foundation
import Messaging
import Postgres
import Projections
import ServiceKit
import SigningDomain

/// Signing: signature jobs, registers, signed result documents, and their verification by anybody.
@main
struct Signing: ServiceDefinition {
    static let name = ServiceName.signing

    static let migrations =
        DirectoryProjection.migrations + [
            Migration(
                component: "signing", version: 1, name: "signing",
                sql: String(decoding: PackageResources._001_signing_sql, as: UTF8.self)),
            Migration(
                component: "signing", version: 2, name: "unreadable_jobs",
                sql: String(decoding: PackageResources._002_unreadable_jobs_sql, as: UTF8.self)),
            Migration(
                component: "signing", version: 3, name: "receipts",
                sql: String(decoding: PackageResources._003_receipts_sql, as: UTF8.self)),
        ]

    static let settings =
        SealSettings.declared + [
            Setting(
                "signing.publicUrl", .url, default: "http://127.0.0.1:8104", hasDevelopmentDefault: true,
                help: "Where anybody reaches this service; the addresses in QR codes begin with it."),
            Setting(
                "signing.hands", .int, default: "2", range: 1...64,
                help: "How many results a process works on at once; each holds a database connection."),
            Setting("signing.retry.first", .duration, default: "1s", help: "The wait after a first failure."),
            Setting("signing.retry.longest", .duration, default: "5m", help: "The longest wait between two attempts."),
            Setting(
                "signing.retry.announcedAt", .int, default: "5", range: 1...1_000,
                help: "The failed attempt with which the case is told that its result is late."),
        ]

    static func assemble(_ kit: ServiceContext) async throws -> ServiceParts {
        let settings = kit.settings
        let directory = DirectoryProjection(service: name, parts: [.organizations, .members, .roles])
        let sealSettings = try SealSettings(settings)
        let trust = try SealTrust(sealSettings)
        let seals = SealKeeper(sealSettings, trust: trust)
        let wakeUp = WakeUp()
        let given = try settings.string("signing.publicUrl")
        let address = given.hasSuffix("/") ? String(given.dropLast()) : given
        let sealing = Sealing(seals: seals)
        let schedule = RetrySchedule(
            first: try settings.seconds("signing.retry.first"),
            longest: try settings.seconds("signing.retry.longest"),
            announcedAt: try settings.int("signing.retry.announcedAt"))
        let worker = SigningWorker(
            kit: kit, issuing: Issuing(kit: kit, directory: directory, sealing: sealing, address: address),
            receipts: ReceiptWork(
                kit: kit, directory: directory, sealing: sealing, schedule: schedule, address: address),
            schedule: schedule, wakeUp: wakeUp, hands: try settings.int("signing.hands"))
        let desk = ResultDesk(kit: kit, directory: directory, address: address, trust: trust)
        return ServiceParts(
            routes: { router in
                desk.addResults(to: router)
                desk.addReceipts(to: router)
                desk.addVerification(to: router)
            },
            consumers: [
                directory.consumer, RequestConsumer.definition(directory, wakeUp: wakeUp),
                ReceiptConsumer.definition(wakeUp: wakeUp),
            ],
            background: [worker], checks: [HealthCheck("seal") { seals.health }])
    }
}
