/// PostgreSQL's `numeric` on the wire: digits to the base of 10,000.
enum Numeric {
    /// The number as the server would print it.
    static func text(_ cell: PostgresCell) throws(PostgresError) -> String {
        guard cell.isBinary else { return try cell.text() }
        return try cell.withBytes { bytes throws(PostgresError) in
            guard bytes.count >= 8 else { throw cell.mismatch("numeric", "\(bytes.count) bytes") }
            func word(_ index: Int) -> Int {
                Int(Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self)))
            }
            let count = word(0)
            guard count >= 0, bytes.count == 8 + count * 2 else { throw cell.mismatch("numeric", "cut short") }
            switch UInt16(truncatingIfNeeded: word(2)) {
            case 0x0000: return digits(count: count, weight: word(1), scale: word(3)) { word(4 + $0) }
            case 0x4000: return "-" + digits(count: count, weight: word(1), scale: word(3)) { word(4 + $0) }
            case 0xC000: return "NaN"
            case 0xD000: return "Infinity"
            case 0xF000: return "-Infinity"
            default: throw cell.mismatch("numeric", "unknown sign")
            }
        }
    }

    private static func digits(count: Int, weight: Int, scale: Int, _ digit: (Int) -> Int) -> String {
        func group(_ position: Int) -> Int { (0..<count).contains(position) ? digit(position) : 0 }
        func padded(_ number: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: 4 - text.count) + text
        }
        var text = weight >= 0 ? String(group(0)) : "0"
        if weight > 0 {
            for position in 1...weight { text += padded(group(position)) }
        }
        guard scale > 0 else { return text }
        var fraction = ""
        var position = weight + 1
        while fraction.count < scale {
            fraction += padded(group(position))
            position += 1
        }
        return text + "." + fraction.prefix(scale)
    }
}

/// PostgreSQL's `pg_snapshot` on the wire: the number of open transactions, xmin, xmax, the open ones.
enum Snapshot {
    /// The snapshot as the server would print it: `xmin:xmax:xip,xip`.
    static func text(_ cell: PostgresCell) throws(PostgresError) -> String {
        try cell.withBytes { bytes throws(PostgresError) in
            guard bytes.count >= 20, (bytes.count - 20).isMultiple(of: 8) else { throw cell.mismatch("pg_snapshot") }
            let numbers = stride(from: 4, to: bytes.count, by: 8).map {
                String(UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self)))
            }
            return "\(numbers[0]):\(numbers[1]):" + numbers.dropFirst(2).joined(separator: ",")
        }
    }
}

extension Timestamp {
    /// Reads `2026-11-20 01:02:03.456789+00`, the form of DateStyle ISO; nil when it is something else.
    static func microseconds(fromText text: String) -> Int64? {
        let parts = text.split(separator: " ")
        guard parts.count == 2, let day = PostgresDate(parts[0]) else { return nil }
        guard let zoneStart = parts[1].lastIndex(where: { $0 == "+" || $0 == "-" }) else { return nil }
        let clock = parts[1][..<zoneStart].split(separator: ":")
        let zone = parts[1][parts[1].index(after: zoneStart)...].split(separator: ":").map { Int64($0) }
        guard clock.count == 3, let hours = Int64(clock[0]), let minutes = Int64(clock[1]), !zone.isEmpty else {
            return nil
        }
        let second = clock[2].split(separator: ".")
        guard let seconds = Int64(second[0]) else { return nil }
        var microseconds: Int64 = 0
        if second.count == 2 {
            let padded = second[1] + String(repeating: "0", count: max(0, 6 - second[1].count))
            guard let fraction = Int64(padded) else { return nil }
            microseconds = fraction
        }
        var offset: Int64 = 0
        for (part, unit) in zip(zone, [3600, 60, 1] as [Int64]) {
            guard let part else { return nil }
            offset += part * unit
        }
        if parts[1][zoneStart] == "-" { offset = -offset }
        let total = Int64(day.daysSince2000) * 86_400 + hours * 3600 + minutes * 60 + seconds - offset
        return total * 1_000_000 + microseconds
    }
}
