public import Contracts
public import WorkingTime

/// How cases of one procedure run (định nghĩa thủ tục): data, versioned; a case keeps the version it began with.
public struct ProcedureDefinition: Hashable, Sendable {
    public let procedure: ProcedureCode
    /// Counts the publications of the definition, from 1.
    public let version: Int
    public let title: LocalizedText
    public let route: RouteRule
    public let letter: Letter
    /// By when after the decision that causes it a case is to be started; later is allowed and marked.
    public let startWithin: StartLimit?
    public let steps: [Step]
    public let result: Result
    /// The name of the good end.
    public let outcome: String

    /// A definition that passed its checks.
    public init(
        procedure: ProcedureCode, version: Int, title: LocalizedText, route: RouteRule, letter: Letter,
        startWithin: StartLimit? = nil, steps: [Step], result: Result, outcome: String
    ) throws(DefinitionFault) {
        self.procedure = procedure
        self.version = version
        self.title = title
        self.route = route
        self.letter = letter
        self.startWithin = startWithin
        self.steps = steps
        self.result = result
        self.outcome = outcome
        try check()
    }

    /// The step of a place; the checks see to it that there is one for each.
    public func step(at place: Place) -> Step? { steps.first { $0.places.contains(place) } }

    /// The step with the name.
    public func step(named name: String) -> Step? { steps.first { $0.name == name } }
}

extension ProcedureDefinition {
    /// How the way of a case is found.
    public struct RouteRule: Hashable, Sendable {
        /// The field of the form that names the receiving cell.
        public let destinationField: String

        public init(destinationField: String) { self.destinationField = destinationField }
    }

    /// The letter of introduction (giấy giới thiệu) with its numbered boxes, one for each hop.
    public struct Letter: Hashable, Sendable {
        /// How many boxes are printed.
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
        public let places: Set<Place>
        /// The role that acts.
        public let role: RoleName
        /// The role that acts at organisations of certain types instead.
        public let roleByType: [OrganizationType: RoleName]
        /// Whether the organisation fills and signs a box of the letter.
        public let fillsBox: Bool
        public let limit: StepLimit
        public let actions: [Action]

        public init(
            name: String, title: LocalizedText, places: Set<Place>, role: RoleName,
            roleByType: [OrganizationType: RoleName] = [:], fillsBox: Bool, limit: StepLimit, actions: [Action]
        ) {
            self.name = name
            self.title = title
            self.places = places
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

        public init(
            name: String, title: LocalizedText, effect: Effect, needsText: Bool, standardText: String? = nil,
            fields: [Field] = []
        ) {
            self.name = name
            self.title = title
            self.effect = effect
            self.needsText = needsText
            self.standardText = standardText
            self.fields = fields
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
    public enum Issuer: String, Codable, Hashable, Sendable, CaseIterable {
        /// The body that received the dossier.
        case receivingBody = "receiving-body"
        /// The lowest organisation with a seal on the sending side.
        case sendingSide = "sending-side"
        /// The lowest organisation with a seal on the receiving side.
        case receivingSide = "receiving-side"
    }
}

/// How long a step may take.
public enum StepLimit: Hashable, Sendable {
    case working(TimeLimit)
    /// Until the next regular meeting, at most so many days.
    case nextMeeting(atMostDays: Int)
}
