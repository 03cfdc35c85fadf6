/// The id of one kind of thing; ids of different kinds cannot be mixed up.
public struct Identifier<Kind>: Hashable, Comparable, Sendable, Codable, LosslessStringConvertible {
    public let value: UUIDv7

    public init(_ value: UUIDv7) { self.value = value }

    public init?(_ description: String) {
        guard let value = UUIDv7(description) else { return nil }
        self.value = value
    }

    public var description: String { value.description }

    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }

    public init(from decoder: any Decoder) throws { value = try UUIDv7(from: decoder) }
    public func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }
}

/// The kinds of things that have ids; they are only names.
public enum Kinds {
    public enum Organization {}
    public enum Member {}
    public enum Role {}
    public enum Dossier {}
    public enum Campaign {}
    public enum Attachment {}
    public enum Feedback {}
    public enum Assessment {}
    public enum Order {}
    public enum Payment {}
    public enum Receipt {}
    public enum Refund {}
    public enum Remittance {}
    public enum Result {}
    public enum Delivery {}
}

public typealias OrganizationID = Identifier<Kinds.Organization>
public typealias MemberID = Identifier<Kinds.Member>
public typealias RoleID = Identifier<Kinds.Role>
/// A running case bears the id of its dossier.
public typealias DossierID = Identifier<Kinds.Dossier>
public typealias CampaignID = Identifier<Kinds.Campaign>
public typealias AttachmentID = Identifier<Kinds.Attachment>
public typealias FeedbackID = Identifier<Kinds.Feedback>
public typealias AssessmentID = Identifier<Kinds.Assessment>
public typealias OrderID = Identifier<Kinds.Order>
public typealias PaymentID = Identifier<Kinds.Payment>
public typealias ReceiptID = Identifier<Kinds.Receipt>
public typealias RefundID = Identifier<Kinds.Refund>
public typealias RemittanceID = Identifier<Kinds.Remittance>
public typealias ResultID = Identifier<Kinds.Result>
public typealias DeliveryID = Identifier<Kinds.Delivery>
