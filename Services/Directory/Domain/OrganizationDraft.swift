public import Contracts

/// What is said of an organisation when it is entered.
public struct OrganizationDraft: Sendable {
    public var code: OrganizationCode
    public var name: String
    public var type: OrganizationType
    public var parentId: OrganizationID?
    public var residential: Bool
    /// Absent: the one of the organisation above.
    public var duesRegion: DuesRegion?
    public var hasSeal: Bool
    public var officeHours: [OrganizationState.OpeningPeriod]?
    public var meetingDay: Int?
    public var bankAccounts: [OrganizationState.BankAccount]
    public var contactEmail: String?
    public var units: [OrganizationState.Unit]?
    public var activations: [OrganizationState.Activation]?

    public init(
        code: OrganizationCode, name: String, type: OrganizationType, parentId: OrganizationID? = nil,
        residential: Bool = false, duesRegion: DuesRegion? = nil, hasSeal: Bool = false,
        officeHours: [OrganizationState.OpeningPeriod]? = nil, meetingDay: Int? = nil,
        bankAccounts: [OrganizationState.BankAccount] = [], contactEmail: String? = nil,
        units: [OrganizationState.Unit]? = nil, activations: [OrganizationState.Activation]? = nil
    ) {
        self.code = code
        self.name = name
        self.type = type
        self.parentId = parentId
        self.residential = residential
        self.duesRegion = duesRegion
        self.hasSeal = hasSeal
        self.officeHours = officeHours
        self.meetingDay = meetingDay
        self.bankAccounts = bankAccounts
        self.contactEmail = contactEmail
        self.units = units
        self.activations = activations
    }
}

extension Organization {
    /// A new organisation under `above`, or everything that is wrong with it.
    public static func founded(
        _ id: OrganizationID, _ draft: OrganizationDraft, under above: OrganizationPath?
    ) throws(Faults) -> Organization {
        var faults = Hierarchy.faults(of: draft.type, under: above)
        if draft.duesRegion == nil, above?.first == nil { faults.append(regionMissing) }
        let organization = Organization(
            id: id, version: 1, code: draft.code, name: TextRule.tidy(draft.name), type: draft.type,
            parentId: above?.first?.id, status: .active, mergedIntoId: nil, residential: draft.residential,
            duesRegion: draft.duesRegion ?? above?.first?.duesRegion ?? .one, hasSeal: draft.hasSeal,
            officeHours: draft.officeHours, meetingDay: draft.meetingDay, bankAccounts: draft.bankAccounts,
            contactEmail: draft.contactEmail, units: draft.units, activations: draft.activations)
        try Faults.check(faults + organization.faults)
        return organization
    }

    /// What is wrong with the organisation by itself.
    var faults: [InvalidValue] {
        var faults = TextRule.name(name, field: "name")
        if hasSeal, Hierarchy.withoutSeal.contains(type) { faults.append(Self.sealOfCell) }
        if let meetingDay, !(1...31).contains(meetingDay) { faults.append(Self.meetingDayFault) }
        for (index, period) in (officeHours ?? []).enumerated() where !TextRule.isPeriod(period) {
            faults.append(
                InvalidValue(
                    field: "officeHours[\(index)]", rule: "organization.office-hours",
                    vietnamese: "Giờ làm việc phải có dạng 07:30 và giờ mở trước giờ đóng.",
                    english: "Office hours are written 07:30, and open before they close."))
        }
        for (index, account) in bankAccounts.enumerated() {
            faults += TextRule.account(account, field: "bankAccounts[\(index)]")
        }
        faults += UnitRule.faults(of: units ?? [], at: type)
        faults += ActivationRule.faults(of: activations ?? [])
        if let contactEmail { faults += TextRule.email(contactEmail, field: "contactEmail") }
        return faults
    }

    private static let sealOfCell = InvalidValue(
        field: "hasSeal", rule: "organization.seal", vietnamese: "Chi bộ, tổ đảng không có con dấu riêng.",
        english: "A cell or a group has no seal of its own.")
    private static let meetingDayFault = InvalidValue(
        field: "meetingDay", rule: "organization.meeting-day", vietnamese: "Ngày sinh hoạt phải từ 1 đến 31.",
        english: "The meeting day is 1 to 31.")
    private static let regionMissing = InvalidValue(
        field: "duesRegion", rule: "organization.dues-region",
        vietnamese: "Phải có vùng lương tối thiểu khi không có tổ chức cấp trên.",
        english: "The dues region is needed where no organisation stands above.")
}
