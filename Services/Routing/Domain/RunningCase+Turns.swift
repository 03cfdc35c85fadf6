public import Contracts
public import Foundation

extension RunningCase {
    /// When something is to be told of a deadline next; nil when all was told, and while the clocks stand.
    public var alertAt: Date? { turns.compactMap(\.alertAt).min() }

    /// The open turn of the number.
    func openTurn(_ number: Int) -> Turn? { turns.first { $0.number == number } }

    /// Changes an open turn; one that is over stays as it is.
    mutating func change(turn number: Int, _ change: (inout Turn) -> Void) {
        guard let place = turns.firstIndex(where: { $0.number == number }) else { return }
        change(&turns[place])
    }

    /// The absent officer for whom somebody acted at the moment.
    public func principal(of member: MemberID, at moment: Date) -> MemberID? {
        done.last { $0.byMemberId == member && $0.at == moment }?.forMemberId
            ?? cancelledLetters.last { $0.byMemberId == member && $0.cancelledAt == moment }?.forMemberId
    }
}
