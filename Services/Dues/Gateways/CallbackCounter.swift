import DuesDomain
import Logging

/// Where callbacks come in: the genuine ones at one desk, those that nobody signed at another, so that a flood of
/// forgeries takes no place from a payment. Both are kept.
struct CallbackCounter: Sendable {
    private let genuine: CallbackDesk
    private let forged: CallbackDesk

    /// - Parameter transactions: how many transactions of genuine callbacks run at once; forged ones have one, and of them
    ///   no more than its next batch wait, since each that waits holds a request.
    init(booking: any CallbackBook, logger: Logger, transactions: Int, batch: Int, maximumWaiting: Int) {
        genuine = CallbackDesk(
            booking: booking, logger: logger, transactions: transactions, batch: batch, maximumWaiting: maximumWaiting)
        forged = CallbackDesk(
            booking: booking, logger: logger, transactions: 1, batch: batch, maximumWaiting: min(batch, maximumWaiting))
    }

    /// What the gateway is to be told.
    func receive(_ arrival: CallbackDesk.Arrival) async -> CallbackAnswer {
        await (arrival.isForged ? forged : genuine).receive(arrival)
    }
}
