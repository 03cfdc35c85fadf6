import Contracts
import DirectoryDomain
import Foundation

/// The figures of a month of one member.
struct MonthView: Encodable {
    struct Figure: Encodable {
        let figureId: Int64
        /// Empty where nobody is named.
        let employerCode: String
        let employerName: String?
        let amount: Dong
        let cameAt: Date
        /// Whether it came wrongly and does not count.
        let withdrawn: Bool?

        init(_ figure: ReportedFigure) {
            figureId = figure.id
            withdrawn = figure.isWithdrawn ? true : nil
            employerCode = figure.employerCode
            employerName = figure.employerName
            amount = figure.amount
            cameAt = figure.cameAt
        }
    }

    let month: DuesMonth
    let kind: DuesFigureKind
    /// What counts; absent while the cell has to settle it, and where all was withdrawn.
    let amount: Dong?
    let settled: Bool?
    let figures: [Figure]

    init(_ figures: MonthFigures) {
        let published = figures.published
        month = figures.month
        kind = figures.kind
        amount = published.amount
        settled = published.settled
        self.figures = (figures.reported + figures.withdrawn).map(Figure.init)
    }
}

/// The months of one member.
struct MonthsView: Encodable {
    let items: [MonthView]
    /// What was withdrawn and counted again, the newest first.
    let withdrawals: [WithdrawalView]
}

/// A contradiction as those see it who may settle it.
struct ContradictionView: Encodable {
    let id: Int64
    let memberId: MemberID
    let fullName: String
    let cellId: OrganizationID
    let month: DuesMonth
    let kind: DuesFigureKind
    let state: Contradiction.State
    let foundAt: Date
    let figures: [MonthView.Figure]
    /// What the figures come to together.
    let sum: Dong
    /// The newest first; all but the newest are trail.
    let decisions: [DecisionView]

    init(_ contradiction: Contradiction, _ figures: MonthFigures?, _ decisions: [DecisionView]) {
        id = contradiction.id
        memberId = contradiction.memberID
        fullName = contradiction.fullName
        cellId = contradiction.cellID
        month = contradiction.month
        kind = contradiction.kind
        state = contradiction.state
        foundAt = contradiction.foundAt
        self.figures = figures?.reported.map(MonthView.Figure.init) ?? []
        sum = figures?.amount(by: .sum) ?? .zero
        self.decisions = decisions
    }
}

/// A part of the list.
struct ContradictionPage: Encodable {
    let items: [ContradictionView]
    /// Give it as `after` for the next part; absent on the last one.
    let next: Int64?
}

/// Missing figures, with what was asked.
struct MissingView<Content: Encodable>: Encodable {
    private let month: DuesMonth
    private let category: DuesCategory
    /// The first day on which somebody is listed.
    private let listedFrom: Day
    private let content: Content

    private enum Key: CodingKey { case month, category, listedFrom }

    init(_ question: MissingFigures, _ listedFrom: Day, _ content: Content) {
        month = question.month
        category = question.category
        self.listedFrom = listedFrom
        self.content = content
    }

    func encode(to encoder: any Encoder) throws {
        try content.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(month, forKey: .month)
        try container.encode(category, forKey: .category)
        try container.encode(listedFrom, forKey: .listedFrom)
    }
}
