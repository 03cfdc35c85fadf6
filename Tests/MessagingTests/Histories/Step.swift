/// One thing that happens between an outbox and an inbox. A step that is impossible where it stands does nothing, so that
/// any sequence of steps is a history.
enum Step: Equatable, Sendable {
    // Transactions that change aggregates and append their events.
    case begin(writer: Int)
    case append(writer: Int, key: Int)
    case commit(writer: Int)
    case rollBack(writer: Int)

    // The relay that leads; the first of these makes one lead where none does.
    case relayReads
    case relaySends(Int)
    /// The record is in the log, but the relay does not learn it.
    case relayLosesConfirmation
    /// The broker does not take the record; those behind it are on their way already.
    case relayAttemptFails
    /// The last of a page, or of state said again: its position is written, or the state settled.
    case relayFinishes
    /// The same, and the connection is lost with the answer.
    case relayFinishesUnheard
    case relaySaysStateAgain
    case relayCrashes

    /// The leader stands still and loses its session; another may lead.
    case relayFreezes
    /// The one that is frozen longest moves again: so many of its queued records leave before it notices.
    case relayThaws(sending: Int)

    /// The broker comes back empty, under another id.
    case brokerReplaced
    /// The broker before this one is back with all it had.
    case brokerReturns

    // Two readers of one partition, of which one owns it.
    case fetch(Int)
    case apply(Ending)
    /// The reader that owned the partition before applies what it still has in hand.
    case applyLate(Ending)
    case rebalance
    /// A projection is emptied, to be built again from the log.
    case projectionEmptied

    /// How the transaction of a batch ends.
    enum Ending: String, CaseIterable, Sendable {
        case committed
        /// A handler fails when the batch is applied as a whole, and not when each message has its savepoint.
        case committedSecondTime
        case rolledBack
        case crashedBefore
        case crashedAfter
        /// Committed, but the answer is lost: the reader tries again.
        case unheard
    }
}

extension Step {
    static let keys = 3
    static let writers = 3

    /// What brings every history to rest: nothing fails any more. Frozen relays move again at the worst moments: when all
    /// is quiet, and between the repetition of what they spoil and its receipt.
    static let closing: [[Step]] = [
        (0..<writers).map { $0 == 0 ? .rollBack(writer: $0) : .commit(writer: $0) },
        [
            .relayThaws(sending: 1), .relayReads, .relaySaysStateAgain, .relaySends(9), .relayThaws(sending: 2),
            .relayFinishes,
        ],
        [.relayThaws(sending: 2)],
    ]

    /// Repeated after each part of the closing, until nothing moves any more.
    static let closingRound: [Step] = [
        .relayReads, .relaySends(9), .relayFinishes, .relaySaysStateAgain, .relaySends(9), .relayFinishes, .fetch(9),
        .apply(.committed), .applyLate(.committed),
    ]

    /// So many rounds without any record or effect: nothing will come any more. A round may go by with a refused batch, a
    /// term that ends or an empty page.
    static let idleRounds = 5
}

extension Step.Ending: CustomDebugStringConvertible {
    var debugDescription: String { rawValue }
}
