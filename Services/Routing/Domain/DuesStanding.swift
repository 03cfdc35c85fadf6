public import Contracts
import WorkingTime

/// How a member stands with the dues (đảng phí), as Dues tells it.
public struct DuesStanding: Hashable, Sendable {
    /// The last month up to which everything is paid; absent when none is.
    public let paidThrough: DuesMonth?
    /// The months owed and not paid, the oldest first.
    public let arrearsMonths: [DuesMonth]
    /// What is owed in all.
    public let arrears: Dong

    public init(paidThrough: DuesMonth?, arrearsMonths: [DuesMonth], arrears: Dong) {
        self.paidThrough = paidThrough
        self.arrearsMonths = arrearsMonths
        self.arrears = arrears
    }
}

extension Draft {
    /// What the letter states of the dues: what the officer says who issues it, else how the member stands. Neither
    /// arrears nor a difference between the two blocks it; both are shown.
    mutating func stateDues(_ stated: DuesMonth?) {
        running.duesPaidThrough = stated ?? around.dues?.paidThrough
        running.warnings.removeAll { $0 == .duesDiffer || $0 == .arrears }
        guard let standing = around.dues else { return }
        if running.duesPaidThrough != standing.paidThrough { warn(.duesDiffer) }
        if !standing.arrearsMonths.isEmpty { warn(.arrears) }
    }

    /// Tells those who act what they should know, once.
    mutating func warn(_ warning: RunningCase.Warning) {
        if !running.warnings.contains(warning) { running.warnings.append(warning) }
    }
}

extension Circumstances {
    /// Whether the probation ends before the letter has to be presented.
    func isRecognitionDue(in running: RunningCase) -> Bool {
        guard let due = applicant.recognitionDueOn, let limit = definition.letter?.presentWithin,
            let end = try? workingTime(of: running.fromCellId).deadline(from: now, limit: limit)
        else { return false }
        return due <= Day(containing: end.at)
    }
}
