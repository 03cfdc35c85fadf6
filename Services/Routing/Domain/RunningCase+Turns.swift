public import Foundation

extension RunningCase {
    /// Every open turn.
    public var openTurns: [Turn] { turn.map { [$0] } ?? [] }

    /// When something is to be told of a deadline next; nil when all was told, and while the clocks stand.
    public var alertAt: Date? { openTurns.compactMap(\.alertAt).min() }

    /// The open turn of the number.
    func openTurn(_ number: Int) -> Turn? { openTurns.first { $0.number == number } }

    /// Changes an open turn; one that is over stays as it is.
    mutating func change(turn number: Int, _ change: (inout Turn) -> Void) {
        guard var turn, turn.number == number else { return }
        change(&turn)
        self.turn = turn
    }
}
