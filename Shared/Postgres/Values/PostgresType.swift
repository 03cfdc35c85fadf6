/// A PostgreSQL type by its object identifier; those of the built-in types never change.
public struct PostgresType: RawRepresentable, Hashable, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Left to the server to infer.
    public static let unspecified = PostgresType(rawValue: 0)
    public static let bool = PostgresType(rawValue: 16)
    public static let bytea = PostgresType(rawValue: 17)
    public static let char = PostgresType(rawValue: 18)
    public static let name = PostgresType(rawValue: 19)
    public static let int8 = PostgresType(rawValue: 20)
    public static let int2 = PostgresType(rawValue: 21)
    public static let int4 = PostgresType(rawValue: 23)
    public static let text = PostgresType(rawValue: 25)
    public static let oid = PostgresType(rawValue: 26)
    public static let json = PostgresType(rawValue: 114)
    public static let float4 = PostgresType(rawValue: 700)
    public static let float8 = PostgresType(rawValue: 701)
    public static let unknown = PostgresType(rawValue: 705)
    public static let bpchar = PostgresType(rawValue: 1042)
    public static let varchar = PostgresType(rawValue: 1043)
    public static let date = PostgresType(rawValue: 1082)
    public static let timestamp = PostgresType(rawValue: 1114)
    public static let timestamptz = PostgresType(rawValue: 1184)
    public static let numeric = PostgresType(rawValue: 1700)
    public static let void = PostgresType(rawValue: 2278)
    public static let uuid = PostgresType(rawValue: 2950)
    public static let jsonb = PostgresType(rawValue: 3802)
    public static let pgSnapshot = PostgresType(rawValue: 5038)
    public static let xid8 = PostgresType(rawValue: 5069)

    /// The array types by their elements.
    private static let arrays: [PostgresType: PostgresType] = [
        .bool: .init(rawValue: 1000), .bytea: .init(rawValue: 1001), .name: .init(rawValue: 1003),
        .int2: .init(rawValue: 1005), .int4: .init(rawValue: 1007), .text: .init(rawValue: 1009),
        .bpchar: .init(rawValue: 1014), .varchar: .init(rawValue: 1015), .int8: .init(rawValue: 1016),
        .float4: .init(rawValue: 1021), .float8: .init(rawValue: 1022), .oid: .init(rawValue: 1028),
        .date: .init(rawValue: 1182), .timestamp: .init(rawValue: 1115), .timestamptz: .init(rawValue: 1185),
        .numeric: .init(rawValue: 1231), .uuid: .init(rawValue: 2951), .json: .init(rawValue: 199),
        .jsonb: .init(rawValue: 3807), .xid8: .init(rawValue: 271),
    ]

    /// The elements by their array types.
    private static let elements = Dictionary(uniqueKeysWithValues: arrays.map { ($1, $0) })

    private static let scalars: Set<PostgresType> = Set(arrays.keys).union([.char, .unknown, .void, .pgSnapshot])

    /// The type of an array of this type; nil when there is none here.
    public var array: PostgresType? { Self.arrays[self] }

    /// The type of this array's elements; nil when it is no array.
    public var element: PostgresType? { Self.elements[self] }

    /// Whether this module reads the type's binary form; a result with any other column comes as text.
    var isReadInBinary: Bool { Self.scalars.contains(self) || Self.elements[self] != nil }
}

extension PostgresType: CustomStringConvertible {
    private static let names: [PostgresType: String] = [
        .bool: "boolean", .bytea: "bytea", .char: "\"char\"", .name: "name", .int8: "bigint", .int2: "smallint",
        .int4: "integer", .text: "text", .oid: "oid", .json: "json", .float4: "real", .float8: "double precision",
        .unknown: "unknown", .bpchar: "character", .varchar: "character varying", .date: "date",
        .timestamp: "timestamp", .timestamptz: "timestamptz", .numeric: "numeric", .void: "void", .uuid: "uuid",
        .jsonb: "jsonb", .pgSnapshot: "pg_snapshot", .xid8: "xid8",
    ]

    public var description: String {
        if let element { return "\(element)[]" }
        return Self.names[self] ?? "type \(rawValue)"
    }
}
