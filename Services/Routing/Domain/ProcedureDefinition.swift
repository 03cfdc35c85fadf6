public import Contracts
public import WorkingTime

/// How cases of one procedure run (định nghĩa thủ tục): data, versioned; a case keeps the version it began with.
public struct ProcedureDefinition: Hashable, Sendable {
    public let procedure: ProcedureCode
    /// Counts the publications of the definition, from 1.
    public let version: Int
    public let title: LocalizedText
    public let route: RouteRule
    /// Shorter ways of the same procedure; the first whose condition holds is taken.
    public let variants: [Variant]
    /// The letter of introduction; absent where none is carried.
    public let letter: Letter?
    /// By when after the decision that causes it a case is to be started; later is allowed and marked.
    public let startWithin: StartLimit?
    /// How long a stay may last; absent where the case is about none.
    public let period: PeriodRule?
    /// What an opinion is made of; absent where none is recorded.
    public let opinion: OpinionForm?
    public let steps: [Step]
    /// The signed document; absent where the case ends without one.
    public let result: Result?
    /// The name of the good end.
    public let outcome: String

    /// A definition that passed its checks.
    public init(
        procedure: ProcedureCode, version: Int, title: LocalizedText, route: RouteRule, variants: [Variant] = [],
        letter: Letter? = nil, startWithin: StartLimit? = nil, period: PeriodRule? = nil,
        opinion: OpinionForm? = nil, steps: [Step], result: Result? = nil, outcome: String
    ) throws(InvalidDefinition) {
        self.procedure = procedure
        self.version = version
        self.title = title
        self.route = route
        self.variants = variants
        self.letter = letter
        self.startWithin = startWithin
        self.period = period
        self.opinion = opinion
        self.steps = steps
        self.result = result
        self.outcome = outcome
        let found = faults()
        guard found.isEmpty else { throw InvalidDefinition(faults: found) }
    }

    /// The step of a place; the checks see to it that there is one for each place that a case can come to.
    public func step(at place: Place) -> Step? { steps.first { $0.places.contains(place) } }

    /// The step with the name.
    public func step(named name: String) -> Step? { steps.first { $0.name == name } }

    /// The step of a hop.
    public func step(of hop: Hop) -> Step? { hop.step.flatMap(step(named:)) ?? step(at: hop.place) }

    /// Whether a step stands off the way: somebody referred the case to it, and it goes back from there.
    public func isReferral(_ step: Step) -> Bool { step.at != nil && !route.stations.contains(step.name) }
}

extension ProcedureDefinition {
    /// How the way of a case is found.
    public struct RouteRule: Hashable, Sendable {
        /// The field of the form that names the cell, or a list of cells, that the case is addressed to.
        public let destinationField: String?
        /// Whether the member's cell of residence is meant where the form names none.
        public let fallsBackToResidence: Bool
        /// The steps in order, each at the organisation it names; empty where the way leads from cell to cell through
        /// the tree.
        public let stations: [String]

        public init(destinationField: String?, fallsBackToResidence: Bool = false, stations: [String] = []) {
            self.destinationField = destinationField
            self.fallsBackToResidence = fallsBackToResidence
            self.stations = stations
        }

        /// Whether the way leads from cell to cell through the tree.
        public var isTransfer: Bool { stations.isEmpty }

        /// The cells that a form names, in its order.
        public func destinations(in form: JSONValue) -> [OrganizationID] {
            guard let value = destinationField.flatMap({ form[$0] }) else { return [] }
            return (value.array ?? [value]).compactMap { $0.string.flatMap(OrganizationID.init) }
        }
    }

    /// A shorter way of the same procedure.
    public struct Variant: Hashable, Sendable {
        /// When a variant is taken.
        public enum Condition: String, Hashable, Sendable, CaseIterable {
            /// Both cells stand in one base organisation with a committee of its own.
            case withinBaseOrganization = "within-base-organisation"
        }

        public let name: String
        public let title: LocalizedText
        public let condition: Condition
        /// The one committee between the two cells; sections are left out.
        public let through: OrganizationExpression
        /// How many boxes its letter has.
        public let boxes: Int

        public init(
            name: String, title: LocalizedText, condition: Condition, through: OrganizationExpression, boxes: Int
        ) {
            self.name = name
            self.title = title
            self.condition = condition
            self.through = through
            self.boxes = boxes
        }
    }

    /// The letter of introduction (giấy giới thiệu) with its numbered boxes, one for each hop.
    public struct Letter: Hashable, Sendable {
        /// How many boxes are printed; a longer way goes on on continuation sheets.
        public let boxes: Int
        /// By when after its issue the member presents it; later is allowed and marked.
        public let presentWithin: TimeLimit?

        public init(boxes: Int, presentWithin: TimeLimit? = nil) {
            self.boxes = boxes
            self.presentWithin = presentWithin
        }
    }

    /// A limit that runs from a day the form names.
    public struct StartLimit: Hashable, Sendable {
        public let limit: TimeLimit
        public let field: String

        public init(limit: TimeLimit, field: String) {
            self.limit = limit
            self.field = field
        }
    }

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
    }

    /// What must hold before an action is taken.
    public enum Guard: String, Codable, Hashable, Sendable, CaseIterable {
        /// No inspection or complaint about the member is open.
        case transferNotHeld = "transfer-not-held"
        /// The stay that the form asks for is as long as the definition allows.
        case periodAllowed = "period-allowed"
        /// The form names a purpose, and the member is not exempt from an opinion for it.
        case opinionDue = "opinion-due"
    }

    /// A datum that an action asks for.
    public struct Field: Hashable, Sendable {
        public enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
            case month, day, organization
        }

        /// What the datum means to the engine; there are no others.
        public enum Meaning: String, Codable, Hashable, Sendable, CaseIterable {
            /// The last month of dues that the letter states as paid.
            case duesPaidThrough
            /// The day of the meeting that admitted the member.
            case admittedOn
            /// The right address.
            case destinationCellId

            public var kind: Kind {
                switch self {
                case .duesPaidThrough: .month
                case .admittedOn: .day
                case .destinationCellId: .organization
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

    /// The signed document in which a case results.
    public struct Result: Hashable, Sendable {
        /// The code of the kind of document.
        public let document: String
        /// The title in Vietnamese.
        public let title: String
        public let issuer: Issuer

        public init(document: String, title: String, issuer: Issuer) {
            self.document = document
            self.title = title
            self.issuer = issuer
        }
    }

    /// Which body issues the result.
    public enum Issuer: Hashable, Sendable {
        /// The body that received the dossier.
        case receivingBody
        /// The lowest organisation with a seal on the sending side.
        case sendingSide
        /// The lowest organisation with a seal on the receiving side.
        case receivingSide
        case at(OrganizationExpression)

        /// Reads `receiving-body`, `sending-side`, `receiving-side` or an expression; nil for anything else.
        public init?(_ text: String) {
            switch text {
            case "receiving-body": self = .receivingBody
            case "sending-side": self = .sendingSide
            case "receiving-side": self = .receivingSide
            default:
                guard let expression = OrganizationExpression(text) else { return nil }
                self = .at(expression)
            }
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
