public import FoundationEssentials

/// A type that can be read from a column.
public protocol PostgresDecodable: Sendable {
    /// Reads one value; a NULL reaches only `Optional`.
    init(postgresCell: PostgresCell) throws

    /// Reads a whole array; the default reads element by element.
    static func postgresArray(_ cell: PostgresCell) throws -> [Self]
}

extension PostgresDecodable {
    public static func postgresArray(_ cell: PostgresCell) throws -> [Self] {
        try cell.elements().map { try Self(postgresCell: $0) }
    }
}

extension PostgresDecodable where Self: RawRepresentable, RawValue: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws {
        guard let value = Self(rawValue: try RawValue(postgresCell: cell)) else { throw cell.mismatch("\(Self.self)") }
        self = value
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws {
        self = cell.isNull ? nil : try Wrapped(postgresCell: cell)
    }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws { self = try Element.postgresArray(cell) }
}

extension Bool: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws {
        guard cell.type == .bool else { throw cell.mismatch("Bool") }
        let byte = try cell.bigEndian(UInt8.self)
        switch (cell.isBinary, byte) {
        case (true, 1), (false, UInt8(ascii: "t")): self = true
        case (true, 0), (false, UInt8(ascii: "f")): self = false
        default: throw cell.mismatch("Bool")
        }
    }
}

extension FixedWidthInteger {
    /// Reads any whole number that fits, also a `numeric` without a fraction, such as the sum of a `bigint`.
    init(wholeNumberIn cell: PostgresCell) throws {
        let value: Int64
        switch (cell.type, cell.isBinary) {
        case (.int8, true): value = try cell.bigEndian(Int64.self)
        case (.int4, true): value = Int64(try cell.bigEndian(Int32.self))
        case (.int2, true): value = Int64(try cell.bigEndian(Int16.self))
        case (.oid, true): value = Int64(try cell.bigEndian(UInt32.self))
        case (.numeric, true):
            guard let parsed = Self(try Numeric.text(cell)) else { throw cell.mismatch("\(Self.self)") }
            self = parsed
            return
        case (.xid8, true):
            guard let exact = Self(exactly: try cell.bigEndian(UInt64.self)) else {
                throw cell.mismatch("\(Self.self)")
            }
            self = exact
            return
        case (.int8, false), (.int4, false), (.int2, false), (.oid, false), (.numeric, false), (.xid8, false):
            guard let parsed = Self(try cell.text()) else { throw cell.mismatch("\(Self.self)") }
            self = parsed
            return
        default: throw cell.mismatch("\(Self.self)")
        }
        guard let exact = Self(exactly: value) else { throw cell.mismatch("\(Self.self)", "out of range") }
        self = exact
    }
}

extension Int: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws { try self.init(wholeNumberIn: cell) }
}

extension Int16: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws { try self.init(wholeNumberIn: cell) }
}

extension Int32: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws { try self.init(wholeNumberIn: cell) }
}

extension Int64: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws { try self.init(wholeNumberIn: cell) }
}

extension UInt64: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws { try self.init(wholeNumberIn: cell) }
}

extension UInt8: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws { try self.init(wholeNumberIn: cell) }

    public static func postgresArray(_ cell: PostgresCell) throws -> [UInt8] {
        guard cell.type == .bytea else { throw cell.mismatch("[UInt8]") }
        return try cell.withBytes { bytes throws(PostgresError) in
            guard !cell.isBinary else { return Array(bytes) }
            guard let decoded = hexDecoded(bytes) else { throw cell.mismatch("[UInt8]") }
            return decoded
        }
    }

    /// Reads `\x00ff`.
    private static func hexDecoded(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count >= 2, text.count.isMultiple(of: 2), text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x")
        else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 2 - 1)
        for position in stride(from: 2, to: text.count, by: 2) {
            guard let high = Character(Unicode.Scalar(text[position])).hexDigitValue,
                let low = Character(Unicode.Scalar(text[position + 1])).hexDigitValue
            else { return nil }
            bytes.append(UInt8(high << 4 | low))
        }
        return bytes
    }
}

extension Double: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws {
        switch (cell.type, cell.isBinary) {
        case (.float8, true): self.init(bitPattern: try cell.bigEndian(UInt64.self))
        case (.float4, true): self.init(Float(bitPattern: try cell.bigEndian(UInt32.self)))
        case (.int8, _), (.int4, _), (.int2, _): self.init(try Int64(postgresCell: cell))
        case (.numeric, _), (.float8, false), (.float4, false):
            guard let value = Double(try String(postgresCell: cell)) else { throw cell.mismatch("Double") }
            self = value
        default: throw cell.mismatch("Double")
        }
    }
}

extension String: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws {
        guard cell.isBinary else {
            self = try cell.text()
            return
        }
        switch cell.type {
        case .text, .varchar, .bpchar, .name, .char, .unknown, .json: self = try cell.text()
        case .void: self = ""
        case .numeric: self = try Numeric.text(cell)
        case .pgSnapshot: self = try Snapshot.text(cell)
        case .xid8: self.init(try UInt64(postgresCell: cell))
        case .jsonb: self.init(decoding: try PostgresJSON(postgresCell: cell).bytes, as: UTF8.self)
        default: throw cell.mismatch("String")
        }
    }
}

extension Data: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws { self.init(try UInt8.postgresArray(cell)) }
}

extension UUID: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws {
        guard cell.type == .uuid else { throw cell.mismatch("UUID") }
        guard cell.isBinary else {
            guard let uuid = UUID(uuidString: try cell.text()) else { throw cell.mismatch("UUID") }
            self = uuid
            return
        }
        self = try cell.withBytes { bytes throws(PostgresError) in
            guard bytes.count == 16 else { throw cell.mismatch("UUID", "\(bytes.count) bytes") }
            return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
        }
    }
}

extension Date: PostgresDecodable {
    public init(postgresCell cell: PostgresCell) throws {
        guard cell.type == .timestamptz else { throw cell.mismatch("Date") }
        let microseconds =
            cell.isBinary ? try cell.bigEndian(Int64.self) : Timestamp.microseconds(fromText: try cell.text())
        guard let microseconds, let date = Timestamp.date(microseconds) else {
            throw cell.mismatch("Date", "infinite or not understood")
        }
        self = date
    }
}
