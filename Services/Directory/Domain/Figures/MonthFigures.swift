public import Contracts
public import Foundation

/// A figure as it came (số liệu của cơ quan bảo hiểm xã hội): what one employer paid a member for one month. It is never
/// changed; the newest of a member, month, kind and employer counts.
public struct ReportedFigure: Hashable, Sendable {
    public let id: Int64
    /// Empty where nobody is named, as with pensions.
    public let employerCode: String
    public let employerName: String?
    public let amount: Dong
    public let cameAt: Date
    /// Whether it came wrongly and does not count.
    public let isWithdrawn: Bool

    public init(
        id: Int64, employerCode: String, employerName: String?, amount: Dong, cameAt: Date, isWithdrawn: Bool = false
    ) {
        self.id = id
        self.employerCode = employerCode
        self.employerName = employerName
        self.amount = amount
        self.cameAt = cameAt
        self.isWithdrawn = isWithdrawn
    }

    /// How people know the employer; nothing where nobody is named.
    public var employer: String? {
        if let employerName { return employerName }
        return employerCode.isEmpty ? nil : employerCode
    }
}

/// Which of several figures counts, as the cell settled it.
public enum FigureChoice: Hashable, Sendable {
    /// That of one employer.
    case employer(code: String)
    /// All of them together.
    case sum
}

/// What the cell settled, and the figures that it saw: with others it holds no more.
public struct FigureDecision: Hashable, Sendable {
    public let choice: FigureChoice
    public let figures: Set<Int64>
    public let decidedAt: Date

    public init(choice: FigureChoice, figures: Set<Int64>, decidedAt: Date) {
        self.choice = choice
        self.figures = figures
        self.decidedAt = decidedAt
    }
}

/// All figures of one kind for one month of a member, the newest of each employer.
///
/// Several employers in one month are a contradiction, which the cell settles; they are never added up unasked.
public struct MonthFigures: Hashable, Sendable {
    public let month: DuesMonth
    public let kind: DuesFigureKind
    /// Those that stand, in the order of their employers' codes; none where all were withdrawn.
    public let reported: [ReportedFigure]
    /// Those of employers of whom nothing else stands, in the same order.
    public let withdrawn: [ReportedFigure]
    public let decision: FigureDecision?

    public init(
        month: DuesMonth, kind: DuesFigureKind, reported: [ReportedFigure], decision: FigureDecision? = nil
    ) {
        self.month = month
        self.kind = kind
        let sorted = reported.sorted { $0.employerCode < $1.employerCode }
        self.reported = sorted.filter { !$0.isWithdrawn }
        withdrawn = sorted.filter(\.isWithdrawn)
        self.decision = decision
    }

    public var ids: Set<Int64> { Set(reported.map(\.id)) }

    /// What the cell settled, as long as it saw all that is known.
    private var holding: FigureDecision? { decision.flatMap { $0.figures == ids ? $0 : nil } }

    /// Whether the cell has to say which counts.
    public var isOpen: Bool { reported.count > 1 && holding == nil }

    /// What a choice would make count; nothing when no such employer reported.
    public func amount(by choice: FigureChoice) -> Dong? {
        switch choice {
        case .sum: reported.map(\.amount).sum()
        case .employer(let code): reported.first { $0.employerCode == code }?.amount
        }
    }

    /// As the other services are told.
    public var published: DuesFigure {
        let choice = holding?.choice
        let amount = reported.count > 1 ? choice.flatMap(amount(by:)) : reported.first?.amount
        let counting = reported.filter { figure in
            if case .employer(let code) = choice, reported.count > 1 { figure.employerCode == code } else { true }
        }
        return DuesFigure(
            month: month, kind: kind, source: .socialInsurance, amount: amount,
            employers: counting.compactMap(\.employer),
            cameAt: (reported.isEmpty ? withdrawn : reported).map(\.cameAt).max() ?? .distantPast,
            settled: reported.count > 1 && amount != nil ? true : nil, withdrawn: reported.isEmpty ? true : nil)
    }
}

extension Member {
    /// The member with what is known of his months by now; nothing when it is known of him already.
    public func knowing(_ figures: [DuesFigure]) -> Member? {
        let order = DuesFigureKind.allCases
        let sorted = figures.sorted { left, right in
            let places = (order.firstIndex(of: left.kind) ?? 0, order.firstIndex(of: right.kind) ?? 0)
            return left.month == right.month ? places.0 < places.1 : left.month > right.month
        }
        guard sorted != duesFigures ?? [] else { return nil }
        var next = self
        next.version += 1
        next.duesFigures = sorted.isEmpty ? nil : sorted
        return next
    }
}
