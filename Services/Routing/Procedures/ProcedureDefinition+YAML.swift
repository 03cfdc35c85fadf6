import Contracts
import RoutingDomain
import WorkingTime

extension ProcedureDefinition {
    /// Reads a definition and checks it; a fault names file, line and column.
    static func read(yaml text: String, file: String) throws(ProcedureFileFault) -> ProcedureDefinition {
        let root = try YAMLPlace(text: text, file: file)
        let fields = try root.fields(
            required: ["procedure", "version", "title", "route", "letter", "steps", "result", "outcome"],
            optional: ["startWithin"])
        let steps = try fields.place("steps", in: root).list()
        do {
            return try ProcedureDefinition(
                procedure: readCode(fields.place("procedure", in: root)),
                version: fields.place("version", in: root).integer(),
                title: readTitle(fields.place("title", in: root)),
                route: readRoute(fields.place("route", in: root)),
                letter: readLetter(fields.place("letter", in: root)),
                startWithin: fields["startWithin"].map(readStartLimit),
                steps: steps.map(Step.read),
                result: readResult(fields.place("result", in: root)),
                outcome: fields.place("outcome", in: root).text())
        } catch let fault as ProcedureFileFault {
            throw fault
        } catch let fault as DefinitionFault {
            throw locate(fault, steps: steps, fields: fields, root: root)
        } catch {
            throw root.fault("\(error)")
        }
    }

    /// The rules of the definition name a path; the file knows where that stands.
    private static func locate(
        _ fault: DefinitionFault, steps: [YAMLPlace], fields: [String: YAMLPlace], root: YAMLPlace
    ) -> ProcedureFileFault {
        let parts = fault.path.split(separator: ".").map(String.init)
        let named = parts.count > 1 && parts[0] == "steps" ? steps.first { $0.isNamed(parts[1]) } : nil
        let place = named ?? parts.first.flatMap { fields[$0] } ?? root
        return place.fault(fault.reason, path: fault.path)
    }

    private static func readCode(_ place: YAMLPlace) throws(ProcedureFileFault) -> ProcedureCode {
        let text = try place.text()
        do {
            return try ProcedureCode(text)
        } catch {
            throw place.fault(error.english)
        }
    }

    fileprivate static func readTitle(_ place: YAMLPlace) throws(ProcedureFileFault) -> LocalizedText {
        let fields = try place.fields(required: ["vi", "en"])
        return LocalizedText(
            vietnamese: try fields.place("vi", in: place).text(), english: try fields.place("en", in: place).text())
    }

    private static func readRoute(_ place: YAMLPlace) throws(ProcedureFileFault) -> RouteRule {
        RouteRule(
            destinationField: try place.fields(required: ["destination"]).place("destination", in: place).text())
    }

    private static func readLetter(_ place: YAMLPlace) throws(ProcedureFileFault) -> Letter {
        let fields = try place.fields(required: ["boxes"], optional: ["presentWithin"])
        return Letter(
            boxes: try fields.place("boxes", in: place).integer(),
            presentWithin: try fields["presentWithin"].map { place throws(ProcedureFileFault) in
                try TimeLimit.read(place)
            })
    }

    private static func readStartLimit(_ place: YAMLPlace) throws(ProcedureFileFault) -> StartLimit {
        let fields = try place.fields(required: ["after"], optional: ["workingDays", "workingHours"])
        return StartLimit(
            limit: try TimeLimit.read(fields, at: place), field: try fields.place("after", in: place).text())
    }

    private static func readResult(_ place: YAMLPlace) throws(ProcedureFileFault) -> Result {
        let fields = try place.fields(required: ["document", "title", "issuer"])
        return Result(
            document: try fields.place("document", in: place).text(),
            title: try fields.place("title", in: place).text(), issuer: try fields.place("issuer", in: place).word())
    }
}

extension ProcedureDefinition.Step {
    fileprivate static func read(_ place: YAMLPlace) throws(ProcedureFileFault) -> Self {
        let fields = try place.fields(
            required: ["name", "title", "places", "role", "fillsBox", "limit", "actions"], optional: ["roleByType"])
        var places: Set<Place> = []
        for word in try fields.place("places", in: place).list() { places.insert(try word.word()) }
        var roles: [OrganizationType: RoleName] = [:]
        if let map = fields["roleByType"] {
            for (type, role) in try map.fields(optional: OrganizationType.allCases.map(\.rawValue)) {
                if let type = OrganizationType(rawValue: type) { roles[type] = try role.word() }
            }
        }
        var actions: [ProcedureDefinition.Action] = []
        for action in try fields.place("actions", in: place).list() { actions.append(try .read(action)) }
        return Self(
            name: try fields.place("name", in: place).text(),
            title: try ProcedureDefinition.readTitle(fields.place("title", in: place)), places: places,
            role: try fields.place("role", in: place).word(), roleByType: roles,
            fillsBox: try fields.place("fillsBox", in: place).flag(),
            limit: try StepLimit.read(fields.place("limit", in: place)), actions: actions)
    }
}

extension ProcedureDefinition.Action {
    /// Whether the officer must write something.
    private enum TextRule: String, CaseIterable {
        case required, optional
    }

    fileprivate static func read(_ place: YAMLPlace) throws(ProcedureFileFault) -> Self {
        let fields = try place.fields(
            required: ["name", "title", "effect"], optional: ["text", "standardText", "fields"])
        let rule: TextRule = try fields["text"]?.word() ?? .optional
        var asked: [ProcedureDefinition.Field] = []
        for field in try fields["fields"]?.list() ?? [] {
            let parts = try field.fields(required: ["name", "required"])
            asked.append(
                ProcedureDefinition.Field(
                    name: try parts.place("name", in: field).word(),
                    isRequired: try parts.place("required", in: field).flag()))
        }
        return Self(
            name: try fields.place("name", in: place).text(),
            title: try ProcedureDefinition.readTitle(fields.place("title", in: place)),
            effect: try fields.place("effect", in: place).word(), needsText: rule == .required,
            standardText: try fields["standardText"]?.text(), fields: asked)
    }
}

extension StepLimit {
    fileprivate static func read(_ place: YAMLPlace) throws(ProcedureFileFault) -> StepLimit {
        let fields = try place.fields(optional: ["workingDays", "workingHours", "nextMeeting"])
        guard let meeting = fields["nextMeeting"] else { return .working(try TimeLimit.read(fields, at: place)) }
        guard fields.count == 1 else { throw place.fault("nextMeeting stands alone") }
        let days = try meeting.fields(required: ["atMostDays"]).place("atMostDays", in: meeting).integer()
        return .nextMeeting(atMostDays: days)
    }
}

extension TimeLimit {
    fileprivate static func read(_ place: YAMLPlace) throws(ProcedureFileFault) -> TimeLimit {
        try read(place.fields(optional: ["workingDays", "workingHours"]), at: place)
    }

    fileprivate static func read(
        _ fields: [String: YAMLPlace], at place: YAMLPlace
    ) throws(ProcedureFileFault) -> TimeLimit {
        switch (fields["workingDays"], fields["workingHours"]) {
        case (let days?, nil): return .workingDays(try days.integer())
        case (nil, let hours?): return .workingHours(try hours.integer())
        default: throw place.fault("must have either workingDays or workingHours")
        }
    }
}

extension [String: YAMLPlace] {
    /// A field whose presence was demanded before.
    fileprivate func place(_ name: String, in parent: YAMLPlace) throws(ProcedureFileFault) -> YAMLPlace {
        guard let place = self[name] else { throw parent.fault("the key \(name) is missing") }
        return place
    }
}
