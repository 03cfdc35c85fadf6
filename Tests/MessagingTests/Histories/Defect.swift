/// A way of doing it wrong. Each must break a promise that the checker sees.
enum Defect: String, CaseIterable, Sendable {
    // Writers
    case writerDrawsItsNumberBeforeTheLock

    // Relay
    case relayRemembersTheHighestRowNumber
    case relayWidensItsWindowWithEveryPage
    case relayWritesItsPositionBeforeTheConfirmation
    case relayHasOnePositionForAllClusters
    case relayConnectsToAnyCluster
    case relaySendsWithoutIdempotence
    case relayGoesOnWithoutTheLead

    // State written late
    case lateStateIsNotNoted
    case lateStateIsNotedOnlyWhenADeliveryFailed
    case lateStateSaidAgainIsNotNotedItself
    case lateStateIsNotedBeforeTheQueueIsEmpty
    case lateStateNotedMeanwhileIsSettledToo
    /// A relay that dies between its last delivery and its note can note nothing. The design has no answer to that; it is
    /// here so that the limit is known and not forgotten.
    case lateStateIsForgottenByADeath

    // Consumer
    case consumerHasNoInbox
    case consumerEntersTheInboxBeforeItsTransaction
    case consumerMovesItsPositionBeforeItsTransaction
    case consumerAppliesOutsideItsTransaction
    case consumerDoesNotCompareTheStart
    case consumerHasOnePositionForAllClusters
    case replayKeepsTheInbox
    case replayKeepsThePosition
}
