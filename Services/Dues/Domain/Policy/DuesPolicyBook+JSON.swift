public import Contracts

extension DuesPolicyBook {
    /// The document that comes with this program.
    public static var bundledDocument: [UInt8] { PackageResources.dues_policy_json }

    /// The rules that come with this program.
    public static func bundled() throws(PolicyFaults) -> DuesPolicyBook { try DuesPolicyBook(json: bundledDocument) }

    /// The rules of a JSON document, or everything that is wrong with it.
    public init(json: [UInt8]) throws(PolicyFaults) {
        guard let document = try? ContractsJSON.decode(JSONValue.self, from: json) else {
            throw PolicyFaults([
                InvalidValue(
                    field: "$", rule: "policy.json", vietnamese: "Không phải JSON hợp lệ.",
                    english: "It is no valid JSON.")
            ])
        }
        try self.init(document)
    }

    /// The rules of a document, or everything that is wrong with it.
    public init(_ document: JSONValue) throws(PolicyFaults) {
        var reader = PolicyReader()
        let parts = reader.object(document, at: "$", required: ["rates", "minima", "splits"])
        let rates = reader.list(parts["rates"], at: "rates") { $0.ratePolicy($1, at: $2) }
        let minima = reader.list(parts["minima"], at: "minima") { $0.minima($1, at: $2) }
        let splits = reader.list(parts["splits"], at: "splits") { $0.splitTable($1, at: $2) }
        try PolicyFaults.require(reader.faults)
        try self.init(rates: rates, minima: minima, splits: splits)
    }
}

extension PolicyReader {
    fileprivate mutating func ratePolicy(_ value: JSONValue, at place: String) -> RatePolicy? {
        let parts = object(
            value, at: place,
            required: [
                "version", "basis", "from", "rounding", "exemptAfterYears", "categories", "precedence", "states",
            ])
        let version = line(parts["version"], at: "\(place).version")
        let basis = line(parts["basis"], at: "\(place).basis")
        let from = month(parts["from"], at: "\(place).from")
        let rounding = word(parts["rounding"], at: "\(place).rounding", as: DongRounding.self)
        let years = integer(parts["exemptAfterYears"], at: "\(place).exemptAfterYears", in: 1...150)
        let rates = table(parts["categories"], at: "\(place).categories", by: DuesCategory.self) { $0.rate($1, at: $2) }
        let precedence = list(parts["precedence"], at: "\(place).precedence") {
            $0.word($1, at: $2, as: DuesCategory.self)
        }
        let duties = table(parts["states"], at: "\(place).states", by: MembershipState.self) {
            $0.word($1, at: $2, as: DuesDuty.self)
        }
        guard let version, let basis, let from, let rounding, let years,
            rates.count == DuesCategory.allCases.count, duties.count == MembershipState.allCases.count
        else { return nil }
        return self.value { () throws(PolicyFaults) in
            try RatePolicy(
                version: version, basis: basis, from: from, rounding: rounding, exemptAfterYears: Int(years),
                rates: rates, precedence: precedence, duties: duties, place: place)
        }
    }

    /// A table that has something to say of every word of an enumeration.
    private mutating func table<Word: RawRepresentable & CaseIterable & Hashable, Part>(
        _ value: JSONValue?, at place: String, by type: Word.Type,
        _ read: (inout PolicyReader, JSONValue, String) -> Part?
    ) -> [Word: Part] where Word.RawValue == String {
        let parts = object(value, at: place, required: Word.allCases.map(\.rawValue))
        var table: [Word: Part] = [:]
        for word in Word.allCases {
            guard let part = parts[word.rawValue] else { continue }
            table[word] = read(&self, part, "\(place).\(word.rawValue)")
        }
        return table
    }

    private enum RateKind: String, CaseIterable {
        case shareOfBase = "share-of-base"
        case shareOfMinimum = "share-of-minimum"
        case fixed
        case fixedByBody = "fixed-by-body"

        var figures: [String] {
            switch self {
            case .shareOfBase: ["basisPoints", "figure"]
            case .shareOfMinimum: ["basisPoints"]
            case .fixed: ["amount"]
            case .fixedByBody: ["from", "to"]
            }
        }
    }

    private mutating func rate(_ value: JSONValue, at place: String) -> DuesRate? {
        guard let kind = word(value["kind"], at: "\(place).kind", as: RateKind.self) else {
            if value["kind"] == nil { _ = object(value, at: place, required: ["kind"], optional: Self.allFigures) }
            return nil
        }
        let parts = object(value, at: place, required: ["kind"] + kind.figures)
        switch kind {
        case .shareOfBase:
            let share = share(parts["basisPoints"], at: "\(place).basisPoints")
            let figure = word(parts["figure"], at: "\(place).figure", as: DuesRate.FigureMonth.self)
            guard let share, let figure else { return nil }
            return .shareOfBase(share, figure: figure)
        case .shareOfMinimum:
            return share(parts["basisPoints"], at: "\(place).basisPoints").map(DuesRate.shareOfMinimum)
        case .fixed:
            return amount(parts["amount"], at: "\(place).amount").map(DuesRate.fixed)
        case .fixedByBody:
            let from = amount(parts["from"], at: "\(place).from")
            let to = amount(parts["to"], at: "\(place).to")
            guard let from, let to else { return nil }
            guard from <= to else {
                add(
                    "\(place).to", "policy.bounds", "Mức cao nhất thấp hơn mức thấp nhất.",
                    "The highest is below the lowest.")
                return nil
            }
            return .fixedByBody(from...to)
        }
    }

    private static let allFigures = Array(Set(RateKind.allCases.flatMap(\.figures)))

    fileprivate mutating func minima(_ value: JSONValue, at place: String) -> RegionalMinima? {
        let parts = object(value, at: place, required: ["from", "basis", "amounts"])
        let from = month(parts["from"], at: "\(place).from")
        let basis = line(parts["basis"], at: "\(place).basis")
        let amounts = table(parts["amounts"], at: "\(place).amounts", by: DuesRegion.self) {
            $0.amount($1, at: $2, least: 1)
        }
        guard let from, let basis, amounts.count == DuesRegion.allCases.count else { return nil }
        return self.value { () throws(PolicyFaults) in
            try RegionalMinima(basis: basis, from: from, amounts: amounts, place: place)
        }
    }

    fileprivate mutating func splitTable(_ value: JSONValue, at place: String) -> SplitTable? {
        let parts = object(value, at: place, required: ["version", "from", "rules"])
        let version = line(parts["version"], at: "\(place).version")
        let from = month(parts["from"], at: "\(place).from")
        let before = faults.count
        let rules = list(parts["rules"], at: "\(place).rules") { $0.splitRule($1, at: $2) }
        guard let version, let from, faults.count == before else { return nil }
        return self.value { () throws(PolicyFaults) in
            try SplitTable(version: version, from: from, rules: rules, place: place)
        }
    }

    private mutating func splitRule(_ value: JSONValue, at place: String) -> SplitTable.Rule? {
        let parts = object(value, at: place, required: ["types", "keeps"], optional: ["parents", "residential"])
        let types = list(parts["types"], at: "\(place).types") { $0.word($1, at: $2, as: OrganizationType.self) }
        let parents = list(parts["parents"], at: "\(place).parents") { $0.word($1, at: $2, as: OrganizationType.self) }
        let residential = flag(parts["residential"], at: "\(place).residential")
        guard let keeps = share(parts["keeps"], at: "\(place).keeps") else { return nil }
        return SplitTable.Rule(
            types: Set(types), parents: parts["parents"].map { _ in Set(parents) }, residential: residential,
            keeps: keeps)
    }
}
