public import Contracts

/// The figures of a report (báo cáo thu, nộp đảng phí) on a part of the tree and some months; amounts in đồng.
///
/// All but `passedUp` add up: those of a body are the sums of those of its direct inferiors and of its own.
public struct ReportFigures: Hashable, Sendable {
    /// Months of members that were assessed; in one month, the members.
    public var assessed: Int64 = 0
    /// Of these, who owes nothing.
    public var exempt: Int64 = 0
    /// Of these, whose amount is provisional.
    public var provisional: Int64 = 0
    /// What is owed for the months.
    public var due = Dong.zero
    /// What reductions and exemptions took off.
    public var relief = Dong.zero
    /// What of the dues of these months is paid, whenever that was.
    public var paid = Dong.zero
    /// What came in during the months for dues of these months, less what was given back.
    public var ofMonths = Dong.zero
    /// What came in during the months for dues of earlier months.
    public var ofEarlier = Dong.zero
    /// What came in during the months for dues of later months.
    public var ahead = Dong.zero
    /// What of it came in cash.
    public var inCash = Dong.zero
    /// What of it came through gateways and banks.
    public var electronic = Dong.zero
    /// What of it is neither: given back, or credited by a decision; seldom positive.
    public var corrected = Dong.zero
    /// What members owed on all months at the end of the last one, by the books.
    public var arrears = Dong.zero
    /// What channels kept.
    public var channelFees = Dong.zero
    /// Exceptions that were open at the end of the last month.
    public var exceptions: Int64 = 0
    /// The amounts at stake in these.
    public var exceptionAmount = Dong.zero
    /// What the bodies keep of the months' remittances.
    public var kept = Dong.zero
    /// What the body itself passes up of the months; not a sum over those below it, whose money is in it again.
    public var passedUp = Dong.zero

    public init() {}

    /// What came in during the months: `ofMonths + ofEarlier + ahead`, and as well `inCash + electronic + corrected`.
    public var collected: Dong { ofMonths + ofEarlier + ahead }

    /// What of the dues of the months is paid, rounded down so that only all of it is the whole; nil when nothing is due.
    public var rate: BasisPoints? {
        guard due > .zero else { return nil }
        return try? BasisPoints(Int((min(paid, due) * 10_000).amount / due.amount))
    }

    /// Adds the figures of another part; what it passes up stays with it.
    public static func += (sum: inout ReportFigures, part: ReportFigures) {
        for key in counts { sum[keyPath: key] += part[keyPath: key] }
        for key in amounts { sum[keyPath: key] += part[keyPath: key] }
    }

    private static var counts: [WritableKeyPath<ReportFigures, Int64>] {
        [\.assessed, \.exempt, \.provisional, \.exceptions]
    }
    private static var amounts: [WritableKeyPath<ReportFigures, Dong>] {
        [
            \.due, \.relief, \.paid, \.ofMonths, \.ofEarlier, \.ahead, \.inCash, \.electronic, \.corrected, \.arrears,
            \.channelFees, \.exceptionAmount, \.kept,
        ]
    }
}

extension ReportFigures: Encodable {
    private enum Key: CodingKey {
        case assessed, exempt, provisional, due, relief, paid, rate, collected, ofMonths, ofEarlier, ahead, inCash
        case electronic, corrected, arrears, channelFees, exceptions, exceptionAmount, kept, passedUp
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(assessed, forKey: .assessed)
        try container.encode(exempt, forKey: .exempt)
        try container.encode(provisional, forKey: .provisional)
        try container.encode(due, forKey: .due)
        try container.encode(relief, forKey: .relief)
        try container.encode(paid, forKey: .paid)
        try container.encodeIfPresent(rate, forKey: .rate)
        try container.encode(collected, forKey: .collected)
        try container.encode(ofMonths, forKey: .ofMonths)
        try container.encode(ofEarlier, forKey: .ofEarlier)
        try container.encode(ahead, forKey: .ahead)
        try container.encode(inCash, forKey: .inCash)
        try container.encode(electronic, forKey: .electronic)
        try container.encode(corrected, forKey: .corrected)
        try container.encode(arrears, forKey: .arrears)
        try container.encode(channelFees, forKey: .channelFees)
        try container.encode(exceptions, forKey: .exceptions)
        try container.encode(exceptionAmount, forKey: .exceptionAmount)
        try container.encode(kept, forKey: .kept)
        try container.encode(passedUp, forKey: .passedUp)
    }
}
