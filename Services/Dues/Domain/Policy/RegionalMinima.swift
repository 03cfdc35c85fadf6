public import Contracts

/// The monthly minimum wages of the regions (lương tối thiểu vùng) from a month on.
public struct RegionalMinima: Hashable, Sendable {
    /// The decree behind them.
    public let basis: String
    /// The first month they are used for.
    public let from: DuesMonth
    private let amounts: [DuesRegion: Dong]

    /// The wages, or the fault: every region needs one.
    public init(basis: String, from: DuesMonth, amounts: [DuesRegion: Dong]) throws(PolicyFault) {
        for region in DuesRegion.allCases {
            guard let amount = amounts[region], amount > .zero else {
                throw PolicyFault(
                    place: "minima[\(from)].amounts.\(region.rawValue)", reason: "missing or not positive")
            }
        }
        self.basis = basis
        self.from = from
        self.amounts = amounts
    }

    /// The wage of the region.
    public func amount(in region: DuesRegion) -> Dong {
        // The initializer refuses a table without one of the regions.
        amounts[region] ?? .zero
    }
}
