import Contracts

/// The way of a case, planned by the tree of today: what moved meanwhile is followed.
extension Draft {
    /// The way from its beginning.
    func wholeWay() throws(RouteFault) -> [Hop] {
        guard definition.route.isTransfer else { return try stations(from: 0) }
        guard definition.route.beginning == .receivingBody else { return try transferWay(from: running.fromCellId) }
        let way = try transferWay(from: running.receivingOrganizationId)
        return [Hop(organizationId: running.receivingOrganizationId, place: .arrival)] + way.dropFirst()
    }

    /// What follows an open turn.
    func way(after turn: RunningCase.Turn) throws(RouteFault) -> [Hop] {
        if let step = definition.step(named: turn.step), definition.isReferral(step) { return running.ahead }
        guard definition.route.isTransfer else {
            return try stations(from: (definition.route.stations.firstIndex(of: turn.step) ?? 0) + 1)
        }
        let way = try transferWay(from: turn.organizationId)
        // Where a way leads outside its last organisation has several turns, one after the other.
        let present = way.firstIndex { $0.organizationId == turn.organizationId && $0.place == turn.place } ?? 0
        return Array(way.dropFirst(present + 1))
    }

    /// The way from the committee that found the right address.
    func way(readdressedAt turn: RunningCase.Turn) throws(RouteFault) -> [Hop] {
        guard !running.done.isEmpty else { return try wholeWay() }
        guard definition.route.isTransfer else {
            let stations = definition.route.stations
            let first = stations.firstIndex { definition.step(named: $0)?.at?.anchor == .destination } ?? 0
            return try self.stations(from: first)
        }
        // Without any box the letter was never begun: the way starts at the sending cell.
        return turn.box == nil ? try wholeWay() : try way(after: turn)
    }

    /// The variant that holds between the two cells.
    var variant: ProcedureDefinition.Variant? {
        guard let target = running.toCellId.flatMap({ try? around.tree.cell($0) }) else { return nil }
        return definition.variants.first { variant in
            switch variant.condition {
            case .withinBaseOrganization: around.tree.shareBaseOrganization(running.fromCellId, target.id)
            }
        }
    }

    /// The committee that finds the right address for what was wrongly addressed.
    var readdressing: OrganizationID {
        if let variant, let through = committee(of: variant) { return through }
        return running.toCellId.flatMap { around.tree.meetingPoint(running.fromCellId, $0)?.id }
            ?? running.receivingOrganizationId
    }

    private func transferWay(from start: OrganizationID) throws(RouteFault) -> [Hop] {
        guard let destination = running.toCellId else { throw .destinationMissing }
        if definition.route.beginning == .receivingBody {
            // A letter from outside only comes down: who received it for somewhere else has it addressed anew.
            let target = try around.tree.cell(destination)
            guard around.tree.path(from: target.id).dropFirst().contains(where: { $0.id == start }) else {
                throw .noMeetingPoint
            }
        }
        // A letter from outside has no sending cell in the tree: where it begins here is its origin.
        let origin = definition.route.beginning == .receivingBody ? start : running.fromCellId
        let way = try around.tree.route(
            from: start, to: destination, origin: origin,
            leadsOutside: definition.step(at: .outside) != nil)
        guard let variant, let through = committee(of: variant), let target = way.last else { return way }
        let short = [
            Hop(organizationId: running.fromCellId, place: .origin), Hop(organizationId: through, place: .meeting),
            target,
        ]
        // A case that stands elsewhere, for it was addressed elsewhere before, comes down by the long way.
        guard let index = short.firstIndex(where: { $0.organizationId == start }) else { return way }
        return Array(short[index...])
    }

    private func committee(of variant: ProcedureDefinition.Variant) -> OrganizationID? {
        organizations(at: variant.through).first
    }

    private func stations(from index: Int) throws(RouteFault) -> [Hop] {
        var way: [Hop] = []
        for name in definition.route.stations.dropFirst(index) {
            guard let step = definition.step(named: name), let expression = step.at else { throw .stationMissing }
            if expression.anchor == .destination {
                if running.cellIds.isEmpty { throw .destinationMissing }
                for cell in running.cellIds { _ = try around.tree.cell(cell) }
            }
            var found = organizations(at: expression)
            guard !found.isEmpty else { throw .stationMissing }
            // Who gave an opinion is not asked again when another cell was wrongly addressed.
            if step.actions.contains(where: { $0.effect == .recordOpinion }) {
                found.removeAll { cell in running.opinions.contains { $0.organizationId == cell } }
            }
            guard let first = found.first else { continue }
            // Without a quorum one organisation is asked, the first.
            let beside = step.quorum == nil ? [] : Array(found.dropFirst())
            way.append(Hop(organizationId: first, place: .station, step: name, beside: beside))
        }
        return way
    }

    /// The organisations that an expression finds, each once.
    func organizations(at expression: OrganizationExpression) -> [OrganizationID] {
        let anchors: [OrganizationID] =
            switch expression.anchor {
            case .origin: [running.fromCellId]
            case .destination: running.cellIds
            case .receivingBody: [running.receivingOrganizationId]
            }
        var found: [OrganizationID] = []
        for anchor in anchors {
            let start = around.tree.successor(of: anchor)?.id ?? anchor
            guard let node = around.tree.find(expression.climb, from: start), !found.contains(node.id) else { continue }
            found.append(node.id)
        }
        return found
    }
}
