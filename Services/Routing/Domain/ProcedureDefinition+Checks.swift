import Contracts
import WorkingTime

/// What is wrong with a definition.
public struct DefinitionFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where, as a path into the definition, for example `steps.introduce.actions`.
    public let path: String
    public let reason: String

    public init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    public var description: String { "\(path): \(reason)" }
}

extension ProcedureDefinition {
    /// Everything a running case relies on.
    func check() throws(DefinitionFault) {
        try demand(version >= 1, "version", "must be 1 or more")
        try demand((1...40).contains(letter.boxes), "letter.boxes", "must be 1 to 40")
        try demand(ProcedureDefinition.isWord(outcome), "outcome", "must be a lower-case word")
        try demand(!route.destinationField.isEmpty, "route.destination", "must name a field of the form")
        if let limit = letter.presentWithin { try check(limit, "letter.presentWithin") }
        if let limit = startWithin?.limit { try check(limit, "startWithin") }
        try checkPlaces()
        for step in steps { try check(step) }
    }

    private func checkPlaces() throws(DefinitionFault) {
        try demand(Set(steps.map(\.name)).count == steps.count, "steps", "two steps have the same name")
        for place in Place.allCases {
            let there = steps.filter { $0.places.contains(place) }
            try demand(!there.isEmpty, "steps", "no step for the place \(place.rawValue)")
            try demand(there.count == 1, "steps", "more than one step for the place \(place.rawValue)")
        }
    }

    private func check(_ step: Step) throws(DefinitionFault) {
        let path = "steps.\(step.name)"
        try demand(ProcedureDefinition.isWord(step.name), path, "the name must be lower-case words joined by dashes")
        try demand(!step.actions.isEmpty, "\(path).actions", "there is none")
        try demand(
            Set(step.actions.map(\.name)).count == step.actions.count, "\(path).actions",
            "two actions have the same name")
        switch step.limit {
        case .working(let limit): try check(limit, "\(path).limit")
        case .nextMeeting(let days): try demand((1...366).contains(days), "\(path).limit", "must be 1 to 366 days")
        }
        for place in step.places.sorted(by: { $0.rawValue < $1.rawValue }) { try check(step, at: place, path) }
        for action in step.actions { try check(action, of: step, "\(path).actions.\(action.name)") }
    }

    /// Every place must have the effect by which a case leaves it, and none that makes no sense there.
    private func check(_ step: Step, at place: Place, _ path: String) throws(DefinitionFault) {
        let effects = Set(step.actions.map(\.effect))
        let (onward, others): (Effect, Set<Effect>) =
            switch place {
            case .origin: (.forward, [.refuse])
            case .ascending, .meeting: (.forward, [])
            case .descending: (.forward, [.sendBack])
            case .destination: (.admit, [.sendBack])
            case .readdressing: (.readdress, [.refuse])
            }
        try demand(
            effects.contains(onward), "\(path).actions",
            "at the place \(place.rawValue) there must be an action with the effect \(onward.rawValue)")
        if let stray = effects.subtracting(others.union([onward])).map(\.rawValue).min() {
            throw DefinitionFault(
                path: "\(path).actions", reason: "the effect \(stray) is not allowed at the place \(place.rawValue)")
        }
        try demand(place != .destination || !step.fillsBox, path, "the receiving cell admits and fills no box")
    }

    private func check(_ action: Action, of step: Step, _ path: String) throws(DefinitionFault) {
        try demand(ProcedureDefinition.isWord(action.name), path, "the name must be lower-case words joined by dashes")
        let names = action.fields.map(\.name)
        try demand(Set(names).count == names.count, "\(path).fields", "a field stands twice")
        try demand(
            (action.effect == .readdress)
                == action.fields.contains { $0.name == .destinationCellId && $0.isRequired }
                && (action.effect == .readdress || !names.contains(.destinationCellId)),
            "\(path).fields", "destinationCellId is required for the effect readdress, and only there")
        switch action.effect {
        case .refuse, .sendBack:
            try demand(action.needsText, path, "a reason is needed: text must be required")
        case .forward, .readdress:
            try demand(
                !step.fillsBox || action.needsText || action.standardText != nil, path,
                "a box needs text: require it or give a standard text")
        case .admit: break
        }
    }

    private func check(_ limit: TimeLimit, _ path: String) throws(DefinitionFault) {
        do {
            try limit.check()
        } catch {
            throw DefinitionFault(path: path, reason: error.english)
        }
    }

    private func demand(_ holds: Bool, _ path: String, _ reason: String) throws(DefinitionFault) {
        guard holds else { throw DefinitionFault(path: path, reason: reason) }
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 60
            && text.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "-")
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
    }
}
