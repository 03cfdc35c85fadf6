public import Foundation

/// What the other services need of the present state of a member.
public struct MemberState: EventPayload, Hashable {
    public static let type = "hoso.member.state.v1"
    public static let topic = TopicCatalogue.members

    /// The member; also the key.
    public let memberId: MemberID
    /// The full name, as it stands on letters.
    public let fullName: String
    /// The state of the membership.
    public let state: MembershipState
    /// The cell the member belongs to.
    public let cellId: OrganizationID
    /// The cell of the place of residence that accepted the member.
    public let residenceCellId: OrganizationID?
    /// The day of admission.
    public let joinedOn: Day
    /// The day of recognition as an official member.
    public let recognisedOn: Day?
    /// The number of the card: opaque text, never a key.
    public let officialCardNumber: String?
    /// The row of the table of dues that holds now; absent when none is known.
    public let duesCategory: DuesCategory?
    /// The figure that dues are computed from; absent when none is known.
    public let duesBase: DuesBase?
    /// What authorities reported of the last months, the latest month first; absent when nothing was.
    public let duesFigures: [DuesFigure]?
    /// How the member can be reached and agreed to be.
    public let channels: Channels
    /// Whether a transfer must wait until another matter is settled; why is not told.
    public let transfersHeld: Bool?
    /// Whether the member is exempt from activity at the place of residence.
    public let exemptFromResidenceActivity: Bool?
    /// Whether the member is not introduced to the place of residence at all.
    public let exemptFromIntroduction: Bool?
    /// The links to cells of residence, the latest last; those that ended stay for the opinions of their year.
    public let residenceLinks: [ResidenceLink]?
    /// The state of the account on the portal; absent where none was issued and the sign-in alone decides.
    public let account: AccountState?
    /// The temporary stay in another cell; absent while there is none.
    public let stay: Stay?
    /// The day of the letter that the member is in transit with; absent for everybody else.
    public let inTransitSince: Day?

    public init(
        memberId: MemberID, fullName: String, state: MembershipState, cellId: OrganizationID,
        residenceCellId: OrganizationID? = nil, joinedOn: Day, recognisedOn: Day? = nil,
        officialCardNumber: String? = nil, duesCategory: DuesCategory? = nil, duesBase: DuesBase? = nil,
        duesFigures: [DuesFigure]? = nil, channels: Channels, transfersHeld: Bool? = nil,
        exemptFromResidenceActivity: Bool? = nil,
        exemptFromIntroduction: Bool? = nil, residenceLinks: [ResidenceLink]? = nil, account: AccountState? = nil,
        stay: Stay? = nil, inTransitSince: Day? = nil
    ) {
        self.memberId = memberId
        self.fullName = fullName
        self.state = state
        self.cellId = cellId
        self.residenceCellId = residenceCellId
        self.joinedOn = joinedOn
        self.recognisedOn = recognisedOn
        self.officialCardNumber = officialCardNumber
        self.duesCategory = duesCategory
        self.duesBase = duesBase
        self.duesFigures = duesFigures
        self.channels = channels
        self.transfersHeld = transfersHeld
        self.exemptFromResidenceActivity = exemptFromResidenceActivity
        self.exemptFromIntroduction = exemptFromIntroduction
        self.residenceLinks = residenceLinks
        self.account = account
        self.stay = stay
        self.inTransitSince = inTransitSince
    }

    /// Whether something may be entered under the account.
    public var mayEnter: Bool { account == nil || account == .active }

    /// The link of a member to the cell of one residence.
    public struct ResidenceLink: Codable, Hashable, Sendable {
        /// The cell.
        public let cellId: OrganizationID
        /// How far it has come.
        public let state: ResidenceLinkState
        /// The day of the introduction, when it is known.
        public let introducedOn: Day?
        /// The first day in the activity there, when it is known.
        public let acceptedOn: Day?
        /// The last day.
        public let endedOn: Day?

        public init(
            cellId: OrganizationID, state: ResidenceLinkState, introducedOn: Day? = nil, acceptedOn: Day? = nil,
            endedOn: Day? = nil
        ) {
            self.cellId = cellId
            self.state = state
            self.introducedOn = introducedOn
            self.acceptedOn = acceptedOn
            self.endedOn = endedOn
        }
    }

    /// A temporary stay (sinh hoạt đảng tạm thời), both days included: the member belongs to his own cell all the while.
    public struct Stay: Codable, Hashable, Sendable {
        /// The dossier of the temporary transfer.
        public let dossierId: DossierID
        /// The cell of the stay.
        public let cellId: OrganizationID
        /// The first day.
        public let from: Day
        /// The last day, as it stands now.
        public let until: Day
        /// The last day that the procedure of the transfer allows; absent where it is not known.
        public let latest: Day?

        public init(dossierId: DossierID, cellId: OrganizationID, from: Day, until: Day, latest: Day? = nil) {
            self.dossierId = dossierId
            self.cellId = cellId
            self.from = from
            self.until = until
            self.latest = latest
        }
    }

    /// The ways of reaching the member.
    public struct Channels: Codable, Hashable, Sendable {
        /// The address for mail.
        public let email: String?
        /// The number for SMS, in international form.
        public let phone: String?
        /// What the member agreed to.
        public let consent: Consent

        public init(email: String? = nil, phone: String? = nil, consent: Consent) {
            self.email = email
            self.phone = phone
            self.consent = consent
        }
    }

    /// The channels the member agreed to; the account on the portal needs no consent.
    public struct Consent: Codable, Hashable, Sendable {
        /// Whether mail may be sent.
        public let email: Bool
        /// Whether SMS may be sent.
        public let sms: Bool
        /// Whether the app may be notified.
        public let push: Bool

        public init(email: Bool, sms: Bool, push: Bool) {
            self.email = email
            self.sms = sms
            self.push = push
        }
    }
}

/// A figure that dues are computed from, and where it comes from.
public struct DuesBase: Codable, Hashable, Sendable {
    /// Where the figure comes from.
    public let source: DuesBaseSource
    /// The monthly salary, pension, benefit or allowance; for members abroad the dues fixed by the body.
    public let amount: Dong
    /// The month the figure is of.
    public let month: DuesMonth?

    public init(source: DuesBaseSource, amount: Dong, month: DuesMonth? = nil) {
        self.source = source
        self.amount = amount
        self.month = month
    }
}

/// A figure that an authority reported of one month of a member, as it stands after all that came.
public struct DuesFigure: Codable, Hashable, Sendable {
    /// The month it is of.
    public let month: DuesMonth
    /// What it is.
    public let kind: DuesFigureKind
    /// Who reported it.
    public let source: DuesBaseSource
    /// The monthly amount; absent while several employers contradict each other and the cell has not settled it, and
    /// where it was withdrawn.
    public let amount: Dong?
    /// Whom it is of, by name, or by code where no name is known; several when they contradict each other or are added
    /// up.
    public let employers: [String]
    /// When the latest part of it came.
    public let cameAt: Date
    /// Whether the cell settled which of several counts.
    public let settled: Bool?
    /// Whether all that was reported of it was withdrawn as wrong: it is as if nothing had ever come.
    public let withdrawn: Bool?

    public init(
        month: DuesMonth, kind: DuesFigureKind, source: DuesBaseSource, amount: Dong?, employers: [String],
        cameAt: Date, settled: Bool? = nil, withdrawn: Bool? = nil
    ) {
        self.month = month
        self.kind = kind
        self.source = source
        self.amount = amount
        self.employers = employers
        self.cameAt = cameAt
        self.settled = settled
        self.withdrawn = withdrawn
    }
}
