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
    /// Who hands over the sealed paper file that the member carries, and who receives it; absent where none is carried.
    public let paperFile: PaperFileRule?
    /// By when after the decision that causes it a case is to be started; later is allowed and marked.
    public let startWithin: StartLimit?
    /// How long a stay may last; absent where the case is about none.
    public let period: PeriodRule?
    /// What is asked about a stay that runs; absent where the case is about none.
    public let stayChange: StayChangeRule?
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
        letter: Letter? = nil, paperFile: PaperFileRule? = nil, startWithin: StartLimit? = nil,
        period: PeriodRule? = nil, stayChange: StayChangeRule? = nil, opinion: OpinionForm? = nil, steps: [Step],
        result: Result? = nil, outcome: String
    ) throws(InvalidDefinition) {
        self.procedure = procedure
        self.version = version
        self.title = title
        self.route = route
        self.variants = variants
        self.letter = letter
        self.paperFile = paperFile
        self.startWithin = startWithin
        self.period = period
        self.stayChange = stayChange
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
        /// Where the way of a transfer begins.
        public let beginning: Beginning
        /// Which cell is meant where the form names none; absent where it has to.
        public let fallback: Fallback?
        /// The steps in order, each at the organisation it names; empty where the way leads from cell to cell through
        /// the tree.
        public let stations: [String]

        public init(
            destinationField: String?, from beginning: Beginning = .origin, fallback: Fallback? = nil,
            stations: [String] = []
        ) {
            self.destinationField = destinationField
            self.beginning = beginning
            self.fallback = fallback
            self.stations = stations
        }

        /// Where the way of a transfer begins.
        public enum Beginning: String, Hashable, Sendable, CaseIterable {
            /// At the cell that lets the member go.
            case origin
            /// At the body that received the dossier, for whoever comes with a letter from outside the system.
            case receivingBody = "receiving-body"
        }

        /// The places that the way of a transfer comes through.
        var places: [Place] { beginning == .origin ? Place.ofTransfers : Place.ofArrivals }

        /// A cell that is known of the member.
        public enum Fallback: String, Hashable, Sendable, CaseIterable {
            /// The cell of residence that accepted him.
            case residence
            /// The cell of his temporary stay.
            case stay
        }

        /// Whether its cases are addressed to a cell.
        public var hasDestination: Bool { destinationField != nil || fallback != nil }

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
        /// The field of the form that tells how many boxes were filled on paper before the case began; absent where none
        /// were.
        public let filledField: String?

        public init(boxes: Int, presentWithin: TimeLimit? = nil, filledField: String? = nil) {
            self.boxes = boxes
            self.presentWithin = presentWithin
            self.filledField = filledField
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
