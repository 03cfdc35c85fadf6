public import Contracts

/// What happened to a case, as the others learn it.
public enum CaseEvent: Hashable, Sendable {
    case opened(CaseOpened)
    case stepEntered(CaseStepEntered)
    case stepCompleted(CaseStepCompleted)
    case unroutable(CaseUnroutable)
    case deadlineAlert(CaseDeadlineAlert)
    case deadlineMoved(CaseDeadlineMoved)
    case messagePosted(CaseMessagePosted)
    case rejected(CaseRejected)
    case admitted(MemberAdmitted)
    case resultRequested(CaseResultRequested)
    case completed(CaseCompleted)
    case supplementRequested(CaseSupplementRequested)
    case boxCorrected(CaseBoxCorrected)
    case letterIssued(CaseLetterIssued)
    case letterCancelled(CaseLetterCancelled)
    case stayEnding(CaseStayEnding)
    case stayChanged(CaseStayChanged)
    case stayEnded(CaseStayEnded)
    case paperFileRecorded(CasePaperFileRecorded)

    /// Whether whoever decides should know of it first.
    var changesWhatIsDecided: Bool {
        switch self {
        case .messagePosted, .deadlineAlert, .deadlineMoved, .paperFileRecorded: false
        case .opened, .stepEntered, .stepCompleted, .unroutable, .rejected, .admitted, .resultRequested, .completed,
            .supplementRequested, .boxCorrected, .letterIssued, .letterCancelled, .stayEnding, .stayChanged, .stayEnded:
            true
        }
    }

    /// The event as its payload.
    public var payload: any EventPayload {
        switch self {
        case .opened(let payload): payload
        case .stepEntered(let payload): payload
        case .stepCompleted(let payload): payload
        case .unroutable(let payload): payload
        case .deadlineAlert(let payload): payload
        case .deadlineMoved(let payload): payload
        case .messagePosted(let payload): payload
        case .rejected(let payload): payload
        case .admitted(let payload): payload
        case .resultRequested(let payload): payload
        case .completed(let payload): payload
        case .supplementRequested(let payload): payload
        case .boxCorrected(let payload): payload
        case .letterIssued(let payload): payload
        case .letterCancelled(let payload): payload
        case .stayEnding(let payload): payload
        case .stayChanged(let payload): payload
        case .stayEnded(let payload): payload
        case .paperFileRecorded(let payload): payload
        }
    }
}
