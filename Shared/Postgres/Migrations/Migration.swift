/// One step of a schema: a file of SQL that is applied once and never edited afterwards.
///
/// Its first comment lines may say how it is applied:
/// - `-- hoso: no-transaction`: statement by statement without a transaction, going on where it stopped; for
///   `CREATE INDEX CONCURRENTLY` and the like. Write the statements so that they can be repeated (`IF NOT EXISTS`).
/// - `-- hoso: backfill`: its one statement is repeated, each time in a transaction of its own and outside the lock of
///   the migrations, until it affects no row. It waits for rows that others have locked and cannot skip them.
/// - `-- hoso: requires-program 7`: programs that know this component only up to a version below 7 no longer run on
///   the schema.
public struct Migration: Sendable, Hashable {
    /// How its statements are run.
    public enum Kind: Sendable, Hashable {
        case transaction
        case statements
        case backfill
    }

    /// The part of the program it belongs to, for example "messaging"; each counts its own versions.
    public let component: String
    /// Its place in the order of its component, from 1.
    public let version: Int
    public let name: String
    public let sql: String
    public let kind: Kind
    /// The lowest version of this component that a program must know to run on the schema; nil for any.
    public let minimumProgramVersion: Int?
    /// A directive that nobody understands; such a migration is refused.
    let unknownDirective: String?

    public init(component: String, version: Int, name: String, sql: String) {
        self.component = component
        self.version = version
        self.name = name
        self.sql = sql
        var kind = Kind.transaction
        var minimum: Int?
        var unknown: String?
        for directive in Self.directives(sql) {
            let words = directive.split(separator: " ")
            switch (words.first, words.count) {
            case ("no-transaction", 1): kind = .statements
            case ("backfill", 1): kind = .backfill
            case ("requires-program", 2) where Int(words[1]) != nil: minimum = Int(words[1])
            default: unknown = directive
            }
        }
        self.kind = kind
        minimumProgramVersion = minimum
        unknownDirective = unknown
    }

    /// A migration from the bytes of an embedded file.
    public init(component: String, version: Int, name: String, bytes: [UInt8]) {
        self.init(component: component, version: version, name: name, sql: String(decoding: bytes, as: UTF8.self))
    }

    public var runsOutsideTransaction: Bool { kind != .transaction }

    /// What stands behind `-- hoso:` in the comment lines before the first statement.
    private static func directives(_ sql: String) -> [String] {
        var directives: [String] = []
        for line in sql.split(whereSeparator: \.isNewline) {
            let trimmed = line.drop(while: \.isWhitespace)
            guard trimmed.hasPrefix("--") else { break }
            let comment = trimmed.dropFirst(2).drop(while: \.isWhitespace)
            if comment.hasPrefix("hoso:") {
                directives.append(comment.dropFirst(5).split(whereSeparator: \.isWhitespace).joined(separator: " "))
            }
        }
        return directives
    }
}

extension Migration: CustomStringConvertible {
    public var description: String { "\(component) \(version) (\(name))" }
}
