/// Every type of event of the suite.
public enum ContractsRegistry {
    /// All types, in the order of their topics.
    public static let all: [any EventPayload.Type] = [
        OrganizationState.self,
        MemberState.self,
        RoleState.self,
        DossierSubmitted.self,
        DossierSupplemented.self,
        DossierWithdrawn.self,
        CaseOpened.self,
        CaseStepEntered.self,
        CaseStepCompleted.self,
        CaseResultRequested.self,
        CaseCompleted.self,
        MemberAdmitted.self,
        CaseRejected.self,
        CaseUnroutable.self,
        CaseSupplementRequested.self,
        CaseBoxCorrected.self,
        CaseLetterIssued.self,
        CaseLetterCancelled.self,
        CaseStayEnding.self,
        CaseStayChanged.self,
        CaseStayEnded.self,
        CasePaperFileRecorded.self,
        CaseDeadlineAlert.self,
        CaseDeadlineMoved.self,
        CaseMessagePosted.self,
        AssessmentMade.self,
        PaymentOrderCreated.self,
        PaymentReceived.self,
        PaymentFailed.self,
        PaymentSettled.self,
        ReceiptIssued.self,
        RefundApproved.self,
        RefundSucceeded.self,
        RefundFailed.self,
        RemittanceMade.self,
        RemittanceAcknowledged.self,
        RemittanceOverdue.self,
        StandingState.self,
        ResultIssued.self,
        ResultFailed.self,
        DeliverySent.self,
        DeliveryFailed.self,
        MessageParked.self,
        RelayBlocked.self,
        ServiceDegraded.self,
        AuditAnchored.self,
    ]

    /// The payload of an event type, or nil when this program does not know it.
    public static func payload(ofType type: String) -> (any EventPayload.Type)? { byType[type] }

    private static let byType = Dictionary(uniqueKeysWithValues: all.map { ($0.type, $0) })
}
