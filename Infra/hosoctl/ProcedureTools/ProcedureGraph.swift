import Contracts
public import RoutingDomain
import WorkingTime

/// The steps of a definition drawn for a reader: as text, or in the DOT language of Graphviz.
public struct ProcedureGraph: Sendable {
    private let definition: ProcedureDefinition
    private let graph: StepGraph

    public init(_ definition: ProcedureDefinition) {
        self.definition = definition
        graph = StepGraph(definition)
    }

    /// A paragraph for each step, a line for each of its actions.
    public var text: String {
        var lines = ["\(definition.procedure) version \(definition.version): \(definition.title.english)"]
        if let letter = definition.letter {
            lines.append("letter of \(letter.boxes) boxes, continued on further sheets")
        }
        if let file = definition.paperFile {
            lines.append("paper file handed over by \(desk(file.handedOverBy)), received by \(desk(file.receivedBy))")
        }
        for variant in definition.variants {
            lines.append(
                "variant \(variant.name): through \(variant.through), \(variant.boxes) boxes, when "
                    + variant.condition.rawValue)
        }
        for step in definition.steps {
            lines += ["", "\(step.name)  (\(step.title.vietnamese))", "    \(facts(step).joined(separator: ", "))"]
            for action in step.actions {
                let targets = graph.edges.filter { $0.from == step.name && $0.action == action }.map { name($0.to) }
                var line = "    \(action.name) -> \(targets.joined(separator: " | "))  [\(action.effect.rawValue)]"
                if !action.guards.isEmpty {
                    line += " if " + action.guards.map(\.rawValue).joined(separator: " and ")
                }
                lines.append(line)
            }
        }
        lines += [
            "", "end: \(definition.outcome)" + (definition.result.map { ", with the result \($0.document)" } ?? ""),
        ]
        return lines.joined(separator: "\n")
    }

    /// A directed graph; steps off the way are dashed, ends are double.
    public var dot: String {
        var lines = ["digraph \(quoted(definition.procedure.text)) {", "    rankdir=LR;", "    node [shape=box];"]
        for step in definition.steps {
            let style =
                graph.starts.first == step.name ? ", penwidth=2" : definition.isReferral(step) ? ", style=dashed" : ""
            lines.append(
                "    \(quoted(step.name)) [label=\(quoted(([step.name] + facts(step)).joined(separator: "\n")))\(style)];"
            )
        }
        lines.append("    \(quoted(definition.outcome)) [shape=doublecircle];")
        if graph.edges.contains(where: { $0.to == .refused }) { lines.append("    \"refused\" [shape=doublecircle];") }
        for edge in graph.edges {
            lines.append("    \(quoted(edge.from)) -> \(quoted(name(edge.to))) [label=\(quoted(edge.action.name))];")
        }
        return (lines + ["}"]).joined(separator: "\n")
    }

    /// Where, who, by when, and what else is said of a step.
    private func facts(_ step: ProcedureDefinition.Step) -> [String] {
        let places = Place.allCases.filter(step.places.contains).map(\.rawValue)
        var facts = ["at " + (step.at.map(\.description) ?? places.joined(separator: ", ")), step.role.rawValue]
        for (type, role) in step.roleByType.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            facts.append("\(role.rawValue) at \(type.rawValue)")
        }
        switch step.limit {
        case .working(.workingDays(let days)): facts.append("\(days) working days")
        case .working(.workingHours(let hours)): facts.append("\(hours) working hours")
        case .nextMeeting(let days): facts.append("next meeting, at most \(days) days")
        }
        switch step.quorum {
        case .all?: facts.append("all at once")
        case .majority?: facts.append("the majority of all asked at once")
        case .atLeast(let number)?: facts.append("\(number) of all asked at once")
        case nil: break
        }
        if step.fillsBox { facts.append("fills a box") }
        if !step.notices.escalates { facts.append("not told to the superior") }
        return facts
    }

    private func desk(_ desk: ProcedureDefinition.PaperFileRule.Desk) -> String {
        "\(desk.role.rawValue) at \(desk.at)"
    }

    private func name(_ target: StepGraph.Target) -> String {
        switch target {
        case .step(let name): name
        case .end: definition.outcome
        case .refused: "refused"
        }
    }

    private func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return "\"\(escaped)\""
    }
}
