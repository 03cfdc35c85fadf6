import Contracts
import Foundation
import IntakeDomain
import ServiceKit
import WorkingTime

/// What can be set beside the common settings.
enum IntakeSettings {
    static let all = [
        Setting(
            "intake.attachmentLimit", .int, default: "10485760", range: 1_024...104_857_600,
            help: "The largest attachment, in bytes."),
        Setting(
            "intake.unclaimedRetention", .duration, default: "7d",
            help: "How long an uploaded file is kept that no dossier uses."),
        Setting(
            "intake.catalogue", .path,
            help: "A directory with further published procedures (*.yaml); those of the program always hold."),
        Setting(
            "intake.calendar", .path, help: "The official calendar (JSON); without it the one inside the program holds."
        ),
        Setting(
            "intake.outsideHours", default: DeadlineRules.OutsideHours.nextOpening.rawValue,
            allowed: ["next-opening", "as-received"],
            help: "Whether what comes outside office hours counts as received at the next opening."),
        Setting(
            "intake.electronicByDefault", .bool, default: "true",
            help: "Whether procedures are taken electronically where no organisation says from when."),
        Setting(
            "intake.resultsUrl", .url, default: "http://127.0.0.1:8104", hasDevelopmentDefault: true,
            help: "Where members reach the service that keeps results; links to documents begin with it."),
    ]

    /// The official calendar.
    static func calendar(_ settings: Settings) throws -> OfficialCalendar {
        guard let path = try settings.stringIfSet("intake.calendar") else { return try OfficialCalendar.bundled() }
        return try OfficialCalendar(json: Array(Data(contentsOf: URL(filePath: path))))
    }

    /// How receipts outside office hours count.
    static func rules(_ settings: Settings) throws -> DeadlineRules {
        let standard = DeadlineRules.standard
        return try DeadlineRules(
            outsideHours: DeadlineRules.OutsideHours(rawValue: settings.string("intake.outsideHours"))
                ?? standard.outsideHours,
            warningPercentLeft: standard.warningPercentLeft, maximumExtensionHours: standard.maximumExtensionHours)
    }
}
