public import Contracts

/// What came in for an organisation in a month, and how it is divided (phân chia) between it and its superior.
///
/// `own + received + carriedIn` is always `kept + passed + carriedOut`.
public struct RemittanceSum: Hashable, Sendable {
    /// What members of the organisation itself paid in the month, less what was given back; negative when more was.
    public let own: Dong
    /// What inferiors passed up and the organisation acknowledged since its last month was closed.
    public let received: Dong
    /// What the month before left over; negative or nothing.
    public let carriedIn: Dong
    /// What the organisation keeps.
    public let kept: Dong
    /// What it passes up.
    public let passed: Dong
    /// What the next month begins with: negative when more was given back than came in, otherwise nothing.
    public let carriedOut: Dong

    /// - Parameter share: what the organisation keeps; nil at the top, which keeps everything.
    public init(own: Dong, received: Dong, carriedIn: Dong = .zero, share: BasisPoints?) {
        self.own = own
        self.received = received
        self.carriedIn = carriedIn
        let total = own + received + carriedIn
        guard total > .zero else {
            (kept, passed, carriedOut) = (.zero, .zero, total)
            return
        }
        let split = share.map(total.split)
        kept = split?.kept ?? total
        passed = split?.passed ?? .zero
        carriedOut = .zero
    }
}
