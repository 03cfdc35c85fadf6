import Contracts
import DirectoryDomain

/// The body of `POST /v1/organizations`.
struct NewOrganization: Decodable, Sendable {
    let draft: OrganizationDraft
    let reason: Reason

    private enum Key: CodingKey {
        case code, name, type, parentId, residential, duesRegion, hasSeal, officeHours, meetingDay, bankAccounts
        case contactEmail, units, activations, reason
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        draft = OrganizationDraft(
            code: try fields.decode(OrganizationCode.self, forKey: .code),
            name: try fields.decode(String.self, forKey: .name),
            type: try fields.decode(OrganizationType.self, forKey: .type),
            parentId: try fields.decodeIfPresent(OrganizationID.self, forKey: .parentId),
            residential: try fields.decodeIfPresent(Bool.self, forKey: .residential) ?? false,
            duesRegion: try fields.decodeIfPresent(DuesRegion.self, forKey: .duesRegion),
            hasSeal: try fields.decodeIfPresent(Bool.self, forKey: .hasSeal) ?? false,
            officeHours: try fields.decodeIfPresent([OrganizationState.OpeningPeriod].self, forKey: .officeHours),
            meetingDay: try fields.decodeIfPresent(Int.self, forKey: .meetingDay),
            bankAccounts: try fields.decodeIfPresent([OrganizationState.BankAccount].self, forKey: .bankAccounts) ?? [],
            contactEmail: try fields.decodeIfPresent(String.self, forKey: .contactEmail),
            units: try fields.decodeIfPresent([OrganizationState.Unit].self, forKey: .units),
            activations: try fields.decodeIfPresent([OrganizationState.Activation].self, forKey: .activations))
        reason = try fields.decodeIfPresent(Reason.self, forKey: .reason) ?? .entered
    }
}

/// The body of `POST /v1/organizations/{id}/changes`.
struct OrganizationChangeBody: Decodable, Sendable {
    let change: OrganizationChange
    /// The first day on which it holds; absent: today.
    let effectiveOn: Day?
    let reason: Reason

    private enum Key: CodingKey {
        case name, type, parentId, duesRegion, hasSeal, residential, officeHours, meetingDay, contactEmail, units
        case activations, effectiveOn, reason
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        change = OrganizationChange(
            name: try fields.decodeIfPresent(String.self, forKey: .name),
            type: try fields.decodeIfPresent(OrganizationType.self, forKey: .type),
            parentId: try fields.decodeIfPresent(OrganizationID.self, forKey: .parentId),
            duesRegion: try fields.decodeIfPresent(DuesRegion.self, forKey: .duesRegion),
            hasSeal: try fields.decodeIfPresent(Bool.self, forKey: .hasSeal),
            residential: try fields.decodeIfPresent(Bool.self, forKey: .residential),
            officeHours: try fields.decodeIfPresent([OrganizationState.OpeningPeriod].self, forKey: .officeHours),
            meetingDay: try fields.decodeIfPresent(Int.self, forKey: .meetingDay),
            contactEmail: try fields.decodeIfPresent(String.self, forKey: .contactEmail),
            units: try fields.decodeIfPresent([OrganizationState.Unit].self, forKey: .units),
            activations: try fields.decodeIfPresent([OrganizationState.Activation].self, forKey: .activations))
        effectiveOn = try fields.decodeIfPresent(Day.self, forKey: .effectiveOn)
        reason = try fields.decode(Reason.self, forKey: .reason)
    }
}

/// An organisation with those above it.
struct OrganizationView: Encodable {
    /// An organisation as a line of a path shows it.
    struct Brief: Encodable {
        let id: OrganizationID
        let code: OrganizationCode
        let name: String
        let type: OrganizationType

        init(_ organization: Organization) {
            id = organization.id
            code = organization.code
            name = organization.name
            type = organization.type
        }
    }

    private let own: VersionedView<OrganizationState>
    /// Those above it, the nearest first.
    private let above: [Brief]

    private enum Key: CodingKey { case above }

    init?(_ path: OrganizationPath) {
        guard let organization = path.first else { return nil }
        own = organization.view
        above = path.organizations.dropFirst().map(Brief.init)
    }

    func encode(to encoder: any Encoder) throws {
        try own.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(above, forKey: .above)
    }
}

extension Organization {
    var view: VersionedView<OrganizationState> { VersionedView(state: published, version: version) }
}
