/// Every topic of the suite.
///
/// Partitions and retention are defaults of the project (no public text settles them). A partition count never
/// changes on a living topic: keys would move and lose their order.
public enum TopicCatalogue {
    public static let organizations = state("hoso.directory.organizations.v1", .directory, "organizationId")
    public static let members = state("hoso.directory.members.v1", .directory, "memberId")
    public static let roles = state("hoso.directory.roles.v1", .directory, "roleId")
    public static let dossiers = event("hoso.intake.dossiers.v1", .intake, "dossierId")
    /// Feedback (phản ánh, kiến nghị); no event is written there yet.
    public static let feedback = event("hoso.intake.feedback.v1", .intake, "feedbackId")
    public static let cases = event("hoso.routing.cases.v1", .routing, "dossierId")
    public static let assessments = event("hoso.dues.assessments.v1", .dues, "assessmentId")
    public static let payments = event("hoso.dues.payments.v1", .dues, "orderId")
    /// What is to become of receipts on paper; their numbers are told on `payments`.
    public static let receipts = event("hoso.dues.receipts.v1", .dues, "receiptId")
    public static let remittances = event("hoso.dues.remittances.v1", .dues, "remittanceId")
    public static let standings = state("hoso.dues.standings.v1", .dues, "memberId")
    public static let results = event("hoso.signing.results.v1", .signing, "dossierId")
    public static let receiptDocuments = event("hoso.signing.receipts.v1", .signing, "receiptId")
    public static let deliveries = event("hoso.notification.deliveries.v1", .notification, "deliveryId")

    /// The topic on which a service tells how it runs: parked, blocked, degraded, audit anchors.
    ///
    /// One partition: little is written, and the anchors of the audit chain stay in one order.
    public static func operations(of service: ServiceName) -> Topic {
        Topic(
            name: "hoso.\(service.rawValue).operations.v1", owner: service, kind: .event, partitions: 1,
            retention: eventRetention, keyField: "occurrenceId")
    }

    /// All topics, the operations topics last.
    public static let all: [Topic] =
        [
            organizations, members, roles, dossiers, feedback, cases, assessments, payments, receipts, remittances,
            standings, results, receiptDocuments, deliveries,
        ] + ServiceName.allCases.map(operations(of:))

    /// The topic of the name, or nil when it is not one of the suite.
    public static subscript(name: String) -> Topic? { byName[name] }

    /// The topics a service writes.
    public static func owned(by service: ServiceName) -> [Topic] { all.filter { $0.owner == service } }

    /// The longest time that any topic keeps an event; an inbox remembers ids for longer.
    public static let longestRetention: Duration = all.map(\.retention).max() ?? eventRetention

    private static let eventRetention: Duration = .seconds(30 * 86_400)
    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    private static func event(_ name: String, _ owner: ServiceName, _ keyField: String) -> Topic {
        Topic(
            name: name, owner: owner, kind: .event, partitions: 12, retention: eventRetention, keyField: keyField)
    }

    private static func state(_ name: String, _ owner: ServiceName, _ keyField: String) -> Topic {
        Topic(
            name: name, owner: owner, kind: .state, partitions: 12, retention: eventRetention, keyField: keyField)
    }
}
