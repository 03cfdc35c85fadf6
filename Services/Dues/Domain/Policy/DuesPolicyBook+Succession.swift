public import Contracts

extension DuesPolicyBook {
    /// What keeps it from following the books that were in force so far, the newest of them last.
    ///
    /// Assessments name versions of rates: a name never gets another meaning. Every month that has rules keeps some.
    public func faults(following former: [DuesPolicyBook]) -> [InvalidValue] {
        var faults = PolicyReader()
        for (index, rate) in rates.enumerated()
        where former.contains(where: { $0.named[rate.version].map { $0 != rate } ?? false }) {
            Self.changed("rates[\(index)]", &faults)
        }
        for (index, split) in splits.enumerated()
        where former.contains(where: { $0.splits.contains { $0.version == split.version && $0 != split } }) {
            Self.changed("splits[\(index)]", &faults)
        }
        if let last = former.last {
            Self.lost("rates", rates.first?.from, last.rates.first?.from, &faults)
            Self.lost("minima", minima.first?.from, last.minima.first?.from, &faults)
            Self.lost("splits", splits.first?.from, last.splits.first?.from, &faults)
        }
        return faults.faults
    }

    /// Whether the months' dues are found by other rules than in another book.
    public func differs(from other: DuesPolicyBook, in month: DuesMonth) -> Bool {
        (try? rules(for: month)) != (try? other.rules(for: month))
    }

    private static func changed(_ place: String, _ faults: inout PolicyReader) {
        faults.add(
            "\(place).version", "policy.version-changed",
            "Phiên bản này đã có hiệu lực với nội dung khác; hãy đặt tên mới.",
            "This version was in force with another content; give it a new name.")
    }

    private static func lost(_ part: String, _ first: DuesMonth?, _ before: DuesMonth?, _ faults: inout PolicyReader) {
        guard let first, let before, before < first else { return }
        faults.add(
            "\(part)[0].from", "policy.months-lost", "Các tháng từ \(before) đang có quy định, không được bỏ.",
            "The months from \(before) on have rules and must keep some.")
    }
}
