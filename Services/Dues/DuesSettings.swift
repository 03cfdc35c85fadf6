import DuesDomain
import ServiceKit

/// The settings of the Dues service.
enum DuesSettings {
    static let all = GatewaySettings.all + SettlementLayouts.settings + own

    private static let own = [
        Setting("dues.order.lifetime", .duration, default: "15m", help: "How long a payment order can be paid."),
        Setting("dues.order.maximumLines", .int, default: "200", range: 1...1_000, help: "Lines of one order."),
        Setting(
            "dues.electronicByDefault", .bool, default: "true",
            help: "Whether dues are paid electronically where no organisation says from when."),
        Setting("dues.order.monthsAhead", .int, default: "12", range: 0...60, help: "Months that can be paid ahead."),
        Setting(
            "dues.callbacks.transactions", .int, default: "2", range: 1...64,
            help: "How many transactions of callbacks run at once in a process."),
        Setting(
            "dues.callbacks.batch", .int, default: "64", range: 1...1_000,
            help: "How many waiting callbacks share a transaction at most."),
        Setting(
            "dues.callbacks.maximumWaiting", .int, default: "2000", range: 1...100_000,
            help: "More waiting callbacks than this are told to try again."),
        Setting(
            "dues.assessment.chunk", .int, default: "1000", range: 1...50_000,
            help: "How many members one transaction of a run looks at."),
        Setting(
            "dues.assessment.hands", .int, default: "2", range: 1...4,
            help: "How many transactions of runs a process has at once; more than the run's lanes are of no use."),
        Setting(
            "dues.remittance.calendar",
            default: "group=2 subordinate-cell=4 base-cell=4 section=7 base-organisation=10 superior-of-base=15 "
                + "commune=15 provincial=20 agency-central=20 central=25",
            help: "On which day of the next month each type of organisation closes its month."),
        Setting(
            "dues.remittance.daysToPay", .int, default: "2", range: 0...60,
            help: "How many days after its closing a month's money is due at the superior's."),
        Setting(
            "dues.remittance.daysBetweenReminders", .int, default: "7", range: 1...60,
            help: "Days between two reminders of what was not passed up in time."),
        Setting(
            "dues.remittance.chunk", .int, default: "1000", range: 1...50_000,
            help: "How many organisations one transaction of a closing looks at."),
        Setting(
            "dues.settlement.maximumBytes", .int, default: "1073741824", range: 1_048_576...1_099_511_627_776,
            help: "The largest settlement file that is taken in, in bytes; it lies on disk while it is read."),
        Setting(
            "dues.receipts.enabled", .bool, default: "true",
            help: "Whether this process makes receipts; one process of the service at least has to."),
        Setting(
            "dues.receipts.documents",
            help: "Channels, with commas between, whose receipts get their sealed document at once, for example cash; "
                + "the others when somebody asks for it."),
        Setting(
            "dues.receipts.documentsUrl", .url, default: "http://127.0.0.1:8104", hasDevelopmentDefault: true,
            help: "Where callers reach Signing, which gives the documents of receipts out; without a slash at its end."),
        Setting(
            "dues.export.parallel", .int, default: "2", range: 1...50,
            help: "How many exports a process sends at once; each holds a connection to the database."),
        Setting("dues.export.longest", .duration, default: "30m", help: "The longest that an export may take."),
        Setting("dues.receipts.batch", .int, default: "200", range: 1...5_000, help: "Receipts in one transaction."),
    ]

    /// When the months of organisations are closed.
    static func remittanceCalendar(_ settings: Settings) throws -> RemittanceCalendar {
        try RemittanceCalendar(
            settings.string("dues.remittance.calendar"), daysToPay: settings.int("dues.remittance.daysToPay"),
            field: "dues.remittance.calendar")
    }
}
