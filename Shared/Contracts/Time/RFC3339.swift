public import Foundation

/// Moments as text, `2026-11-20T01:02:03.456Z`.
public enum RFC3339 {
    /// The moment in UTC with milliseconds.
    public static func text(of moment: Date) -> String {
        let milliseconds = Int(moment.millisecondsSince1970)
        let days = floorDivision(milliseconds, 86_400_000)
        let rest = milliseconds - days * 86_400_000
        var text = Array(Day(number: days).text.utf8)
        text.reserveCapacity(text.count + 14)
        func append(_ mark: Unicode.Scalar, _ value: Int) {
            text.append(UInt8(ascii: mark))
            text.append(UInt8(truncatingIfNeeded: 0x30 + value / 10 % 10))
            text.append(UInt8(truncatingIfNeeded: 0x30 + value % 10))
        }
        append("T", rest / 3_600_000)
        append(":", rest / 60_000 % 60)
        append(":", rest / 1_000 % 60)
        append(".", rest / 10 % 100)
        text.append(UInt8(truncatingIfNeeded: 0x30 + rest % 10))
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// The moment of a text with any number of fractional digits and any offset, or nil when it is none.
    public static func moment(of text: String) -> Date? {
        var reader = Reader(bytes: Array(text.utf8))
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let dayOfMonth = reader.number(2), let day = try? Day(year: year, month: month, day: dayOfMonth),
            reader.take("T") || reader.take("t"), let hour = reader.number(2), hour < 24, reader.take(":"),
            let minute = reader.number(2), minute < 60, reader.take(":"), let second = reader.number(2), second < 60,
            let fraction = reader.fraction(), let offset = reader.offset(), reader.isAtEnd
        else { return nil }
        let seconds = day.number * 86_400 + hour * 3_600 + minute * 60 + second - offset
        return Date(millisecondsSince1970: Int64(seconds * 1_000 + fraction))
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        mutating func number(_ width: Int) -> Int? {
            guard position + width <= bytes.count else { return nil }
            let digits = bytes[position..<position + width]
            guard digits.allSatisfy(\.isASCIIDigit) else { return nil }
            position += width
            return digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }

        /// Milliseconds; further digits are cut off.
        mutating func fraction() -> Int? {
            guard take(".") else { return 0 }
            let digits = bytes[position...].prefix(while: \.isASCIIDigit)
            guard !digits.isEmpty else { return nil }
            position += digits.count
            return (Array(digits) + [0x30, 0x30]).prefix(3).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }

        /// Seconds east of UTC.
        mutating func offset() -> Int? {
            if take("Z") || take("z") { return 0 }
            let sign = take("+") ? 1 : take("-") ? -1 : 0
            guard sign != 0, let hours = number(2), hours < 24, take(":"), let minutes = number(2), minutes < 60 else {
                return nil
            }
            return sign * (hours * 3_600 + minutes * 60)
        }
    }
}
