public import Contracts

/// What each level keeps of the dues (tỷ lệ trích giữ lại) from a month on.
public struct SplitTable: Hashable, Sendable {
    public let version: String
    /// The first month it is used for.
    public let from: DuesMonth
    /// The first rule that fits an organisation counts.
    public let rules: [Rule]

    /// Which organisations keep how much.
    public struct Rule: Hashable, Sendable {
        public let types: Set<OrganizationType>
        /// The types of the organisation above; any when absent.
        public let parents: Set<OrganizationType>?
        /// Whether it must be organised by residence; either when absent.
        public let residential: Bool?
        public let keeps: BasisPoints

        public init(
            types: Set<OrganizationType>, parents: Set<OrganizationType>? = nil, residential: Bool? = nil,
            keeps: BasisPoints
        ) {
            self.types = types
            self.parents = parents
            self.residential = residential
            self.keeps = keeps
        }

        func fits(_ place: OrganizationPlace) -> Bool {
            guard types.contains(place.type), residential.map({ $0 == place.residential }) ?? true else { return false }
            guard let parents else { return true }
            return place.parentType.map(parents.contains) ?? false
        }
    }

    /// The table, or the faults: every type needs a rule that asks nothing else.
    ///
    /// - Parameter place: where it stands in its document.
    public init(version: String, from: DuesMonth, rules: [Rule], place: String) throws(PolicyFaults) {
        var faults = PolicyReader()
        for type in OrganizationType.allCases {
            let covered = rules.contains { $0.types.contains(type) && $0.parents == nil && $0.residential == nil }
            guard !covered else { continue }
            faults.add(
                "\(place).rules", "policy.split-incomplete", "Thiếu quy tắc chung cho \(type.rawValue).",
                "There is no general rule for \(type.rawValue).")
        }
        try PolicyFaults.require(faults.faults)
        self.version = version
        self.from = from
        self.rules = rules
    }

    /// The share the organisation keeps.
    public func share(keptBy place: OrganizationPlace) -> BasisPoints? { rules.first { $0.fits(place) }?.keeps }
}

/// What of an organisation's place in the tree the split depends on.
public struct OrganizationPlace: Hashable, Sendable {
    public let type: OrganizationType
    public let parentType: OrganizationType?
    public let residential: Bool

    public init(type: OrganizationType, parentType: OrganizationType?, residential: Bool) {
        self.type = type
        self.parentType = parentType
        self.residential = residential
    }
}
