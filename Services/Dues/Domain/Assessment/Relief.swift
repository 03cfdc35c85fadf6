public import Contracts

/// A decision that a member pays less or nothing for some months (miễn, giảm đảng phí).
public struct Relief: Hashable, Sendable {
    public let ground: Ground
    /// The part that is not owed.
    public let reduction: BasisPoints
    public let months: DecidedMonths

    /// Why.
    public enum Ground: String, Codable, Hashable, Sendable, CaseIterable {
        /// Receives the social pension (trợ cấp hưu trí xã hội).
        case socialPension = "social-pension"
        /// Poor or near-poor household.
        case poorHousehold = "poor-household"
        /// A listed serious illness.
        case seriousIllness = "serious-illness"
        /// Other hardship: reduced by 30, 50 or 70%, or exempt, for 12 months at most.
        case hardship
    }

    /// A decision, or the rule it breaks.
    public init(
        ground: Ground, reductionPercent: Int, from: DuesMonth, through: DuesMonth?, revokedFrom: DuesMonth? = nil
    ) throws(InvalidValue) {
        guard through.map({ $0 >= from }) ?? true else { throw Self.fault("through", "relief.period") }
        switch ground {
        case .socialPension, .poorHousehold, .seriousIllness:
            guard reductionPercent == 100 else { throw Self.fault("reductionPercent", "relief.exempt-only") }
        case .hardship:
            guard [30, 50, 70, 100].contains(reductionPercent) else {
                throw Self.fault("reductionPercent", "relief.percent")
            }
            guard let through, from.months(until: through) < 12 else { throw Self.fault("through", "relief.length") }
        }
        self.ground = ground
        self.reduction = try BasisPoints(reductionPercent * 100, field: "reductionPercent")
        months = DecidedMonths(from: from, through: through, revokedFrom: revokedFrom)
    }

    /// Whether it holds in the month.
    public func holds(in month: DuesMonth) -> Bool { months.contains(month) }

    /// Whether both speak of the same ground in some month.
    public func overlaps(_ other: Relief) -> Bool { ground == other.ground && months.overlaps(other.months) }

    /// Who decides in a cell: on hardship a base cell itself and for a cell under a committee the superior; on the other
    /// grounds the cell, on application to it.
    public static func decider(on ground: Ground, inCellOfType type: OrganizationType) -> Decider {
        switch ground {
        case .socialPension, .poorHousehold, .seriousIllness: .cellItself
        case .hardship: type == .baseCell ? .cellItself : .superior
        }
    }

    private static func fault(_ field: String, _ rule: String) -> InvalidValue {
        let (vietnamese, english) =
            switch rule {
            case "relief.period": ("Tháng cuối phải sau tháng đầu.", "The last month lies before the first.")
            case "relief.exempt-only": ("Trường hợp này được miễn toàn bộ.", "This ground exempts from the whole.")
            case "relief.percent": ("Mức giảm là 30, 50, 70 hoặc 100%.", "The reduction is 30, 50, 70 or 100%.")
            default: ("Mỗi quyết định tối đa 12 tháng.", "A decision holds for 12 months at most.")
            }
        return InvalidValue(field: field, rule: rule, vietnamese: vietnamese, english: english)
    }
}
