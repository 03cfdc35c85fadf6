import Contracts
import Foundation

/// Moments as gateways write them: `yyyyMMddHHmmss`, 24 hours, +07:00.
enum GatewayTime {
    static func text(of moment: Date) -> String {
        let day = Day(containing: moment)
        let second = Int(moment.timeIntervalSince(day.start))
        let time = [second / 3_600, second / 60 % 60, second % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return day.text.filter { $0 != "-" } + time.joined()
    }

    static func moment(of text: String) -> Date? {
        let digits = Array(text.utf8)
        guard digits.count == 14, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } }
        let (hour, minute, second) = (number(8..<10), number(10..<12), number(12..<14))
        guard hour < 24, minute < 60, second < 60,
            let day = try? Day(year: number(0..<4), month: number(4..<6), day: number(6..<8))
        else { return nil }
        return day.start.addingTimeInterval(TimeInterval(hour * 3_600 + minute * 60 + second))
    }
}
