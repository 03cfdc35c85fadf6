import Contracts
import DuesDomain
import Foundation
import Logging
import Messaging
import Postgres
import ServiceKit

/// Where callbacks are taken in: each is answered after the commit that holds it, and several that wait at the same
/// moment share one transaction.
///
/// Up to `transactions` of them run at once, each led by one of the requests in it. A batch that fails as a whole is
/// taken apart, so that a bad callback cannot fail its neighbours.
actor CallbackDesk {
    struct Arrival: Sendable {
        let gateway: String
        let raw: RawCallback
        let reading: CallbackReading
    }

    private enum Turn: Sendable {
        case answered(CallbackAnswer)
        /// Lead a transaction with these beside your own.
        case lead([Waiting])
        /// The batch failed: go through it alone.
        case alone
    }

    private struct Waiting: Sendable {
        let arrival: Arrival
        let turn: CheckedContinuation<Turn, Never>
    }

    private let booking: CallbackBooking
    private let logger: Logger
    private let batch: Int
    private let maximumWaiting: Int
    private var freeTransactions: Int
    private var waiting: [Waiting] = []

    init(booking: CallbackBooking, logger: Logger, transactions: Int, batch: Int, maximumWaiting: Int) {
        self.booking = booking
        self.logger = logger
        self.batch = batch
        self.maximumWaiting = maximumWaiting
        freeTransactions = transactions
    }

    /// What the gateway is to be told; `tryAgain` when it could not be kept.
    func receive(_ arrival: Arrival) async -> CallbackAnswer {
        if freeTransactions > 0 {
            freeTransactions -= 1
            return await lead(arrival, others: [])
        }
        guard waiting.count < maximumWaiting else { return .tryAgain }
        let turn = await withCheckedContinuation { continuation in
            waiting.append(Waiting(arrival: arrival, turn: continuation))
        }
        switch turn {
        case .answered(let answer): return answer
        case .lead(let others): return await lead(arrival, others: others)
        case .alone: return await processAlone(arrival)
        }
    }

    private func lead(_ arrival: Arrival, others: [Waiting]) async -> CallbackAnswer {
        let answers = try? await booking.process([arrival] + others.map(\.arrival))
        guard let answers, answers.count == others.count + 1 else {
            for other in others { other.turn.resume(returning: .alone) }
            // The place goes on before this one is tried again: others need not wait for it.
            passOn()
            return await processAlone(arrival)
        }
        for (other, answer) in zip(others, answers.dropFirst()) { other.turn.resume(returning: .answered(answer)) }
        passOn()
        return answers[0]
    }

    /// Gives the transaction to those who wait, or back.
    private func passOn() {
        guard let next = waiting.first else {
            freeTransactions += 1
            return
        }
        let others = Array(waiting.dropFirst().prefix(batch - 1))
        waiting.removeFirst(others.count + 1)
        next.turn.resume(returning: .lead(others))
    }

    private func processAlone(_ arrival: Arrival) async -> CallbackAnswer {
        do {
            return try await booking.process([arrival]).first ?? .tryAgain
        } catch {
            logger.error(
                "a callback could not be booked", metadata: ["gateway": "\(arrival.gateway)", "error": "\(error)"])
            await booking.keep(arrival)
            return .tryAgain
        }
    }
}
