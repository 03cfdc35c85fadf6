public import Contracts

/// The chart of accounts (hệ thống tài khoản) that every organisation's books have.
public enum AccountKind: String, Codable, Hashable, Sendable, CaseIterable {
    /// Owed by members.
    case memberReceivable = "member-receivable"
    /// Assessed, not yet divided between the levels.
    case assessedDues = "assessed-dues"
    /// Paid for months not assessed yet.
    case advances
    /// Confirmed by a gateway, not yet on the bank account.
    case gatewayClearing = "gateway-clearing"
    /// Kept by channels.
    case channelFees = "channel-fees"
    case bank
    case cashOnHand = "cash-on-hand"
    /// What the level keeps.
    case retained
    /// What goes to the level above.
    case payableToSuperior = "payable-to-superior"
    /// To be given back to payers, or carried over.
    case refunds
    /// Came in and nobody knows for what.
    case unexplained

    /// On which side a positive balance of the account stands.
    public var normalSide: LedgerSide {
        switch self {
        case .memberReceivable, .gatewayClearing, .channelFees, .bank, .cashOnHand: .debit
        case .assessedDues, .advances, .retained, .payableToSuperior, .refunds, .unexplained: .credit
        }
    }
}

/// The two sides of an account.
public enum LedgerSide: String, Codable, Hashable, Sendable {
    case debit
    case credit
}

/// One account of one organisation.
public struct Account: Hashable, Sendable {
    public let kind: AccountKind
    public let owner: OrganizationID

    public init(_ kind: AccountKind, of owner: OrganizationID) {
        self.kind = kind
        self.owner = owner
    }
}
