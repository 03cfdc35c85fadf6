import Contracts
import DuesDomain
import Foundation
import Projections
import ServiceKit
import ServiceLifecycle

/// What the service is put together from.
struct DuesParts: Sendable {
    let kit: ServiceContext
    let directory = DirectoryProjection(service: .dues, parts: [.organizations, .members, .roles])
    let standings: Standings
    let policies: Policies
    let runner: AssessmentRunner
    let comparer: PolicyComparisonRunner
    let receipts: ReceiptRegister
    let vouchers: RefundVouchers
    private let makesReceipts: Bool
    let expiry: OrderExpiry
    let deferralWatch: DeferralWatch
    let changedMembers: ChangedMembers
    let statusQuestions: StatusQuestions
    let pageRequests: PageRequests
    let refundWork: RefundWork
    let remittances: RemittanceCloser
    let reminders: RemittanceReminders
    let settlementWatch: SettlementWatch
    let runsStarted = WakeUp()
    let comparisonsStarted = WakeUp()
    let paymentsMade = WakeUp()
    let pagesAsked = WakeUp()
    let refundsDue = WakeUp()
    private let routes: Routes

    private struct Routes: Sendable {
        let assessments: AssessmentRoutes
        let orders: OrderRoutes
        let receipts: ReceiptRoutes
        let gateways: GatewayRoutes
        let settlements: SettlementRoutes
        let exceptions: ExceptionRoutes
        let policies: PolicyRoutes
        let decisions: DecisionRoutes
        let refunds: RefundRoutes
        let remittances: RemittanceRoutes
        let cash: CashRoutes
        let statements: StatementRoutes
        let books: BooksRoutes
        let reports: ReportRoutes
        let exports: ExportRoutes
    }

    /// - Parameter client: who calls gateways, where that is not to go over HTTP.
    init(_ kit: ServiceContext, client: (any GatewayClient)? = nil) throws {
        self.kit = kit
        let settings = kit.settings
        let gateways = try GatewaySettings.registry(settings)
        let client = try client ?? GatewaySettings.client(settings)
        let layouts = try SettlementLayouts(settings)
        settlementWatch = SettlementWatch(
            kit: kit, gateways: gateways.names.filter { layouts[$0] != nil },
            daily: try settings.list("dues.settlement.daily"), allowedDays: try settings.int("dues.settlement.days"),
            dueHour: try settings.int("dues.settlement.dueHour"))
        standings = Standings(outbox: kit.outbox)
        policies = Policies(kit)
        let writing = AssessmentWriting(kit: kit, standings: standings)
        let chunk = try settings.int("dues.assessment.chunk")
        runner = AssessmentRunner(
            kit: kit, policies: policies, writing: writing, chunk: chunk,
            hands: try settings.int("dues.assessment.hands"))
        comparer = PolicyComparisonRunner(kit: kit, policies: policies, chunk: chunk)
        remittances = RemittanceCloser(
            kit: kit, policies: policies, calendar: try DuesSettings.remittanceCalendar(settings),
            chunk: try settings.int("dues.remittance.chunk"))
        reminders = RemittanceReminders(
            kit: kit, daysBetween: try settings.int("dues.remittance.daysBetweenReminders"))
        deferralWatch = DeferralWatch(kit: kit, standings: standings)
        let reassessment = Reassessment(policies: policies, writing: writing)
        changedMembers = ChangedMembers(kit: kit, reassessment: reassessment)
        let documents = ReceiptDocuments(kit: kit, channels: Set(try settings.list("dues.receipts.documents")))
        receipts = ReceiptRegister(
            kit: kit, standings: standings, documents: documents, batch: try settings.int("dues.receipts.batch"))
        vouchers = RefundVouchers(kit: kit)
        makesReceipts = try settings.bool("dues.receipts.enabled")
        expiry = OrderExpiry(kit: kit, gateways: gateways)
        let access = DuesAccess(kit: kit, directory: directory)
        let callbacks = CallbackCounter(
            booking: CallbackBooking(kit: kit, paymentsMade: paymentsMade), logger: kit.logger,
            transactions: try settings.int("dues.callbacks.transactions"),
            batch: try settings.int("dues.callbacks.batch"),
            maximumWaiting: try settings.int("dues.callbacks.maximumWaiting"))
        statusQuestions = StatusQuestions(
            kit: kit, gateways: gateways, client: client, callbacks: callbacks,
            pause: try GatewaySettings.pause(settings),
            lease: try GatewaySettings.lease(settings), closing: try settings.seconds("dues.gateways.closing"),
            parallel: try settings.int("dues.gateways.parallel"))
        pageRequests = PageRequests(
            kit: kit, directory: directory, gateways: gateways, client: client,
            pause: try GatewaySettings.pause(settings), lease: try GatewaySettings.lease(settings))
        let refundBooking = RefundBooking(kit: kit, standings: standings)
        refundWork = RefundWork(
            kit: kit, gateways: gateways, client: client, booking: refundBooking,
            pause: try GatewaySettings.pause(settings), lease: try GatewaySettings.lease(settings),
            closing: try settings.seconds("dues.gateways.closing"))
        let orders = OrderDesk(
            kit: kit, directory: directory, access: access, policies: policies, gateways: gateways,
            lifetime: try settings.seconds("dues.order.lifetime"),
            maximumLines: try settings.int("dues.order.maximumLines"),
            monthsAhead: try settings.int("dues.order.monthsAhead"),
            isElectronicByDefault: try settings.bool("dues.electronicByDefault"), pagesAsked: pagesAsked)
        routes = Routes(
            assessments: AssessmentRoutes(kit: kit, access: access, policies: policies, runsStarted: runsStarted),
            orders: OrderRoutes(
                kit: kit, access: access, desk: orders, cash: CashDesk(orders: orders, paymentsMade: paymentsMade),
                gateways: gateways, banks: try GatewaySettings.banks(settings)),
            receipts: ReceiptRoutes(
                kit: kit, access: access, documents: documents,
                address: try settings.string("dues.receipts.documentsUrl")),
            gateways: GatewayRoutes(
                kit: kit, gateways: gateways, callbacks: callbacks,
                addresses: CallerAddress(
                    proxies: try GatewaySettings.networks(settings, "dues.callbacks.proxies"))),
            settlements: SettlementRoutes(
                kit: kit, gateways: gateways, layouts: layouts,
                maximumBytes: try settings.int("dues.settlement.maximumBytes"), paymentsMade: paymentsMade),
            exceptions: ExceptionRoutes(
                kit: kit, access: access, desk: ExceptionDesk(kit: kit, access: access, paymentsMade: paymentsMade)),
            policies: PolicyRoutes(kit: kit, policies: policies, comparisonsStarted: comparisonsStarted),
            decisions: DecisionRoutes(
                kit: kit, access: access, reassessment: reassessment),
            refunds: RefundRoutes(
                kit: kit, access: access, gateways: gateways, booking: refundBooking, refundsDue: refundsDue),
            remittances: RemittanceRoutes(kit: kit, access: access), cash: CashRoutes(kit: kit, access: access),
            statements: StatementRoutes(kit: kit, access: access), books: BooksRoutes(kit: kit),
            reports: ReportRoutes(kit: kit, access: access), exports: try ExportRoutes(kit: kit, access: access))
    }

    var serviceParts: ServiceParts {
        ServiceParts(
            routes: { [routes] router in
                routes.assessments.add(to: router)
                routes.orders.add(to: router)
                routes.receipts.add(to: router)
                routes.gateways.add(to: router)
                routes.settlements.add(to: router)
                routes.exceptions.add(to: router)
                routes.policies.add(to: router)
                routes.decisions.add(to: router)
                routes.refunds.add(to: router)
                routes.remittances.add(to: router)
                routes.cash.add(to: router)
                routes.statements.add(to: router)
                routes.books.add(to: router)
                routes.reports.add(to: router)
                routes.exports.add(to: router)
            },
            consumers: [directory.consumer, ReceiptDocuments.consumer],
            background: [
                CalledJob(
                    name: "assessment-runs", interval: .seconds(1), wakeUp: runsStarted, logger: kit.logger
                ) { [runner] in try await runner.drain() },
                CalledJob(
                    name: "policy-comparisons", interval: .seconds(5), wakeUp: comparisonsStarted, logger: kit.logger
                ) { [comparer] in try await comparer.drain() },
                PeriodicJob(name: "own-policy", interval: .seconds(30), logger: kit.logger) { [policies] in
                    try await policies.settle()
                },
                PeriodicJob(name: "changed-members", interval: .seconds(2), logger: kit.logger) { [changedMembers] in
                    try await changedMembers.drain()
                },
                PeriodicJob(name: "deferrals", interval: .seconds(300), logger: kit.logger) { [deferralWatch] in
                    while try await deferralWatch.step() { try Task.checkCancellation() }
                },
                PeriodicJob(name: "order-expiry", interval: .seconds(5), logger: kit.logger) { [expiry] in
                    while try await expiry.step() { try Task.checkCancellation() }
                },
                CalledJob(name: "page-requests", interval: .seconds(2), wakeUp: pagesAsked, logger: kit.logger) {
                    [pageRequests] in try await pageRequests.drain()
                },
                PeriodicJob(name: "status-questions", interval: .seconds(5), logger: kit.logger) {
                    [statusQuestions] in try await statusQuestions.run()
                },
                CalledJob(name: "refunds", interval: .seconds(5), wakeUp: refundsDue, logger: kit.logger) {
                    [refundWork] in try await refundWork.drain()
                },
                PeriodicJob(name: "remittances", interval: .seconds(60), logger: kit.logger) { [remittances] in
                    try await remittances.drain()
                },
                PeriodicJob(name: "remittance-reminders", interval: .seconds(60), logger: kit.logger) { [reminders] in
                    try await reminders.run()
                },
                PeriodicJob(name: "settlement-watch", interval: .seconds(900), logger: kit.logger) {
                    [settlementWatch] in try await settlementWatch.run()
                },
                PeriodicJob(name: "exceptions", interval: .seconds(30), logger: kit.logger) { [kit] in
                    try await ExceptionWatch(kit: kit).count()
                },
                PeriodicJob(name: "parity", interval: .seconds(60), logger: kit.logger) { [kit] in
                    try await ParityWatch(kit: kit).run()
                },
                PeriodicJob(name: "partitions", interval: .seconds(3_600), logger: kit.logger) { [kit] in
                    try await PartitionUpkeep(kit: kit).run()
                },
            ] + receiptJobs,
            publishers: [standings.publisher])
    }

    private var receiptJobs: [any Service] {
        guard makesReceipts else { return [] }
        return [
            CalledJob(name: "receipts", interval: .seconds(1), wakeUp: paymentsMade, logger: kit.logger) { [receipts] in
                try await receipts.drain()
            },
            PeriodicJob(name: "refund-vouchers", interval: .seconds(5), logger: kit.logger) { [vouchers] in
                try await vouchers.drain()
            },
        ]
    }
}
