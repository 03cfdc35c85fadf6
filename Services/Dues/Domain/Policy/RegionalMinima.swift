public import Contracts

/// The monthly minimum wages of the regions (lương tối thiểu vùng) from a month on.
public struct RegionalMinima: Hashable, Sendable {
    /// The decree behind them.
    public let basis: String
    /// The first month they are used for.
    public let from: DuesMonth
    private let amounts: [DuesRegion: Dong]

    /// The wages, or the faults: every region needs one.
    ///
    /// - Parameter place: where they stand in their document.
    public init(
        basis: String, from: DuesMonth, amounts: [DuesRegion: Dong], place: String
    ) throws(PolicyFaults) {
        var faults = PolicyReader()
        for region in DuesRegion.allCases where amounts[region].map({ $0 <= .zero }) ?? true {
            faults.missing("\(place).amounts.\(region.rawValue)")
        }
        try PolicyFaults.require(faults.faults)
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
