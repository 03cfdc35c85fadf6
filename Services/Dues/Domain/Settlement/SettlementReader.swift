public import Contracts

/// Reads the payments of a settlement file one by one, in bounded memory; the first fault refuses all of it.
///
/// What was read counts only when `next` has said that there is no more: the control totals stand at the end.
public struct SettlementReader {
    private enum Form {
        case delimited(DelimitedReader)
        case statement(StatementReader)
    }

    private var form: Form

    /// - Parameter more: the next piece of the file, empty at its end.
    public init(_ layout: SettlementLayout, more: @escaping () throws -> [UInt8]) throws {
        let bytes = CountedBytes(more)
        switch layout.form ?? .delimited {
        case .delimited: form = .delimited(try DelimitedReader(bytes, layout))
        case .camt053: form = .statement(StatementReader(bytes, layout))
        }
    }

    /// The next payment; nil when the whole file was read and its totals fit.
    /// - Throws: `SettlementFault`, or what the source of the bytes throws.
    public mutating func next() throws -> SettlementLine? {
        switch form {
        case .delimited(var reader):
            defer { form = .delimited(reader) }
            return try reader.next()
        case .statement(var reader):
            defer { form = .statement(reader) }
            return try reader.next()
        }
    }

    /// The day the file says it is of, where its layout has one.
    public var day: Day? {
        switch form {
        case .delimited(let reader): reader.day
        case .statement: nil
        }
    }

    /// Reads all of it for its totals.
    public mutating func totals() throws -> SettlementTotals {
        var totals = SettlementTotals()
        while let line = try next() { totals.add(line) }
        if let day { totals.days = day...day }
        return totals
    }
}

/// What a whole file comes to.
public struct SettlementTotals: Hashable, Sendable {
    public private(set) var lines = 0
    public private(set) var gross = Dong.zero
    /// From its first day to its last; nil when it has no line and names no day.
    public internal(set) var days: ClosedRange<Day>?

    mutating func add(_ line: SettlementLine) {
        lines += 1
        gross += line.gross
        let day = line.settledOn
        days = days.map { min($0.lowerBound, day)...max($0.upperBound, day) } ?? day...day
    }
}
