public import Contracts

/// What became of a dossier: a fold over what was told of it.
///
/// The same events give the same answer in whatever order they arrived.
public struct StatusTimeline: Hashable, Sendable {
    public private(set) var status = DossierStatus.received
    /// Whose turn it is; nil when it is nobody's.
    public private(set) var turn: CaseStepEntered?
    /// What the applicant is asked for; nil while nothing is.
    public private(set) var wanted: WantedSupplement?
    /// The results in force, the newest last.
    public private(set) var results: [ResultIssued] = []
    /// The reason of a refusal or return.
    public private(set) var reason: String?
    /// Everything that happened, the oldest first.
    public let entries: [TimelineEntry]

    private var requested: CaseResultRequested?
    private var isWithdrawn = false
    /// Requests for a supplement in whose turn nobody has acted since.
    private var asked: [WantedSupplement] = []
    /// The newest request that the applicant has answered.
    private var answered: Int64 = 0

    /// Folds the entries.
    public init(_ entries: [TimelineEntry]) {
        self.entries = entries.sorted { Self.place($0) < Self.place($1) }
        // Within a topic the order is certain; what topics say together does not hang on their order to each other.
        for entry in entries.sorted(by: { ($0.topic, $0.sequence) < ($1.topic, $1.sequence) }) { apply(entry) }
        combine()
    }

    private static func place(_ entry: TimelineEntry) -> (Int64, String, Int64) {
        (entry.at.millisecondsSince1970, entry.topic, entry.sequence)
    }

    private mutating func apply(_ entry: TimelineEntry) {
        noteSupplement(entry)
        switch entry.event {
        case .submitted, .supplemented, .supplementRequested, .letterIssued, .letterCancelled, .admitted, .stayEnding,
            .stayChanged, .stayEnded, .paperFileRecorded, .resultFailed:
            break
        case .withdrawn: isWithdrawn = true
        case .opened: enter(.inProgress, nil)
        case .stepEntered(let step):
            // Unroutable and returned cases wait in a turn of their own; the next turn after it is an ordinary one.
            enter(status == .refused || (status == .onHold && turn == nil) ? .onHold : .inProgress, step)
        case .stepCompleted: enter(.inProgress, nil)
        case .unroutable: enter(.onHold, turn)
        case .rejected(let rejection):
            enter(.refused, nil)
            reason = rejection.reason
        case .resultRequested(let request):
            enter(.awaitingResult, nil)
            requested = request
        case .completed(let end): enter(end.outcome == "withdrawn" ? .withdrawn : .completed, nil)
        case .resultIssued(let result): results.append(result)
        }
    }

    private mutating func noteSupplement(_ entry: TimelineEntry) {
        switch entry.event {
        case .supplementRequested(let request):
            asked.append(WantedSupplement(request: request, sequence: entry.sequence))
        case .supplemented(let supplement): answered = max(answered, supplement.requestSequence)
        // The turn that asked goes on after a supplement, or when its seat changes; it is over when somebody acts in it,
        // or when the case has come to another step.
        case .stepEntered(let step): asked.removeAll { $0.request.step != step.step }
        case .stepCompleted(let step):
            asked.removeAll {
                $0.request.step != step.step || $0.request.organizationId == step.organizationId
            }
        case .rejected, .resultRequested, .completed: asked = []
        case .submitted, .withdrawn, .opened, .unroutable, .letterIssued, .letterCancelled, .admitted, .stayEnding,
            .stayChanged, .stayEnded, .paperFileRecorded, .resultIssued, .resultFailed:
            break
        }
    }

    private mutating func enter(_ status: DossierStatus, _ turn: CaseStepEntered?) {
        self.status = status
        self.turn = turn
        if status != .refused, status != .onHold { reason = nil }
    }

    /// Puts together what the topics say.
    private mutating func combine() {
        let isIssued = results.contains { result in
            requested.map { $0.documentType == result.documentType && $0.version == result.version } ?? false
        }
        if status == .awaitingResult, isIssued { status = .resultIssued }
        if isWithdrawn, !status.isFinal { enter(.withdrawn, nil) }
        switch status {
        case .received, .inProgress, .onHold: wanted = asked.last { $0.sequence > answered }
        case .awaitingSupplement, .awaitingResult, .resultIssued, .completed, .refused, .withdrawn: wanted = nil
        }
        if wanted != nil { status = .awaitingSupplement }
    }
}

/// A request for a supplement that is not answered yet.
public struct WantedSupplement: Hashable, Sendable {
    public let request: CaseSupplementRequested
    /// Its number among the events of the case.
    public let sequence: Int64

    public init(request: CaseSupplementRequested, sequence: Int64) {
        self.request = request
        self.sequence = sequence
    }
}
