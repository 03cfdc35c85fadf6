import Contracts
import IntakeDomain
import Messaging

/// What Routing and Signing tell of dossiers: it becomes the status that the applicant sees.
enum ProgressConsumer {
    static let definition = ConsumerDefinition(
        name: "intake.progress", topics: [TopicCatalogue.cases, TopicCatalogue.results], kind: .effects
    )
    .following { ProgressEvent.opened($0) }
    .following { ProgressEvent.stepEntered($0) }
    .following { ProgressEvent.stepCompleted($0) }
    .following { ProgressEvent.supplementRequested($0) }
    .following { ProgressEvent.unroutable($0) }
    .following { ProgressEvent.rejected($0) }
    .following { ProgressEvent.letterIssued($0) }
    .following { ProgressEvent.letterCancelled($0) }
    .following { ProgressEvent.admitted($0) }
    .following { ProgressEvent.stayEnding($0) }
    .following { ProgressEvent.stayChanged($0) }
    .following { ProgressEvent.stayEnded($0) }
    .following { ProgressEvent.paperFileRecorded($0) }
    .following { ProgressEvent.resultRequested($0) }
    .following { ProgressEvent.completed($0) }
    .following { ProgressEvent.resultIssued($0) }
    .following { ProgressEvent.resultFailed($0) }
}

extension ConsumerDefinition {
    /// This consumer, also keeping events of a type in the timeline of their dossier, which is their key.
    fileprivate func following<Payload: EventPayload>(
        _ event: @escaping @Sendable (Payload) -> ProgressEvent
    ) -> ConsumerDefinition {
        on(Payload.self) { message, scope in
            let entry = TimelineEntry(
                topic: message.place.topic, sequence: message.sequence, at: message.time,
                event: event(message.payload))
            guard try await TimelineStore.add(entry, to: DossierID(message.key), in: scope.transaction) else {
                if let opened = message.payload as? CaseOpened, opened.campaignId != nil {
                    return try await CampaignCases.note(opened.dossierId, in: scope.transaction)
                }
                // Whoever is asked about in a campaign submitted nothing, and follows nothing here.
                if try await CampaignCases.contains(DossierID(message.key), in: scope.transaction) { return }
                // Nothing can be told of a dossier before it was submitted here.
                throw Unprocessable("there is no dossier \(message.key)")
            }
        }
    }
}
