public import Contracts
import Foundation
public import Postgres

// How the values of the contracts stand in a column.

/// `uuid`
extension UUIDv7: PostgresEncodable, PostgresDecodable {
    public var postgresValue: PostgresValue { .binary(bytes, as: .uuid) }
    public static var postgresType: PostgresType { .uuid }

    public init(postgresCell cell: PostgresCell) throws {
        let value: UUIDv7?
        if cell.type == .uuid && cell.isBinary {
            value = try cell.withBytes { bytes throws(PostgresError) in
                guard bytes.count == 16 else { throw cell.mismatch("UUIDv7", "\(bytes.count) bytes") }
                let words = bytes.loadUnaligned(as: (UInt64, UInt64).self)
                return UUIDv7(words: (UInt64(bigEndian: words.0), UInt64(bigEndian: words.1)))
            }
        } else {
            value = UUIDv7(try UUID(postgresCell: cell))
        }
        guard let value else { throw PostgresError(.decoding, "the uuid is not of version 7") }
        self = value
    }
}

/// `uuid`
extension Identifier: PostgresEncodable, PostgresDecodable {
    public var postgresValue: PostgresValue { value.postgresValue }
    public static var postgresType: PostgresType { .uuid }

    public init(postgresCell cell: PostgresCell) throws { self.init(try UUIDv7(postgresCell: cell)) }
}

/// `date`
extension Day: PostgresEncodable, PostgresDecodable {
    /// Days from 1970-01-01, where ``Day/number`` begins, to 2000-01-01, where PostgreSQL's dates do.
    private static let shift = 10_957

    public var postgresValue: PostgresValue {
        PostgresDate(daysSince2000: Int32(clamping: number - Self.shift)).postgresValue
    }
    public static var postgresType: PostgresType { .date }

    public init(postgresCell cell: PostgresCell) throws {
        self.init(number: Int(try PostgresDate(postgresCell: cell).daysSince2000) + Self.shift)
    }
}

/// A checked text in a `text` column.
public protocol TextColumn: CheckedText, PostgresEncodable, PostgresDecodable {}

extension TextColumn {
    public var postgresValue: PostgresValue { text.postgresValue }
    public static var postgresType: PostgresType { .text }

    public init(postgresCell cell: PostgresCell) throws {
        try self.init(checking: try String(postgresCell: cell), field: Self.fieldName)
    }
}

extension ContentDigest: TextColumn {}
extension DossierCode: TextColumn {}
extension DuesMonth: TextColumn {}
extension OrganizationCode: TextColumn {}
extension PaymentReference: TextColumn {}
extension PersonalID: TextColumn {}
extension ProcedureCode: TextColumn {}
extension ResultCode: TextColumn {}
extension ResultStoreKey: TextColumn {}
extension VerificationID: TextColumn {}

/// Words in a `text` column.
extension OrganizationStatus: PostgresDecodable {}
extension OrganizationType: PostgresDecodable {}
extension RoleName: PostgresDecodable {}

/// `bigint`, whole đồng.
extension Dong: PostgresEncodable, PostgresDecodable {
    public var postgresValue: PostgresValue { amount.postgresValue }
    public static var postgresType: PostgresType { .int8 }

    public init(postgresCell cell: PostgresCell) throws { self.init(try Int64(postgresCell: cell)) }
}
