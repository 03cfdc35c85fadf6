import Contracts
import DuesDomain
import Foundation
import Logging
import Messaging
import Postgres
import ServiceKit

/// Where callbacks are kept and booked.
protocol CallbackBook: Sendable {
    /// What each of them is to be answered, in their order; durable when this returns.
    func process(_ arrivals: [CallbackDesk.Arrival]) async throws -> [CallbackAnswer]
    /// Keeps the bytes of callbacks that could not be booked, if that at least is possible.
    func keep(_ arrivals: [CallbackDesk.Arrival]) async
}

/// Where callbacks are taken in: each is answered after the commit that holds it, and several that wait at the same
/// moment share one transaction.
///
/// Up to `transactions` of them run at once, each led by one of the requests in it. A further one begins only when as many
/// wait as the smallest of those under way has, or somebody has waited for a tenth of a second: small transactions beside
/// each other would do the same work at several times the cost. A batch that fails for what is in it
/// is taken apart, one after the other in the same place, so that a bad callback cannot fail its neighbours and a
/// failure makes no more transactions than there were. When the database itself is away all of it is to be tried again.
actor CallbackDesk {
    struct Arrival: Sendable {
        let gateway: String
        let raw: RawCallback
        let reading: CallbackReading

        /// Whether nobody who knows the secret sent it.
        var isForged: Bool {
            if case .refused(.notAuthentic, _) = reading { true } else { false }
        }
    }

    private enum Turn: Sendable {
        case answered(CallbackAnswer)
        /// Lead a transaction with these beside your own.
        case lead([Waiting])
    }

    private struct Waiting: Sendable {
        let arrival: Arrival
        let since = ContinuousClock.now
        let turn: CheckedContinuation<Turn, Never>
    }

    /// Whoever has waited for so long waits for no larger batch; looked at when somebody comes or a transaction ends.
    private static let patience: Duration = .milliseconds(100)

    private let booking: any CallbackBook
    private let logger: Logger
    private let batch: Int
    private let maximumWaiting: Int
    private let transactions: Int
    /// How many callbacks each of the transactions under way has.
    private var underWay: [Int] = []
    private var waiting: [Waiting] = []

    init(booking: any CallbackBook, logger: Logger, transactions: Int, batch: Int, maximumWaiting: Int) {
        self.booking = booking
        self.logger = logger
        self.batch = batch
        self.maximumWaiting = maximumWaiting
        self.transactions = transactions
    }

    /// How many wait for a transaction.
    var waitingCount: Int { waiting.count }

    /// What the gateway is to be told; `tryAgain` when it could not be kept.
    func receive(_ arrival: Arrival) async -> CallbackAnswer {
        guard waiting.count < maximumWaiting else { return .tryAgain }
        let turn = await withCheckedContinuation { continuation in
            waiting.append(Waiting(arrival: arrival, turn: continuation))
            beginIfWorth()
        }
        switch turn {
        case .answered(let answer): return answer
        case .lead(let others): return await lead(arrival, others: others)
        }
    }

    private func lead(_ arrival: Arrival, others: [Waiting]) async -> CallbackAnswer {
        let arrivals = [arrival] + others.map(\.arrival)
        let answers: [CallbackAnswer]
        do {
            answers = try await booking.process(arrivals)
            ended(arrivals.count)
        } catch {
            // From now on it holds its place for one at a time.
            ended(arrivals.count, leaving: 1)
            answers = await apart(arrivals, error)
            ended(1)
        }
        for (index, other) in others.enumerated() {
            let place = index + 1
            other.turn.resume(returning: .answered(answers.indices.contains(place) ? answers[place] : .tryAgain))
        }
        return answers.first ?? .tryAgain
    }

    /// Notes that a transaction of so many is over, or goes on with fewer.
    private func ended(_ count: Int, leaving rest: Int? = nil) {
        if let place = underWay.firstIndex(of: count) { underWay.remove(at: place) }
        if let rest { underWay.append(rest) }
        beginIfWorth()
    }

    /// Lets the first of those who wait lead a transaction.
    private func beginIfWorth() {
        guard let first = waiting.first, underWay.count < transactions,
            waiting.count >= underWay.min() ?? 1 || ContinuousClock.now - first.since > Self.patience
        else { return }
        let others = Array(waiting.dropFirst().prefix(batch - 1))
        waiting.removeFirst(others.count + 1)
        underWay.append(others.count + 1)
        first.turn.resume(returning: .lead(others))
    }

    /// The answers after a batch failed: each alone, unless the fault is none of theirs.
    private func apart(_ arrivals: [Arrival], _ cause: any Error) async -> [CallbackAnswer] {
        guard arrivals.count > 1, Self.followsFromContents(cause) else {
            return await giveUp(arrivals, cause)
        }
        var answers: [CallbackAnswer] = []
        for arrival in arrivals {
            do {
                answers.append(try await booking.process([arrival]).first ?? .tryAgain)
            } catch {
                answers += await giveUp([arrival], error)
            }
        }
        return answers
    }

    private func giveUp(_ arrivals: [Arrival], _ cause: any Error) async -> [CallbackAnswer] {
        logger.error(
            "callbacks could not be booked",
            metadata: [
                "gateways": "\(Set(arrivals.map(\.gateway)).sorted())", "callbacks": "\(arrivals.count)",
                "error": "\(cause)",
            ])
        await booking.keep(arrivals)
        return arrivals.map { _ in .tryAgain }
    }

    /// Whether the contents of a batch may have failed it: the database refused a statement or a row was locked for too
    /// long, or our own code failed; not when connections, memory or the server itself are at fault.
    private static func followsFromContents(_ error: any Error) -> Bool {
        guard let error = error as? PostgresError else { return !(error is CancellationError) }
        guard let state = error.sqlState else { return [.decoding, .usage].contains(error.code) }
        return !["08", "53", "57", "58", "XX"].contains(state.errorClass)
    }
}
