import Contracts
import Foundation

/// How a settlement file is written, as data: a new gateway needs a new layout, not code.
public struct SettlementLayout: Hashable, Sendable, Codable {
    public let name: String
    /// What kind of file it is; lines with columns where nothing is said.
    public let form: Form?
    /// One ASCII character between the columns; a comma where nothing is said.
    public let delimiter: String?
    /// The first line, when it says of what day the file is; every line must be of that day.
    public let header: Header?
    /// The names of the columns in the order of the file, when it has no heading.
    public let order: [String]?
    /// The names of the columns in the heading, in any order; further ones are skipped.
    public let columns: Columns?
    /// Where in a statement's transaction the payer's reference may stand, the likeliest first.
    public let references: [String]?
    public let dates: DateForm
    public let amounts: AmountForm
    /// What stands in the column `kind` of a payment that was taken back.
    public let reversalKinds: Set<String>?
    /// The last line with control totals; absent when the file has none.
    public let trailer: Trailer?

    public enum Form: String, Hashable, Sendable, Codable {
        case delimited
        /// ISO 20022 bank to customer statement.
        case camt053 = "camt.053"
    }

    public struct Header: Hashable, Sendable, Codable {
        /// What stands in its first column.
        public let mark: String
        /// The column with the day, from 0.
        public let dateColumn: Int
    }

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
        /// Whether `15930.00` is written for 15,930; any other fraction is refused.
        public let zeroFraction: Bool?
    }

    public struct Trailer: Hashable, Sendable, Codable {
        /// What stands in its first column.
        public let mark: String
        /// The column with the number of lines, from 0.
        public let countColumn: Int
        /// The column with the sum of the gross amounts, from 0.
        public let grossColumn: Int
    }

    /// The layout of a JSON document, or what is wrong with it.
    public init(json: [UInt8]) throws(SettlementLayoutFault) {
        do {
            self = try JSONDecoder().decode(SettlementLayout.self, from: Data(json))
        } catch {
            throw SettlementLayoutFault(place: "settlement layout", reason: "missing or malformed fields")
        }
        guard delimiter?.utf8.count ?? 1 == 1, amounts.unitsPerDong > 0, amounts.grouping?.utf8.count ?? 1 == 1 else {
            throw fault("delimiter, grouping or unit")
        }
        guard form == .camt053 ? references?.isEmpty == false : columns != nil else {
            throw fault(form == .camt053 ? "references are missing" : "columns are missing")
        }
        guard header?.dateColumn ?? 0 >= 0, trailer?.countColumn ?? 0 >= 0, trailer?.grossColumn ?? 0 >= 0 else {
            throw fault("a column of header or trailer")
        }
        if let order {
            do {
                _ = try Places(order, layout: self, line: 1)
            } catch {
                throw fault("a column that is not in order, or is there twice")
            }
        }
    }

    private func fault(_ reason: String) -> SettlementLayoutFault {
        SettlementLayoutFault(place: "settlement layout \(name)", reason: reason)
    }

    /// The layouts that come with this program.
    public static func bundled() throws(SettlementLayoutFault) -> [SettlementLayout] {
        [
            try SettlementLayout(json: PackageResources.settlement_vnpay_csv_json),
            try SettlementLayout(json: PackageResources.settlement_portal_pipe_json),
            try SettlementLayout(json: PackageResources.settlement_bank_camt053_json),
        ]
    }
}

/// What is wrong with the document of a layout, and where.
public struct SettlementLayoutFault: Error, Hashable, Sendable, CustomStringConvertible {
    public let place: String
    public let reason: String

    public init(place: String, reason: String) {
        self.place = place
        self.reason = reason
    }

    public var description: String { "\(place): \(reason)" }
}
