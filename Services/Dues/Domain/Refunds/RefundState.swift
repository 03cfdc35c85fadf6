/// Where a refund (hoàn tiền) stands.
public enum RefundState: String, Codable, Hashable, Sendable, CaseIterable {
    /// Somebody asked for it; a second person decides.
    case requested
    /// The money is owed to the payer and is to be sent.
    case approved
    /// The gateway is being told; nobody knows yet whether it has heard.
    case sent
    /// The gateway has not answered, or does not know either: only its answer or a person leads out.
    case unknown
    case succeeded
    case failed
    case rejected
    case withdrawn

    /// The states whose refunds count against what was paid.
    public static let standing = allCases.filter { ![.failed, .rejected, .withdrawn].contains($0) }

    /// The states of which it is not known how they end.
    public static let underWay: [RefundState] = [.requested, .approved, .sent, .unknown]

    var words: (vietnamese: String, english: String) {
        switch self {
        case .requested: ("đang chờ duyệt", "requested")
        case .approved: ("đã duyệt", "approved")
        case .sent: ("đã gửi", "sent")
        case .unknown: ("chưa rõ kết quả", "unknown")
        case .succeeded: ("đã hoàn", "succeeded")
        case .failed: ("không thành", "failed")
        case .rejected: ("bị từ chối", "rejected")
        case .withdrawn: ("đã rút", "withdrawn")
        }
    }
}

/// What can happen to a refund.
public enum RefundStep: String, Codable, Hashable, Sendable, CaseIterable {
    /// A second person agrees.
    case approve
    /// A second person does not.
    case reject
    /// Whoever may ask for it takes it back before it is sent.
    case withdraw
    /// It is about to be told to the gateway.
    case send
    /// The gateway took the payment back by itself: nothing is sent.
    case noteReversal = "note-reversal"
    /// It was sent before, and a file tells of money that was taken back, which may be it: a person finds out.
    case hold
    /// The gateway says that the money has gone.
    case succeed
    /// The gateway says that it gives nothing back.
    case fail
    /// No answer, or none that decides.
    case noAnswer = "no-answer"
    /// The gateway has never heard of it.
    case notReceived = "not-received"
    /// A person found out that the money has gone.
    case confirm
    /// A person found out that it has not.
    case deny
}

/// What a step does to the money.
public enum RefundEffect: String, Codable, Hashable, Sendable, CaseIterable {
    /// It is owed to the payer, and the months of its lines are owed again.
    case owe
    /// It has left through the gateway's clearing.
    case leave
    /// It is owed no more: what its lines lost is paid again.
    case takeBack = "take-back"
    case nothing
}
