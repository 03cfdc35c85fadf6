/// Where a payment order (lệnh thanh toán) stands.
public enum OrderState: String, Codable, Hashable, Sendable, CaseIterable {
    /// Waits for the payer.
    case open
    /// Nobody knows yet whether it was paid; the gateway is asked until it is known.
    case unknown
    /// Debited, but the gateway suspects something: a person decides.
    case doubtful
    case paid
    case failed
    /// Its time ran out; money that comes later is still taken.
    case expired
}

/// What can happen to a payment order.
public enum OrderTrigger: String, Codable, Hashable, Sendable, CaseIterable {
    /// A gateway, or a settlement file, says that the money was paid.
    case paid
    /// The payer's bank or the payer refused.
    case declined
    /// The gateway does not know either.
    case pending
    /// Debited but suspected of fraud, or debited and not successful.
    case suspected
    /// No answer and no callback in time.
    case silent
    /// The time of the order is over.
    case timeOver = "time-over"
    /// The payee's account was changed.
    case accountChanged = "account-changed"
}

/// What is to be done with the money or the message.
public enum OrderEffect: String, Codable, Hashable, Sendable, CaseIterable {
    /// The payment is booked.
    case takePayment = "take-payment"
    /// The money came a second time: kept, to be refunded or carried over.
    case takeOverpayment = "take-overpayment"
    /// The failure is told to the payer.
    case recordFailure = "record-failure"
    /// The gateway is asked for the status.
    case askStatus = "ask-status"
    /// A person looks at it.
    case raiseException = "raise-exception"
    /// It is noted and changes nothing.
    case note
}
