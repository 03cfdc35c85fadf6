public import Contracts
public import WorkingTime

extension ProcedureDefinition {
    /// What every organisation at certain places does.
    public struct Step: Hashable, Sendable {
        public let name: String
        public let title: LocalizedText
        /// Where on the way of a transfer.
        public let places: Set<Place>
        /// At which organisation, for a step that stands on no way of a transfer.
        public let at: OrganizationExpression?
        /// The role that acts.
        public let role: RoleName
        /// The role that acts at organisations of certain types instead.
        public let roleByType: [OrganizationType: RoleName]
        /// Whether the organisation fills and signs a box of the letter.
        public let fillsBox: Bool
        public let limit: StepLimit
        /// How many of those asked at the same time are enough; absent where one organisation is asked.
        public let quorum: Quorum?
        /// What is told, and to whom.
        public let notices: Notices
        public let actions: [Action]

        public init(
            name: String, title: LocalizedText, places: Set<Place> = [], at: OrganizationExpression? = nil,
            role: RoleName, roleByType: [OrganizationType: RoleName] = [:], fillsBox: Bool = false,
            limit: StepLimit, quorum: Quorum? = nil, notices: Notices = .standard, actions: [Action]
        ) {
            self.name = name
            self.title = title
            self.places = places
            self.at = at
            self.quorum = quorum
            self.notices = notices
            self.role = role
            self.roleByType = roleByType
            self.fillsBox = fillsBox
            self.limit = limit
            self.actions = actions
        }

        /// The role that acts at an organisation of the type.
        public func role(at type: OrganizationType) -> RoleName { roleByType[type] ?? role }

        /// The action with the name.
        public func action(named name: String) -> Action? { actions.first { $0.name == name } }
    }

    /// What an officer can do at a step.
    public struct Action: Hashable, Sendable {
        public let name: String
        public let title: LocalizedText
        public let effect: Effect
        /// Whether the officer must write something.
        public let needsText: Bool
        /// What stands in the box when the officer writes nothing; `{member}`, `{organization}`, `{next}` and
        /// `{destination}` are filled in.
        public let standardText: String?
        /// Further data the officer gives.
        public let fields: [Field]
        /// What must hold.
        public let guards: [Guard]
        /// The step that the case is referred to.
        public let target: String?

        public init(
            name: String, title: LocalizedText, effect: Effect, needsText: Bool, standardText: String? = nil,
            fields: [Field] = [], guards: [Guard] = [], target: String? = nil
        ) {
            self.name = name
            self.title = title
            self.effect = effect
            self.needsText = needsText
            self.standardText = standardText
            self.fields = fields
            self.guards = guards
            self.target = target
        }
    }

    /// What an action does to the case.
    public enum Effect: String, Codable, Hashable, Sendable, CaseIterable {
        /// Signs the box and hands the case on.
        case forward
        /// Ends the case with a reason.
        case refuse
        /// Hands a wrongly addressed case to the nearest common superior; earlier boxes stand.
        case sendBack = "send-back"
        /// Gives the case its right address.
        case readdress
        /// Admits the member and asks for the result.
        case admit
        /// Asks the applicant for what is missing; the clock stops until it comes.
        case requestSupplement = "request-supplement"
        /// Asks somebody off the way, who hands the case back.
        case refer
        /// Records an opinion by its criteria and hands the case on.
        case recordOpinion = "record-opinion"
        /// Ends the case well, with its signed result where it has one.
        case finish
        /// Adds a signed correction to a box that one's own organisation signed; the box itself stands.
        case correctBox = "correct-box"
        /// Cancels the letter for an error in its first box; the case begins at its first step again.
        case reissueLetter = "reissue-letter"
        /// Cancels the letter because the move is off; the case ends.
        case cancelMove = "cancel-move"
        /// Gives the stay that runs the last day that the form asks for, and hands the case on.
        case changeStay = "change-stay"

        /// Whether it is about a box that is signed already, and not what the open turn is for.
        public var concernsSignedBox: Bool {
            switch self {
            case .correctBox, .reissueLetter, .cancelMove: true
            case .forward, .refuse, .sendBack, .readdress, .admit, .requestSupplement, .refer, .recordOpinion, .finish,
                .changeStay:
                false
            }
        }
    }

    /// What must hold before an action is taken.
    public enum Guard: String, Codable, Hashable, Sendable, CaseIterable {
        /// No inspection or complaint about the member is open.
        case transferNotHeld = "transfer-not-held"
        /// The stay that the form asks for is as long as the definition allows.
        case periodAllowed = "period-allowed"
        /// The member holds no office, or the officer confirms that his offices were handed over.
        case officesHandedOver = "offices-handed-over"
        /// The form names a purpose, and the member is not exempt from an opinion for it.
        case opinionDue = "opinion-due"
    }

    /// A datum that an action asks for.
    public struct Field: Hashable, Sendable {
        public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
            case month, day, organization
            /// `true`, or not given.
            case confirmation
        }

        /// What the datum means to the engine; there are no others.
        public enum Meaning: String, Codable, Hashable, Sendable, CaseIterable {
            /// The last month of dues that the letter states as paid.
            case duesPaidThrough
            /// The day of the meeting that admitted the member.
            case admittedOn
            /// The right address.
            case destinationCellId
            /// That the member's offices were handed over.
            case officesHandedOver

            public var kind: Kind {
                switch self {
                case .duesPaidThrough: .month
                case .admittedOn: .day
                case .destinationCellId: .organization
                case .officesHandedOver: .confirmation
                }
            }
        }

        public let name: Meaning
        public let isRequired: Bool

        public init(name: Meaning, isRequired: Bool) {
            self.name = name
            self.isRequired = isRequired
        }
    }
}

/// How long a step may take.
public enum StepLimit: Hashable, Sendable {
    case working(TimeLimit)
    /// Until the next regular meeting, at most so many days.
    case nextMeeting(atMostDays: Int)
}

/// How many of the organisations asked at the same time are enough.
public enum Quorum: Hashable, Sendable {
    case all
    /// More than half.
    case majority
    case atLeast(Int)

    /// How many of `count` must have acted, never more than there are.
    public func needed(of count: Int) -> Int {
        switch self {
        case .all: count
        case .majority: count / 2 + 1
        case .atLeast(let number): min(number, count)
        }
    }
}

/// What a step tells, and to whom.
public struct Notices: Hashable, Sendable {
    /// What is told.
    public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        /// The turn began.
        case entered
        /// A part of the limit is left.
        case warning
        /// The limit passed.
        case breach
    }

    public let kinds: Set<Kind>
    /// Whether a breach is told to the superior too.
    public let escalates: Bool

    public init(kinds: Set<Kind>, escalates: Bool) {
        self.kinds = kinds
        self.escalates = escalates
    }

    /// Everything to the officer, a breach to the superior too.
    public static let standard = Notices(kinds: Set(Kind.allCases), escalates: true)
}
