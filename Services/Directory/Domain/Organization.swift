public import Contracts

/// A Party organisation (tổ chức đảng) as Directory keeps it.
public struct Organization: Codable, Hashable, Sendable {
    public let id: OrganizationID
    /// Counts the changes, from 1.
    public internal(set) var version: Int64
    public internal(set) var code: OrganizationCode
    public internal(set) var name: String
    public internal(set) var type: OrganizationType
    /// The organisation above it; absent at the top and outside the system.
    public internal(set) var parentId: OrganizationID?
    public internal(set) var status: OrganizationStatus
    public internal(set) var mergedIntoId: OrganizationID?
    public internal(set) var residential: Bool
    public internal(set) var duesRegion: DuesRegion
    public internal(set) var hasSeal: Bool
    public internal(set) var officeHours: [OrganizationState.OpeningPeriod]?
    public internal(set) var meetingDay: Int?
    public internal(set) var bankAccounts: [OrganizationState.BankAccount]
    public internal(set) var contactEmail: String?
    /// The units of a committee; absent where it has none.
    public internal(set) var units: [OrganizationState.Unit]?
    /// Since when procedures run electronically here and below, as far as it is settled here.
    public internal(set) var activations: [OrganizationState.Activation]?

    /// What the other services are told.
    public var published: OrganizationState {
        OrganizationState(
            organizationId: id, code: code, name: name, type: type, parentId: parentId, status: status,
            mergedIntoId: mergedIntoId, residential: residential, duesRegion: duesRegion, hasSeal: hasSeal,
            officeHours: officeHours, meetingDay: meetingDay, bankAccounts: bankAccounts, contactEmail: contactEmail,
            units: units, activations: activations)
    }
}

/// An organisation and those above it, as far as a rule needs them.
public struct OrganizationPath: Sendable {
    /// Itself first, the top last.
    public let organizations: [Organization]

    public init(_ organizations: [Organization]) { self.organizations = organizations }

    /// The one at whose place the path begins.
    public var first: Organization? { organizations.first }

    public var ids: [OrganizationID] { organizations.map(\.id) }
}
