/// A share of a whole in ten-thousandths: 0.3% is 30, 90% is 9,000.
public struct BasisPoints: Hashable, Comparable, Sendable, Codable {
    public let value: Int

    /// A share between 0 and the whole, 10,000.
    public init(_ value: Int, field: String = "share") throws(InvalidValue) {
        guard (0...10_000).contains(value) else {
            throw InvalidValue(
                field: field, rule: "share.range", vietnamese: "Tỷ lệ phải từ 0% đến 100%.",
                english: "The share must be between 0% and 100%.")
        }
        self.value = value
    }

    public init(from decoder: any Decoder) throws {
        try self.init(try decoder.singleValueContainer().decode(Int.self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    public static func < (left: BasisPoints, right: BasisPoints) -> Bool { left.value < right.value }
}

/// How a fraction of a đồng becomes whole.
public enum DongRounding: String, Codable, Hashable, Sendable, CaseIterable {
    case halfUp = "half-up"
    case down
    case up
}

extension Dong {
    /// What one level keeps of a sum and what it passes up; both together are always the sum.
    public struct Split: Hashable, Sendable {
        public let kept: Dong
        public let passed: Dong
    }

    /// Splits the amount at a level that keeps `share`; the last đồng goes to the level that keeps.
    public func split(keeping share: BasisPoints) -> Split {
        let passed = portion(Int64(10_000 - share.value), of: 10_000, rounding: .down)
        return Split(kept: self - passed, passed: passed)
    }

    /// `share` of the amount, rounded to the đồng.
    public func applying(_ share: BasisPoints, rounding: DongRounding = .halfUp) -> Dong {
        portion(Int64(share.value), of: 10_000, rounding: rounding)
    }

    /// Divides the amount by weights; what rounding leaves over goes to the part at `keeper`.
    ///
    /// No part is negative when the amount is not, and the parts always add up to the amount.
    public func distributed(by weights: [Int64], keeper: Int) throws(InvalidValue) -> [Dong] {
        let total = weights.reduce(Int64(0)) { $0.addingReportingOverflow($1).partialValue }
        guard weights.indices.contains(keeper), weights.allSatisfy({ (0...1_000_000_000).contains($0) }), total > 0
        else {
            throw InvalidValue(
                field: "weights", rule: "split.weights", vietnamese: "Tỷ trọng phân chia không hợp lệ.",
                english: "The weights of the division are not valid.")
        }
        var parts = weights.map { portion($0, of: total, rounding: .down) }
        parts[keeper] += self - parts.sum()
        return parts
    }

    /// numerator/denominator of the amount; by magnitude, so that a reversal mirrors what it reverses.
    private func portion(_ numerator: Int64, of denominator: Int64, rounding: DongRounding) -> Dong {
        let divisor = denominator.magnitude
        let product = amount.magnitude.multipliedFullWidth(by: numerator.magnitude)
        let (quotient, remainder) = divisor.dividingFullWidth(product)
        let up =
            switch rounding {
            case .halfUp: remainder >= divisor - remainder
            case .down: false
            case .up: remainder > 0
            }
        let magnitude = Int64(quotient) + (up ? 1 : 0)
        return Dong(amount < 0 ? -magnitude : magnitude)
    }
}
