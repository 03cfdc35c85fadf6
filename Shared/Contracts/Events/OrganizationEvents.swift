/// The whole present state of a Party organisation.
public struct OrganizationState: EventPayload, Hashable {
    public static let type = "hoso.organization.state.v1"
    public static let topic = TopicCatalogue.organizations

    /// The organisation; also the key.
    public let organizationId: OrganizationID
    /// Its identifier code.
    public let code: OrganizationCode
    /// Its name in Vietnamese.
    public let name: String
    /// What kind of organisation it is.
    public let type: OrganizationType
    /// The organisation above it; absent only at the top and outside the system.
    public let parentId: OrganizationID?
    /// Whether it acts.
    public let status: OrganizationStatus
    /// The successor, when merged.
    public let mergedIntoId: OrganizationID?
    /// Whether it is organised by place of residence.
    public let residential: Bool
    /// The region of the minimum wage at its place.
    public let duesRegion: DuesRegion
    /// Whether it has a seal of its own; a cell has none.
    public let hasSeal: Bool
    /// Its own office hours; absent when the default ones hold.
    public let officeHours: [OpeningPeriod]?
    /// The day of the month of its regular meeting, 1 to 31.
    public let meetingDay: Int?
    /// The accounts that receive its money, past and future ones too.
    public let bankAccounts: [BankAccount]
    /// The address for administration.
    public let contactEmail: String?
    /// The units of a committee; absent where it has none.
    public let units: [Unit]?
    /// Since when procedures run electronically here and below, as far as it is settled here.
    public let activations: [Activation]?

    public init(
        organizationId: OrganizationID, code: OrganizationCode, name: String, type: OrganizationType,
        parentId: OrganizationID? = nil, status: OrganizationStatus, mergedIntoId: OrganizationID? = nil,
        residential: Bool, duesRegion: DuesRegion, hasSeal: Bool, officeHours: [OpeningPeriod]? = nil,
        meetingDay: Int? = nil, bankAccounts: [BankAccount], contactEmail: String? = nil, units: [Unit]? = nil,
        activations: [Activation]? = nil
    ) {
        self.organizationId = organizationId
        self.code = code
        self.name = name
        self.type = type
        self.parentId = parentId
        self.status = status
        self.mergedIntoId = mergedIntoId
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

    /// From when to when a procedure runs electronically, and on paper, in a part of the tree.
    public struct Activation: Codable, Hashable, Sendable {
        /// The procedure.
        public let procedure: ProcedureCode
        /// The first day on which it is taken electronically.
        public let electronicFrom: Day
        /// The last day on which paper is taken too; absent while it is.
        public let paperUntil: Day?

        public init(procedure: ProcedureCode, electronicFrom: Day, paperUntil: Day? = nil) {
            self.procedure = procedure
            self.electronicFrom = electronicFrom
            self.paperUntil = paperUntil
        }
    }

    /// A unit of a committee and the procedures that it handles.
    public struct Unit: Codable, Hashable, Sendable {
        /// What kind of unit it is.
        public let kind: UnitKind
        /// Its name in Vietnamese.
        public let name: String
        /// The procedures assigned to it.
        public let procedures: [ProcedureCode]

        public init(kind: UnitKind, name: String, procedures: [ProcedureCode]) {
            self.kind = kind
            self.name = name
            self.procedures = procedures
        }
    }

    /// One stretch of office hours, the same on every working day.
    public struct OpeningPeriod: Codable, Hashable, Sendable {
        /// The time it opens, hh:mm in Vietnam.
        public let opens: String
        /// The time it closes, hh:mm in Vietnam.
        public let closes: String

        public init(opens: String, closes: String) {
            self.opens = opens
            self.closes = closes
        }
    }

    /// An account that receives money for the organisation during a period.
    public struct BankAccount: Codable, Hashable, Sendable {
        /// The bank, by its code in the payment network.
        public let bankCode: String
        /// The number of the account.
        public let accountNumber: String
        /// The name of the holder as the bank writes it.
        public let holderName: String
        /// Whether the bank confirmed number and holder.
        public let verified: Bool
        /// The first day it is used.
        public let from: Day
        /// The last day it is used.
        public let to: Day?

        public init(
            bankCode: String, accountNumber: String, holderName: String, verified: Bool, from: Day, to: Day? = nil
        ) {
            self.bankCode = bankCode
            self.accountNumber = accountNumber
            self.holderName = holderName
            self.verified = verified
            self.from = from
            self.to = to
        }
    }
}
