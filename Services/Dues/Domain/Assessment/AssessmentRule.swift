import Contracts

extension MonthRules {
    /// What the member owes for the month, and why.
    ///
    /// The set-based statement of the monthly run computes the same; a test holds the two together.
    public func assess(_ subject: AssessmentSubject) -> MonthOutcome {
        switch rates.duty(in: subject.state) {
        case .none: return .notOwed
        case .held where subject.letterMonth != month: return .held
        case .held, .owed: break
        }
        guard subject.joinedOn <= month.lastDay else { return .notOwed }
        let figure = KnownFigure(subject, kind: subject.category?.figureKind, of: month.previous)
        let full = fullDues(of: subject, figure)
        guard let relief = relief(for: subject) else {
            return .assessed(
                assessment(subject, figure, full, amount: full.amount, reduction: nil, reason: full.reason))
        }
        let owed = try? BasisPoints(10_000 - relief.reduction.value)
        let amount = owed.map { full.amount.applying($0, rounding: rates.rounding) } ?? .zero
        return .assessed(
            assessment(subject, figure, full, amount: amount, reduction: relief.reduction, reason: relief.reason))
    }

    /// The dues before any relief.
    private struct FullDues {
        var amount: Dong = .zero
        var rate: DuesRate?
        var minimum: Dong?
        var provisional = false
        var reason: AssessmentReason?
    }

    private func fullDues(of subject: AssessmentSubject, _ known: KnownFigure) -> FullDues {
        guard let category = subject.category else { return FullDues(provisional: true, reason: .noCategory) }
        let rate = rates.rate(of: category)
        switch rate {
        case .fixed(let amount):
            return FullDues(amount: amount, rate: rate)
        case .shareOfMinimum(let share):
            let minimum = minima.amount(in: subject.region)
            return FullDues(
                amount: minimum.applying(share, rounding: rates.rounding), rate: rate, minimum: minimum)
        case .shareOfBase(let share, let figure):
            guard let base = known.base else {
                return FullDues(
                    rate: rate, provisional: true, reason: known.isContradicted ? .contradictoryFigure : .noFigure)
            }
            let fits = figure == .standing || base.month == month.previous
            return FullDues(
                amount: base.amount.applying(share, rounding: rates.rounding), rate: rate,
                provisional: known.isContradicted || !fits,
                reason: known.isContradicted ? .contradictoryFigure : fits ? nil : .oldFigure)
        case .fixedByBody(let bounds):
            guard let base = known.base else { return FullDues(rate: rate, provisional: true, reason: .noFigure) }
            let amount = min(max(base.amount, bounds.lowerBound), bounds.upperBound)
            let fits = amount == base.amount
            return FullDues(
                amount: amount, rate: rate, provisional: !fits, reason: fits ? nil : .outsideBounds)
        }
    }

    /// The relief that holds in the month; the one that lowers most when there are several.
    private func relief(for subject: AssessmentSubject) -> (reduction: BasisPoints, reason: AssessmentReason)? {
        if anniversary(of: subject.joinedOn) <= month.lastDay, let whole = try? BasisPoints(10_000) {
            return (whole, .longMembership)
        }
        let order = Relief.Ground.allCases
        let best = subject.reliefs.filter { $0.holds(in: month) }.min { left, right in
            let places = (order.firstIndex(of: left.ground) ?? 0, order.firstIndex(of: right.ground) ?? 0)
            return left.reduction == right.reduction ? places.0 < places.1 : left.reduction > right.reduction
        }
        return best.map { ($0.reduction, AssessmentReason($0.ground)) }
    }

    /// The day on which the years that exempt are complete; of 29 February the 28th.
    private func anniversary(of joinedOn: Day) -> Day {
        let year = joinedOn.year + rates.exemptAfterYears
        let day = try? Day(year: year, month: joinedOn.month, day: joinedOn.dayOfMonth)
        let before = try? Day(year: year, month: joinedOn.month, day: joinedOn.dayOfMonth - 1)
        return day ?? before ?? joinedOn.adding(days: rates.exemptAfterYears * 366)
    }

    private func assessment(
        _ subject: AssessmentSubject, _ figure: KnownFigure, _ full: FullDues, amount: Dong, reduction: BasisPoints?,
        reason: AssessmentReason?
    ) -> Assessment {
        let usesBase =
            switch full.rate {
            case .shareOfBase, .fixedByBody: true
            case .shareOfMinimum, .fixed, nil: false
            }
        // An exemption from the whole is certain, whatever the figure would have been.
        let exempt = reduction?.value == 10_000
        let wished = subject.voluntaryAmounts.filter { $0.months.contains(month) }.map(\.amount).max()
        let voluntary = wished.flatMap { $0 > amount ? $0 : nil }
        return Assessment(
            memberId: subject.memberId, cellId: subject.cellId, month: month, amount: voluntary ?? amount,
            fullAmount: full.amount, voluntary: voluntary, category: subject.category,
            base: usesBase ? figure.base : nil, origin: usesBase ? figure.origin : nil,
            minimum: full.minimum, rate: full.rate, reduction: reduction, policy: rates.version,
            provisional: full.provisional && !exempt, reason: reason)
    }
}
