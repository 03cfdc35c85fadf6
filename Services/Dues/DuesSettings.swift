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
            "dues.settlement.maximumBytes", .int, default: "1073741824", range: 1_048_576...1_099_511_627_776,
            help: "The largest settlement file that is taken in, in bytes; it lies on disk while it is read."),
        Setting(
            "dues.receipts.enabled", .bool, default: "true",
            help: "Whether this process makes receipts; one process of the service at least has to."),
        Setting("dues.receipts.batch", .int, default: "200", range: 1...5_000, help: "Receipts in one transaction."),
    ]
}
