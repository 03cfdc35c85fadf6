import Contracts
public import Foundation

/// Whom a reported figure is of and when it came.
public struct FigureOrigin: Hashable, Sendable, Codable {
    /// By name, or by code where no name is known; several where the cell had them added up.
    public let employers: [String]
    public let cameAt: Date
    /// Whether the cell settled which of several counts.
    public let settled: Bool?

    public init(employers: [String], cameAt: Date, settled: Bool? = nil) {
        self.employers = employers
        self.cameAt = cameAt
        self.settled = settled
    }
}

/// The figure that the dues of a month are computed from, out of all that are known.
struct KnownFigure {
    let base: DuesBase?
    let origin: FigureOrigin?
    /// Whether the figure of the month before waits for the cell, which has to say which of several employers' counts.
    let isContradicted: Bool

    /// Takes the figure of the month before, as an authority reported it; else as it was stated; else the last known one
    /// before that; else one without a month; else the earliest later one.
    ///
    /// - Parameters:
    ///   - kind: what authorities report of the category; absent where they report nothing.
    ///   - wanted: the month before the one that the dues are for.
    init(_ subject: AssessmentSubject, kind: DuesFigureKind?, of wanted: DuesMonth) {
        let reported = subject.figures.filter { $0.kind == kind }
        isContradicted = reported.contains { $0.month == wanted && $0.amount == nil && $0.withdrawn != true }
        let nearest = reported.filter { $0.amount != nil }.min { Self.isNearer($0.month, $1.month, to: wanted) }
        guard let nearest, let amount = nearest.amount, Self.isPreferred(nearest.month, to: subject.base, wanted) else {
            base = subject.base
            origin = nil
            return
        }
        base = DuesBase(source: nearest.source, amount: amount, month: nearest.month)
        origin = FigureOrigin(employers: nearest.employers, cameAt: nearest.cameAt, settled: nearest.settled)
    }

    /// The last month up to the wanted one is the nearest; of later ones the earliest.
    private static func isNearer(_ left: DuesMonth, _ right: DuesMonth, to wanted: DuesMonth) -> Bool {
        switch (left <= wanted, right <= wanted) {
        case (true, true): left > right
        case (false, false): left < right
        case (let isBefore, _): isBefore
        }
    }

    /// What is reported yields only to what was stated of a nearer month.
    private static func isPreferred(_ reported: DuesMonth, to stated: DuesBase?, _ wanted: DuesMonth) -> Bool {
        guard let stated else { return true }
        guard let month = stated.month else { return reported <= wanted }
        return !isNearer(month, reported, to: wanted)
    }
}
