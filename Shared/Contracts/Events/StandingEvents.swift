/// Where a member stands with the dues.
public struct StandingState: EventPayload, Hashable {
    public static let type = "hoso.standing.state.v1"
    public static let topic = TopicCatalogue.standings

    /// The member; also the key.
    public let memberId: MemberID
    /// The cell to which dues are owed.
    public let organizationId: OrganizationID
    /// The last month up to which everything is paid; absent when none is.
    public let paidThrough: DuesMonth?
    /// The months owed and not paid, the oldest first.
    public let arrearsMonths: [DuesMonth]
    /// What is owed in all.
    public let arrears: Dong

    public init(
        memberId: MemberID, organizationId: OrganizationID, paidThrough: DuesMonth? = nil, arrearsMonths: [DuesMonth],
        arrears: Dong
    ) {
        self.memberId = memberId
        self.organizationId = organizationId
        self.paidThrough = paidThrough
        self.arrearsMonths = arrearsMonths
        self.arrears = arrears
    }
}
