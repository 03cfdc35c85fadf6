import AsyncHTTPClient
import Contracts
import Foundation
import Messaging
import NIOCore
import NotificationDomain
import Postgres
import Projections
import ServiceKit

/// Notification: which event is told to whom, and the delivery of notices by email and short message.
@main
struct Notification: ServiceDefinition {
    static let name = ServiceName.notification

    static let migrations =
        DirectoryProjection.migrations + [
            Migration(
                component: "notification", version: 1, name: "notification",
                sql: String(decoding: PackageResources._001_notification_sql, as: UTF8.self))
        ]

    static let settings = [
        Setting("notification.rules", .path, help: "A file of rules (YAML) in place of those inside the program."),
        Setting(
            "notification.smtp.server", .string, help: "smtp://host:port or smtps://host:port; without it no email."),
        Setting(
            "notification.smtp.sender", .string, default: "hoso@localhost", help: "The address that notices come from."),
        Setting("notification.smtp.user", .string, help: "The user at the mail server."),
        Setting("notification.smtp.password", .string, isSecret: true, help: "His password."),
        Setting("notification.smtp.requireTLS", .bool, default: "true", help: "Refuse to send without TLS."),
        Setting(
            "notification.sms.url", .url, help: "The provider's address for messages; without it no short messages."),
        Setting("notification.sms.token", .string, isSecret: true, help: "The bearer token for the provider."),
        Setting("notification.timeout", .duration, default: "20s", help: "How long one delivery may take."),
        Setting(
            "notification.attempts", .int, default: "12", range: 1...100,
            help: "Attempts before a delivery is given up."),
        Setting("notification.parallel", .int, default: "4", range: 1...64, help: "Deliveries at the same time."),
    ]

    static func assemble(_ kit: ServiceContext) async throws -> ServiceParts {
        let directory = DirectoryProjection(service: name, parts: [.organizations, .members, .roles])
        let timeout = try kit.settings.seconds("notification.timeout")
        let worker = DeliveryWorker(
            kit: kit, channels: try channels(kit.settings, timeout: timeout),
            plan: DeliveryPlan(attempts: try kit.settings.int("notification.attempts")), lease: timeout * 3,
            parallel: try kit.settings.int("notification.parallel"))
        let routes = DeliveryRoutes(kit: kit)
        return ServiceParts(
            routes: { routes.add(to: $0) },
            consumers: [
                directory.consumer,
                NoticeConsumer(rules: try rules(kit.settings), directory: directory).definition,
            ],
            background: [worker])
    }

    private static func rules(_ settings: Settings) throws -> NoticeRules {
        guard let path = try settings.stringIfSet("notification.rules") else { return try .bundled() }
        return try NoticeRules(yaml: String(contentsOfFile: path, encoding: .utf8))
    }

    private static func channels(
        _ settings: Settings, timeout: TimeInterval
    ) throws -> [NoticeChannel: any Channel] {
        var channels: [NoticeChannel: any Channel] = [:]
        if let server = try settings.stringIfSet("notification.smtp.server") {
            channels[.email] = MailChannel(
                server: server, sender: try settings.string("notification.smtp.sender"),
                user: try settings.stringIfSet("notification.smtp.user"),
                password: try settings.stringIfSet("notification.smtp.password"),
                requiresTLS: try settings.bool("notification.smtp.requireTLS"), timeout: Int(timeout.rounded(.up)))
        }
        if let address = try settings.stringIfSet("notification.sms.url").flatMap(URL.init(string:)) {
            channels[.sms] = MessageChannel(
                address: address, token: try settings.stringIfSet("notification.sms.token"),
                timeout: .seconds(timeout))
        }
        return channels
    }
}
