public import Contracts
public import Foundation

/// Something that happened to a dossier.
public enum ProgressEvent: Hashable, Sendable {
    case submitted(DossierSubmitted)
    case supplemented(DossierSupplemented)
    case withdrawn(DossierWithdrawn)
    case opened(CaseOpened)
    case stepEntered(CaseStepEntered)
    case stepCompleted(CaseStepCompleted)
    case supplementRequested(CaseSupplementRequested)
    case unroutable(CaseUnroutable)
    case rejected(CaseRejected)
    case letterIssued(CaseLetterIssued)
    case letterCancelled(CaseLetterCancelled)
    case admitted(MemberAdmitted)
    case stayEnding(CaseStayEnding)
    case stayChanged(CaseStayChanged)
    case stayEnded(CaseStayEnded)
    case paperFileRecorded(CasePaperFileRecorded)
    case resultRequested(CaseResultRequested)
    case completed(CaseCompleted)
    case resultIssued(ResultIssued)
    case resultFailed(ResultFailed)

    /// The event of a type, read from its JSON; nil for a type that tells nothing about a dossier.
    public init?(type: String, json: [UInt8]) throws {
        guard let read = Self.readers[type] else { return nil }
        self = try read(json)
    }

    private static let readers: [String: @Sendable ([UInt8]) throws -> ProgressEvent] = [
        DossierSubmitted.type: { .submitted(try ContractsJSON.decode(from: $0)) },
        DossierSupplemented.type: { .supplemented(try ContractsJSON.decode(from: $0)) },
        DossierWithdrawn.type: { .withdrawn(try ContractsJSON.decode(from: $0)) },
        CaseOpened.type: { .opened(try ContractsJSON.decode(from: $0)) },
        CaseStepEntered.type: { .stepEntered(try ContractsJSON.decode(from: $0)) },
        CaseStepCompleted.type: { .stepCompleted(try ContractsJSON.decode(from: $0)) },
        CaseSupplementRequested.type: { .supplementRequested(try ContractsJSON.decode(from: $0)) },
        CaseUnroutable.type: { .unroutable(try ContractsJSON.decode(from: $0)) },
        CaseRejected.type: { .rejected(try ContractsJSON.decode(from: $0)) },
        CaseLetterIssued.type: { .letterIssued(try ContractsJSON.decode(from: $0)) },
        CaseLetterCancelled.type: { .letterCancelled(try ContractsJSON.decode(from: $0)) },
        MemberAdmitted.type: { .admitted(try ContractsJSON.decode(from: $0)) },
        CaseStayEnding.type: { .stayEnding(try ContractsJSON.decode(from: $0)) },
        CaseStayChanged.type: { .stayChanged(try ContractsJSON.decode(from: $0)) },
        CaseStayEnded.type: { .stayEnded(try ContractsJSON.decode(from: $0)) },
        CasePaperFileRecorded.type: { .paperFileRecorded(try ContractsJSON.decode(from: $0)) },
        CaseResultRequested.type: { .resultRequested(try ContractsJSON.decode(from: $0)) },
        CaseCompleted.type: { .completed(try ContractsJSON.decode(from: $0)) },
        ResultIssued.type: { .resultIssued(try ContractsJSON.decode(from: $0)) },
        ResultFailed.type: { .resultFailed(try ContractsJSON.decode(from: $0)) },
    ]

    /// What was told.
    public var payload: any EventPayload {
        switch self {
        case .submitted(let payload): payload
        case .supplemented(let payload): payload
        case .withdrawn(let payload): payload
        case .opened(let payload): payload
        case .stepEntered(let payload): payload
        case .stepCompleted(let payload): payload
        case .supplementRequested(let payload): payload
        case .unroutable(let payload): payload
        case .rejected(let payload): payload
        case .letterIssued(let payload): payload
        case .letterCancelled(let payload): payload
        case .admitted(let payload): payload
        case .stayEnding(let payload): payload
        case .stayChanged(let payload): payload
        case .stayEnded(let payload): payload
        case .paperFileRecorded(let payload): payload
        case .resultRequested(let payload): payload
        case .completed(let payload): payload
        case .resultIssued(let payload): payload
        case .resultFailed(let payload): payload
        }
    }
}

/// An event at its place: each topic counts the events of a dossier by itself, and they arrive in any order between
/// topics.
public struct TimelineEntry: Hashable, Sendable {
    /// The name of the topic it came on.
    public let topic: String
    /// Its number among the topic's events of this dossier.
    public let sequence: Int64
    public let at: Date
    public let event: ProgressEvent

    public init(topic: String, sequence: Int64, at: Date, event: ProgressEvent) {
        self.topic = topic
        self.sequence = sequence
        self.at = at
        self.event = event
    }
}
