import Contracts
import Foundation

/// How a settlement file is written, as data: a new gateway needs a new layout, not code.
public struct SettlementLayout: Hashable, Sendable, Codable {
    public let name: String
    /// One ASCII character between the columns.
    public let delimiter: String
    /// The names of the columns in the first line, in any order; further ones are skipped.
    public let columns: Columns
    public let dates: DateForm
    public let amounts: AmountForm
    /// What stands in the column `kind` of a payment that was taken back.
    public let reversalKinds: Set<String>?
    /// The last line with control totals; absent when the file has none.
    public let trailer: Trailer?

    public struct Columns: Hashable, Sendable, Codable {
        public let reference: String
        public let transaction: String
        public let gross: String
        public let fee: String
        public let net: String
        public let settledOn: String
        public let kind: String?
        public let account: String?
    }

    public enum DateForm: String, Hashable, Sendable, Codable {
        /// `2026-05-12`
        case iso
        /// `12/05/2026`
        case dayFirst = "day-first"
        /// `20260512`
        case compact
    }

    public struct AmountForm: Hashable, Sendable, Codable {
        /// The character between groups of three digits, if any.
        public let grouping: String?
        /// How many units of the file make a đồng: 100 where the file counts hundredths.
        public let unitsPerDong: Int64

        public init(grouping: String? = nil, unitsPerDong: Int64 = 1) {
            self.grouping = grouping
            self.unitsPerDong = unitsPerDong
        }
    }

    public struct Trailer: Hashable, Sendable, Codable {
        /// What stands in its first column.
        public let mark: String
        /// The column with the number of lines, from 0.
        public let countColumn: Int
        /// The column with the sum of the gross amounts, from 0.
        public let grossColumn: Int
    }

    public init(
        name: String, delimiter: String, columns: Columns, dates: DateForm, amounts: AmountForm,
        reversalKinds: Set<String>? = nil, trailer: Trailer? = nil
    ) {
        self.name = name
        self.delimiter = delimiter
        self.columns = columns
        self.dates = dates
        self.amounts = amounts
        self.reversalKinds = reversalKinds
        self.trailer = trailer
    }

    /// The layout of a JSON document, or what is wrong with it.
    public init(json: [UInt8]) throws(SettlementLayoutFault) {
        do {
            self = try JSONDecoder().decode(SettlementLayout.self, from: Data(json))
        } catch {
            throw SettlementLayoutFault(place: "settlement layout", reason: "missing or malformed fields")
        }
        guard delimiter.utf8.count == 1, amounts.unitsPerDong > 0, amounts.grouping?.utf8.count ?? 1 == 1 else {
            throw SettlementLayoutFault(place: "settlement layout \(name)", reason: "delimiter, grouping or unit")
        }
    }

    /// The layouts that come with this program.
    public static func bundled() throws(SettlementLayoutFault) -> [SettlementLayout] {
        [try SettlementLayout(json: PackageResources.settlement_vnpay_csv_json)]
    }
}

/// What is wrong with the document of a layout, and where.
public struct SettlementLayoutFault: Error, Hashable, Sendable, CustomStringConvertible {
    public let place: String
    public let reason: String

    public var description: String { "\(place): \(reason)" }
}
