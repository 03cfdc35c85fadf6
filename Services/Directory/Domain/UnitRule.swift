import Contracts

/// What is wrong with the units of an organisation.
enum UnitRule {
    static func faults(of units: [OrganizationState.Unit], at type: OrganizationType) -> [InvalidValue] {
        guard !units.isEmpty else { return [] }
        guard Hierarchy.committees.contains(type) else { return [noCommittee] }
        var faults: [InvalidValue] = []
        var kinds: Set<UnitKind> = []
        var assigned: Set<ProcedureCode> = []
        for (index, unit) in units.enumerated() {
            faults += TextRule.name(unit.name, field: "units[\(index)].name")
            if !kinds.insert(unit.kind).inserted { faults.append(twice("units[\(index)].kind")) }
            for (place, procedure) in unit.procedures.enumerated() where !assigned.insert(procedure).inserted {
                faults.append(assignedTwice("units[\(index)].procedures[\(place)]"))
            }
        }
        return faults
    }

    private static let noCommittee = InvalidValue(
        field: "units", rule: "unit.no-committee", vietnamese: "Chỉ cấp uỷ mới có cơ quan tham mưu, giúp việc.",
        english: "Only a committee has units.")

    private static func twice(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "unit.twice", vietnamese: "Mỗi loại cơ quan chỉ có một ở mỗi cấp uỷ.",
            english: "A committee has one unit of each kind.")
    }

    private static func assignedTwice(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "unit.procedure-twice", vietnamese: "Mỗi thủ tục chỉ giao cho một cơ quan.",
            english: "A procedure is assigned to one unit.")
    }
}
