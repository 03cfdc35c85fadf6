public import Contracts

/// Whose dues of which month.
public struct DuesKey: Hashable, Comparable, Sendable {
    public let memberId: MemberID
    public let month: DuesMonth

    public init(memberId: MemberID, month: DuesMonth) {
        self.memberId = memberId
        self.month = month
    }

    public static func < (left: DuesKey, right: DuesKey) -> Bool {
        (left.memberId, left.month) < (right.memberId, right.month)
    }
}

/// One member's dues of one month inside an order.
public struct OrderLine: Hashable, Sendable {
    public let key: DuesKey
    /// The cell in whose books the dues stand.
    public let cellId: OrganizationID
    public let amount: Dong
    /// Absent when the month is paid ahead.
    public let assessmentId: AssessmentID?

    public init(key: DuesKey, cellId: OrganizationID, amount: Dong, assessmentId: AssessmentID?) {
        self.key = key
        self.cellId = cellId
        self.amount = amount
        self.assessmentId = assessmentId
    }

    /// The line as events tell it.
    public var payload: PaymentLine {
        PaymentLine(memberId: key.memberId, month: key.month, amount: amount, assessmentId: assessmentId)
    }
}
