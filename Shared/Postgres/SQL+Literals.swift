extension SQL {
    /// The statement with its values written out, for COPY, which takes no parameters.
    ///
    /// Each value becomes a literal with its type; nothing else can be expressed.
    /// - Throws: `.usage` for a value of another type than the few that have a form here: whole numbers, text, `bool`,
    ///   `uuid`, `date`, `timestamptz` and NULL.
    public func writtenOut() throws(PostgresError) -> SQL {
        var result = ""
        let utf8 = text.utf8
        var position = utf8.startIndex
        for (index, mark) in marks.enumerated() {
            let start = utf8.index(utf8.startIndex, offsetBy: mark)
            result += text[position..<start]
            result += try Self.literal(bindings[index])
            position = utf8.index(start, offsetBy: "$\(index + 1)".utf8.count)
        }
        result += text[position...]
        return SQL(unsafe: result)
    }

    private static func literal(_ value: PostgresValue) throws(PostgresError) -> String {
        switch (value.type, value.storage) {
        case (_, .invalid(let reason)): throw .usage(reason)
        case (.bool, .bool(let value)): return value ? "true" : "false"
        case (.int2, .int16(let value)): return "(\(value))::int2"
        case (.int4, .int32(let value)): return "(\(value))::int4"
        case (.int8, .int64(let value)): return "('\(value)')::int8"
        case (.text, .string(let value)): return "\(try quoted(text: value))::text"
        case (.timestamptz, .int64(let microseconds)): return "'\(moment(microseconds))'::timestamptz"
        case (.date, .int32(let days)): return "'\(PostgresDate(daysSince2000: days))'::date"
        case (.uuid, .binary(let bytes)) where bytes.count == 16: return "'\(hexadecimal(bytes))'::uuid"
        case (let type, .null):
            guard let name = names[type] else { throw .usage("NULL of \(type) cannot be written out") }
            return "NULL::\(name)"
        case (let type, _): throw .usage("a value of \(type) cannot be written out")
        }
    }

    private static let names: [PostgresType: String] = [
        .bool: "bool", .int2: "int2", .int4: "int4", .int8: "int8", .text: "text", .timestamptz: "timestamptz",
        .date: "date", .uuid: "uuid",
    ]

    /// Quotes are doubled; the form with E makes a backslash mean itself whatever `standard_conforming_strings` says.
    private static func quoted(text: String) throws(PostgresError) -> String {
        var quoted = "E'"
        for scalar in text.unicodeScalars {
            if scalar == "\0" { throw .usage("text in PostgreSQL holds no NUL") }
            if scalar == "'" || scalar == "\\" { quoted.unicodeScalars.append(scalar) }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "'"
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    private static func moment(_ microseconds: Int64) -> String {
        let (days, rest) = microseconds.quotientAndRemainder(dividingBy: 86_400_000_000)
        let (whole, ofDay) = rest < 0 ? (days - 1, rest + 86_400_000_000) : (days, rest)
        let (seconds, fraction) = ofDay.quotientAndRemainder(dividingBy: 1_000_000)
        let parts = [seconds / 3_600, seconds / 60 % 60, seconds % 60].map { padded(Int($0), 2) }
        let day = PostgresDate(daysSince2000: Int32(clamping: whole))
        return "\(day) \(parts.joined(separator: ":")).\(padded(Int(fraction), 6))+00"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
