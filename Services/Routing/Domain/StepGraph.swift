/// The steps of a definition and how a case comes from one to another.
public struct StepGraph: Hashable, Sendable {
    /// Where an action leads.
    public enum Target: Hashable, Sendable {
        case step(String)
        /// The good end.
        case end
        /// The case ends refused.
        case refused
    }

    /// An action that leads somewhere.
    public struct Edge: Hashable, Sendable {
        public let from: String
        public let action: ProcedureDefinition.Action
        public let to: Target
    }

    /// The steps at which a case can begin.
    public let starts: [String]
    public let edges: [Edge]

    public init(_ definition: ProcedureDefinition) {
        let steps = definition.steps
        let first = definition.firstSteps.map(\.name)
        let readdressing = definition.step(at: .readdressing).map { [$0.name] } ?? []
        starts = first + readdressing.filter { !first.contains($0) }
        edges = steps.flatMap { step in
            step.actions.flatMap { action in
                definition.targets(of: action, at: step).map { Edge(from: step.name, action: action, to: $0) }
            }
        }
    }

    /// The steps that a case can come to.
    public var reachable: Set<String> {
        spread(from: Set(starts)) { edge in
            guard case .step(let next) = edge.to else { return nil }
            return (edge.from, next)
        }
    }

    /// The steps from which a case can come to an end.
    public var finishing: Set<String> {
        let last = edges.filter { edge in
            switch edge.to {
            case .step: false
            case .end, .refused: true
            }
        }
        return spread(from: Set(last.map(\.from))) { edge in
            guard case .step(let next) = edge.to else { return nil }
            return (next, edge.from)
        }
    }

    /// Everything that the edges lead to, where `arrow` gives their direction.
    private func spread(from first: Set<String>, along arrow: (Edge) -> (from: String, to: String)?) -> Set<String> {
        let arrows = edges.compactMap(arrow)
        var known = first
        var fresh = first
        while !fresh.isEmpty {
            fresh = Set(arrows.filter { fresh.contains($0.from) }.map(\.to)).subtracting(known)
            known.formUnion(fresh)
        }
        return known
    }
}

extension ProcedureDefinition {
    /// The steps with which the way of a case begins.
    fileprivate var firstSteps: [Step] {
        route.isTransfer
            ? [step(at: route.beginning == .origin ? .origin : .arrival)].compactMap(\.self)
            : [route.stations.first.flatMap(step(named:))].compactMap(\.self)
    }

    /// Where an action leads from a step.
    fileprivate func targets(of action: Action, at step: Step) -> [StepGraph.Target] {
        switch action.effect {
        case .forward, .recordOpinion, .changeStay: onward(from: step)
        case .refuse, .cancelMove: [.refused]
        case .admit, .finish: [.end]
        case .sendBack: self.step(at: .readdressing).map { [.step($0.name)] } ?? []
        case .readdress:
            route.isTransfer
                ? names(route.places.dropLast() + [.outside]) : route.stations.map { .step($0) }
        case .refer: action.target.map { [.step($0)] } ?? []
        case .requestSupplement, .correctBox, .reissueLetter: [.step(step.name)]
        }
    }

    private func onward(from step: Step) -> [StepGraph.Target] {
        if isReferral(step) {
            return steps.filter { $0.actions.contains { $0.target == step.name } }.map { .step($0.name) }
        }
        guard route.isTransfer else {
            return route.stations.drop { $0 != step.name }.dropFirst().prefix(1).map { .step($0) }
        }
        let next = step.places.flatMap { place -> [Place] in
            switch place {
            case .origin, .ascending: [.ascending, .meeting]
            case .meeting, .descending, .arrival: [.descending, .destination, .outside]
            case .outside: [.reply]
            case .destination, .reply, .readdressing, .station: []
            }
        }
        return names((Place.ofTransfers + Place.ofOutside).filter(next.contains))
    }

    private func names(_ places: some Sequence<Place>) -> [StepGraph.Target] {
        var found: [StepGraph.Target] = []
        for place in places {
            guard let name = step(at: place)?.name, !found.contains(.step(name)) else { continue }
            found.append(.step(name))
        }
        return found
    }

    /// Every step can be reached, is left by an action, and leads to an end.
    func checkGraph(_ list: inout FaultList) {
        let graph = StepGraph(self)
        let reachable = graph.reachable
        let finishing = graph.finishing
        for step in steps {
            let path = "steps.\(step.name)"
            list.demand(
                reachable.contains(step.name), path, "step.unreachable", "no case ever comes to this step",
                "không hồ sơ nào đến được bước này")
            let leaves = graph.edges.contains { $0.from == step.name && $0.to != .step(step.name) }
            list.demand(
                leaves || step.actions.isEmpty, "\(path).actions", "step.no-way-out", "no action leaves this step",
                "không thao tác nào rời khỏi bước này")
            list.demand(
                finishing.contains(step.name) || !leaves, path, "loop.no-exit",
                "from here a case goes round for ever: no way leads to an end",
                "từ đây hồ sơ đi vòng mãi: không đường nào dẫn đến kết thúc")
        }
    }
}
