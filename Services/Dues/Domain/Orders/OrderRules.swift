public import Contracts

/// The bounds of a payment order, by configuration.
public struct OrderRules: Hashable, Sendable {
    /// The channel takes nothing below it; more months or members make one order.
    public let minimum: Dong
    public let maximumLines: Int
    /// How many months after the present one can be paid ahead.
    public let monthsAhead: Int

    public init(minimum: Dong, maximumLines: Int, monthsAhead: Int) {
        self.minimum = minimum
        self.maximumLines = maximumLines
        self.monthsAhead = monthsAhead
    }

    /// What is wrong with what is asked for, all faults at once; before any amount is known.
    public func faults(in keys: [DuesKey], present: DuesMonth) -> [InvalidValue] {
        var faults: [InvalidValue] = []
        if keys.isEmpty {
            faults.append(Self.fault("lines", "order.no-lines", "Cần ít nhất một khoản.", "There is no line."))
        }
        if keys.count > maximumLines {
            faults.append(
                Self.fault(
                    "lines", "order.too-many-lines", "Tối đa \(maximumLines) khoản trong một lệnh.",
                    "At most \(maximumLines) lines in one order."))
        }
        var seen: Set<DuesKey> = []
        for (index, key) in keys.prefix(maximumLines).enumerated() {
            if !seen.insert(key).inserted {
                faults.append(
                    Self.fault(
                        "lines[\(index)]", "order.line-twice", "Tháng này của đảng viên đã có trong lệnh.",
                        "The member's month already stands in the order."))
            }
            if present.months(until: key.month) > monthsAhead {
                faults.append(
                    Self.fault(
                        "lines[\(index)].month", "order.too-far-ahead",
                        "Chỉ đóng trước tối đa \(monthsAhead) tháng.",
                        "At most \(monthsAhead) months can be paid ahead."))
            }
        }
        return faults
    }

    /// What is wrong with the lines once their amounts are known.
    public func faults(in lines: [OrderLine]) -> [InvalidValue] {
        let free = lines.enumerated().filter { $0.element.amount <= .zero }.map { index, _ in
            Self.fault(
                "lines[\(index)]", "order.nothing-owed", "Tháng này không còn khoản phải đóng.",
                "Nothing is owed for this month.")
        }
        guard free.isEmpty else { return free }
        let total = lines.map(\.amount).sum()
        guard total >= minimum else {
            return [
                Self.fault(
                    "lines", "order.below-minimum",
                    "Tổng số tiền dưới mức tối thiểu \(minimum) của kênh; hãy gộp thêm tháng hoặc người.",
                    "The total is below the channel's minimum of \(minimum); add months or members.")
            ]
        }
        return []
    }

    private static func fault(_ field: String, _ rule: String, _ vietnamese: String, _ english: String) -> InvalidValue
    {
        InvalidValue(field: field, rule: rule, vietnamese: vietnamese, english: english)
    }
}
