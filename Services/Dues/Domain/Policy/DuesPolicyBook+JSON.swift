import Contracts
import Foundation

extension DuesPolicyBook {
    /// The rules that come with this program.
    public static func bundled() throws(PolicyFault) -> DuesPolicyBook {
        try DuesPolicyBook(json: PackageResources.dues_policy_json)
    }

    /// The rules of a JSON document, or what is wrong with it and where.
    public init(json: [UInt8]) throws(PolicyFault) {
        let document: Document
        do {
            document = try JSONDecoder().decode(Document.self, from: Data(json))
        } catch let fault as PolicyFault {
            throw fault
        } catch let error as DecodingError {
            throw PolicyFault(place: error.place, reason: "missing or malformed")
        } catch let error as InvalidValue {
            throw PolicyFault(place: error.field, reason: error.english)
        } catch {
            throw PolicyFault(place: "$", reason: "not JSON")
        }
        var rates: [RatePolicy] = []
        for entry in document.rates { rates.append(try entry.policy()) }
        var minima: [RegionalMinima] = []
        for entry in document.minima { minima.append(try entry.minima()) }
        var splits: [SplitTable] = []
        for entry in document.splits { splits.append(try entry.table()) }
        try self.init(rates: rates, minima: minima, splits: splits)
    }

    private struct Document: Decodable {
        let rates: [RateEntry]
        let minima: [MinimaEntry]
        let splits: [SplitEntry]
    }

    private struct RateEntry: Decodable {
        let version: String
        let basis: String
        let from: DuesMonth
        let rounding: DongRounding
        let exemptAfterYears: Int
        let categories: [String: CategoryEntry]
        let precedence: [DuesCategory]
        let states: [String: DuesDuty]

        func policy() throws(PolicyFault) -> RatePolicy {
            let place = "rates[\(version)]"
            var rates: [DuesCategory: DuesRate] = [:]
            for (name, entry) in categories {
                guard let category = DuesCategory(rawValue: name) else {
                    throw PolicyFault(place: "\(place).categories.\(name)", reason: "unknown category")
                }
                rates[category] = try entry.rate(place: "\(place).categories.\(name)")
            }
            var duties: [MembershipState: DuesDuty] = [:]
            for (name, duty) in states {
                guard let state = MembershipState(rawValue: name) else {
                    throw PolicyFault(place: "\(place).states.\(name)", reason: "unknown state")
                }
                duties[state] = duty
            }
            return try RatePolicy(
                version: version, basis: basis, from: from, rounding: rounding, exemptAfterYears: exemptAfterYears,
                rates: rates, precedence: precedence, duties: duties)
        }
    }

    private struct CategoryEntry: Decodable {
        let kind: String
        let basisPoints: BasisPoints?
        let figure: DuesRate.FigureMonth?
        let amount: Dong?
        let from: Dong?
        let to: Dong?

        func rate(place: String) throws(PolicyFault) -> DuesRate {
            switch (kind, basisPoints, amount, from, to) {
            case ("share-of-base", let share?, nil, nil, nil): return .shareOfBase(share, figure: figure ?? .standing)
            case ("share-of-minimum", let share?, nil, nil, nil): return .shareOfMinimum(share)
            case ("fixed", nil, let amount?, nil, nil) where amount >= .zero: return .fixed(amount)
            case ("fixed-by-body", nil, nil, let from?, let to?) where .zero <= from && from <= to:
                return .fixedByBody(from...to)
            default: throw PolicyFault(place: place, reason: "kind and figures do not fit")
            }
        }
    }

    private struct MinimaEntry: Decodable {
        let basis: String
        let from: DuesMonth
        let amounts: [String: Dong]

        func minima() throws(PolicyFault) -> RegionalMinima {
            var known: [DuesRegion: Dong] = [:]
            for (name, amount) in amounts {
                guard let region = DuesRegion(rawValue: name) else {
                    throw PolicyFault(place: "minima[\(from)].amounts.\(name)", reason: "unknown region")
                }
                known[region] = amount
            }
            return try RegionalMinima(basis: basis, from: from, amounts: known)
        }
    }

    private struct SplitEntry: Decodable {
        let version: String
        let from: DuesMonth
        let rules: [RuleEntry]

        func table() throws(PolicyFault) -> SplitTable {
            try SplitTable(
                version: version, from: from,
                rules: rules.map {
                    SplitTable.Rule(
                        types: $0.types, parents: $0.parents, residential: $0.residential, keeps: $0.keeps)
                })
        }
    }

    private struct RuleEntry: Decodable {
        let types: Set<OrganizationType>
        let parents: Set<OrganizationType>?
        let residential: Bool?
        let keeps: BasisPoints
    }
}

extension DecodingError {
    /// The path of the value that does not decode.
    fileprivate var place: String {
        let path: [any CodingKey] =
            switch self {
            case .keyNotFound(let key, let context): context.codingPath + [key]
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                context.codingPath
            @unknown default: []
            }
        return path.isEmpty ? "$" : path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
}
