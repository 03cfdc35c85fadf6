public import Contracts

/// What was assessed and what was paid of one month.
public struct MonthBalance: Hashable, Sendable {
    public let month: DuesMonth
    public let owed: Dong
    public let paid: Dong

    public init(month: DuesMonth, owed: Dong, paid: Dong) {
        self.month = month
        self.owed = owed
        self.paid = paid
    }

    /// What is still to pay.
    public var open: Dong { max(owed - paid, .zero) }
}

/// Where a member stands with the dues.
public struct Standing: Hashable, Sendable {
    /// The last month of the unbroken run of settled months; absent when the first one is open.
    public let paidThrough: DuesMonth?
    /// The months with something open that is not deferred, the oldest first.
    public let arrearsMonths: [DuesMonth]
    public let arrears: Dong

    /// The standing that follows from the months assessed so far, in any order.
    ///
    /// A deferred month is not paid, and not in arrears before its due month has passed.
    public init(_ months: [MonthBalance], deferrals: [Deferral] = [], present: DuesMonth) {
        let ordered = months.sorted { $0.month < $1.month }
        paidThrough = ordered.prefix { $0.open == .zero }.last?.month
        let open = ordered.filter { balance in
            balance.open > .zero && !deferrals.contains { $0.shields(balance.month, present: present) }
        }
        arrearsMonths = open.map(\.month)
        arrears = open.map(\.open).sum()
    }

    /// The years in which three months or more are unpaid, so that the cell must consider striking the member off.
    public var yearsOfThreeUnpaidMonths: [Int] {
        Dictionary(grouping: arrearsMonths, by: \.year).filter { $0.value.count >= 3 }.keys.sorted()
    }
}
