public import Foundation

/// A notice was handed over for delivery.
public struct DeliverySent: EventPayload, Hashable {
    public static let type = "hoso.delivery.sent.v1"
    public static let topic = TopicCatalogue.deliveries

    /// The delivery; also the key.
    public let deliveryId: DeliveryID
    /// The id of the event that the notice tells of.
    public let causeId: UUIDv7
    /// The rule that asked for it.
    public let rule: String
    /// How it went.
    public let channel: NoticeChannel
    /// The member it is for.
    public let memberId: MemberID?
    /// The organisation it is for.
    public let organizationId: OrganizationID?
    /// The dossier it is about.
    public let dossierId: DossierID?
    /// Counts the attempts, from 1.
    public let attempt: Int
    /// When.
    public let sentAt: Date

    public init(
        deliveryId: DeliveryID, causeId: UUIDv7, rule: String, channel: NoticeChannel, memberId: MemberID? = nil,
        organizationId: OrganizationID? = nil, dossierId: DossierID? = nil, attempt: Int, sentAt: Date
    ) {
        self.deliveryId = deliveryId
        self.causeId = causeId
        self.rule = rule
        self.channel = channel
        self.memberId = memberId
        self.organizationId = organizationId
        self.dossierId = dossierId
        self.attempt = attempt
        self.sentAt = sentAt
    }
}

/// A notice could not be delivered.
public struct DeliveryFailed: EventPayload, Hashable {
    public static let type = "hoso.delivery.failed.v1"
    public static let topic = TopicCatalogue.deliveries

    /// The delivery; also the key.
    public let deliveryId: DeliveryID
    /// The id of the event that the notice tells of.
    public let causeId: UUIDv7
    /// The rule that asked for it.
    public let rule: String
    /// How it went.
    public let channel: NoticeChannel
    /// The member it is for.
    public let memberId: MemberID?
    /// The organisation it is for.
    public let organizationId: OrganizationID?
    /// The dossier it is about.
    public let dossierId: DossierID?
    /// Counts the attempts, from 1.
    public let attempt: Int
    /// Why, as a stable name.
    public let reason: String
    /// Whether no further attempt follows.
    public let final: Bool
    /// When.
    public let failedAt: Date

    public init(
        deliveryId: DeliveryID, causeId: UUIDv7, rule: String, channel: NoticeChannel, memberId: MemberID? = nil,
        organizationId: OrganizationID? = nil, dossierId: DossierID? = nil, attempt: Int, reason: String, final: Bool,
        failedAt: Date
    ) {
        self.deliveryId = deliveryId
        self.causeId = causeId
        self.rule = rule
        self.channel = channel
        self.memberId = memberId
        self.organizationId = organizationId
        self.dossierId = dossierId
        self.attempt = attempt
        self.reason = reason
        self.final = final
        self.failedAt = failedAt
    }
}
