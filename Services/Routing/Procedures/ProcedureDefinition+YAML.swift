import Contracts
public import RoutingDomain
import WorkingTime

extension ProcedureDefinition {
    /// Reads a definition and checks it; every fault names file, line, field and rule.
    public static func read(yaml text: String, file: String) throws(ProcedureFileFaults) -> ProcedureDefinition {
        let root: YAMLPlace
        do {
            root = try YAMLPlace(text: text, file: file)
        } catch {
            throw ProcedureFileFaults([error])
        }
        var reader = ProcedureReader()
        let read = reader.definition(root)
        if reader.isIncomplete { throw ProcedureFileFaults(reader.faults) }
        do {
            let definition = try read()
            guard reader.faults.isEmpty else { throw ProcedureFileFaults(reader.faults) }
            return definition
        } catch let invalid as InvalidDefinition {
            // The rules name a path; the file knows where that stands.
            let broken = invalid.faults.map { fault in
                root.place(at: fault.path).fault(
                    fault.rule, fault.text.english, fault.text.vietnamese, path: fault.path)
            }
            throw ProcedureFileFaults(reader.faults + broken)
        } catch let faults as ProcedureFileFaults {
            throw faults
        } catch {
            throw ProcedureFileFaults([root.fault("definition", "\(error)", "\(error)")])
        }
    }
}

extension ProcedureReader {
    /// The definition, still to be checked by its rules.
    fileprivate mutating func definition(_ root: YAMLPlace) -> () throws -> ProcedureDefinition {
        let given = fields(
            root, required: ["procedure", "version", "title", "route", "steps", "outcome"],
            optional: ["variants", "letter", "paperFile", "startWithin", "period", "stayChange", "opinion", "result"])
        let code = value(given["procedure"], nil, isVital: true, Self.code)
        let version = integer(given["version"])
        let title = self.title(given["title"])
        let route = self.route(given["route"])
        let variants = list(given["variants"]).map { self.variant($0) }
        let letter = given["letter"].map { self.letter($0) }
        let paperFile = given["paperFile"].map { self.paperFile($0) }
        let startWithin = given["startWithin"].map { self.startLimit($0) }
        let period = given["period"].map { self.period($0) }
        let stayChange = given["stayChange"].map { self.stayChange($0) }
        let opinion = given["opinion"].map { self.opinion($0) }
        let steps = list(given["steps"]).map { self.step($0) }
        let result = given["result"].map { self.result($0) }
        let outcome = text(given["outcome"])
        return {
            guard let code else { throw ProcedureFileFaults([]) }
            return try ProcedureDefinition(
                procedure: code, version: version, title: title, route: route, variants: variants, letter: letter,
                paperFile: paperFile, startWithin: startWithin, period: period, stayChange: stayChange,
                opinion: opinion, steps: steps, result: result, outcome: outcome.isEmpty ? "unnamed" : outcome)
        }
    }

    private static func code(_ place: YAMLPlace) throws(ProcedureFileFault) -> ProcedureCode? {
        let text = try place.text()
        do {
            return try ProcedureCode(text)
        } catch {
            throw place.fault(error.rule, error.english, error.vietnamese)
        }
    }

    private mutating func route(_ place: YAMLPlace?) -> ProcedureDefinition.RouteRule {
        guard let place else { return .init(destinationField: nil) }
        let given = fields(place, optional: ["destination", "from", "otherwise", "steps"])
        return ProcedureDefinition.RouteRule(
            destinationField: given["destination"].map { text($0, isVital: true) },
            from: word(given["from"], .origin, isVital: true),
            fallback: given["otherwise"].map { word($0, .residence) },
            stations: list(given["steps"]).map { text($0, isVital: true) })
    }

    private mutating func variant(_ place: YAMLPlace) -> ProcedureDefinition.Variant {
        let given = fields(place, required: ["name", "title", "when", "through", "boxes"])
        return ProcedureDefinition.Variant(
            name: text(given["name"]), title: title(given["title"]),
            condition: word(given["when"], .withinBaseOrganization),
            through: expression(given["through"]) ?? OrganizationExpression(.baseCommittee, of: .origin),
            boxes: integer(given["boxes"]))
    }

    private mutating func expression(_ place: YAMLPlace?) -> OrganizationExpression? {
        value(place, nil, isVital: true) { place throws(ProcedureFileFault) in
            guard let expression = OrganizationExpression(try place.text()) else {
                throw place.fault(
                    "place.unknown", "must be \(OrganizationExpression.grammar)",
                    "phải có dạng \(OrganizationExpression.grammar)")
            }
            return expression
        }
    }

    private mutating func letter(_ place: YAMLPlace) -> ProcedureDefinition.Letter {
        let given = fields(place, required: ["boxes"], optional: ["presentWithin", "filledBefore"])
        return ProcedureDefinition.Letter(
            boxes: integer(given["boxes"]), presentWithin: given["presentWithin"].map { timeLimit($0) },
            filledField: given["filledBefore"].map { text($0) })
    }

    private mutating func paperFile(_ place: YAMLPlace) -> ProcedureDefinition.PaperFileRule {
        let given = fields(place, required: ["handedOverBy", "receivedBy"])
        return ProcedureDefinition.PaperFileRule(
            handedOverBy: desk(given["handedOverBy"], .origin), receivedBy: desk(given["receivedBy"], .destination))
    }

    /// - Parameter anchor: where the organisation is looked for when it cannot be read.
    private mutating func desk(
        _ place: YAMLPlace?, _ anchor: OrganizationExpression.Anchor
    ) -> ProcedureDefinition.PaperFileRule.Desk {
        let given = place.map { fields($0, required: ["at", "role"]) } ?? [:]
        return ProcedureDefinition.PaperFileRule.Desk(
            at: expression(given["at"]) ?? OrganizationExpression(.baseCommittee, of: anchor),
            role: word(given["role"], .organisationOfficer))
    }

    private mutating func startLimit(_ place: YAMLPlace) -> ProcedureDefinition.StartLimit {
        let given = fields(place, required: ["after"], optional: ["workingDays", "workingHours"])
        return ProcedureDefinition.StartLimit(
            limit: timeLimit(in: given, at: place), field: text(given["after"]))
    }

    private mutating func period(_ place: YAMLPlace) -> ProcedureDefinition.PeriodRule {
        let given = fields(place, required: ["from", "until", "reason", "lengths"], optional: ["remindDaysBefore"])
        var lengths: [String: ProcedureDefinition.PeriodRule.Length] = [:]
        let entries = value(given["lengths"], []) { place throws(ProcedureFileFault) in try place.entries() }
        for (_, reason, value) in entries { lengths[reason] = length(value) }
        return ProcedureDefinition.PeriodRule(
            fromField: text(given["from"]), untilField: text(given["until"]), reasonField: text(given["reason"]),
            lengths: lengths, remindDaysBefore: integer(given["remindDaysBefore"], 30))
    }

    private mutating func stayChange(_ place: YAMLPlace) -> ProcedureDefinition.StayChangeRule {
        ProcedureDefinition.StayChangeRule(untilField: text(fields(place, required: ["until"])["until"], isVital: true))
    }

    private mutating func length(_ place: YAMLPlace) -> ProcedureDefinition.PeriodRule.Length {
        let given = fields(place, required: ["atLeast"], optional: ["atMost", "under"])
        if (given["atMost"] == nil) == (given["under"] == nil) {
            note(place.fault("period.end", "must have either atMost or under", "phải có atMost hoặc under"))
        }
        let shortest = integer(given["atLeast"])
        return ProcedureDefinition.PeriodRule.Length(
            atLeast: shortest, most: integer(given["atMost"] ?? given["under"], shortest + 1),
            includesMost: given["atMost"] != nil)
    }

    private mutating func opinion(_ place: YAMLPlace) -> ProcedureDefinition.OpinionForm {
        let given = fields(place, required: ["purpose", "criteria", "grades"])
        return ProcedureDefinition.OpinionForm(
            purposeField: text(given["purpose"]), criteria: list(given["criteria"]).map { self.item($0) },
            grades: list(given["grades"]).map { self.item($0) })
    }

    private mutating func item(_ place: YAMLPlace) -> ProcedureDefinition.OpinionForm.Item {
        let given = fields(place, required: ["name", "title"])
        return ProcedureDefinition.OpinionForm.Item(name: text(given["name"]), title: title(given["title"]))
    }

    private mutating func result(_ place: YAMLPlace) -> ProcedureDefinition.Result {
        let given = fields(place, required: ["document", "title", "issuer"])
        let issuer = value(given["issuer"], ProcedureDefinition.Issuer.receivingBody) {
            place throws(ProcedureFileFault) in
            guard let issuer = ProcedureDefinition.Issuer(try place.text()) else {
                let known = "receiving-body, sending-side, receiving-side, \(OrganizationExpression.grammar)"
                throw place.fault("issuer.unknown", "must be one of: \(known)", "phải là một trong: \(known)")
            }
            return issuer
        }
        return ProcedureDefinition.Result(
            document: text(given["document"]), title: text(given["title"]), issuer: issuer)
    }

    private mutating func step(_ place: YAMLPlace) -> ProcedureDefinition.Step {
        let given = fields(
            place, required: ["name", "title", "role", "limit", "actions"],
            optional: ["places", "at", "roleByType", "fillsBox", "quorum", "notices", "escalation"])
        return ProcedureDefinition.Step(
            name: text(given["name"], isVital: true), title: title(given["title"]),
            places: Set(list(given["places"]).map { word($0, .origin, isVital: true) }), at: expression(given["at"]),
            role: word(given["role"], .organisationOfficer), roleByType: roles(given["roleByType"]),
            fillsBox: flag(given["fillsBox"]), limit: stepLimit(given["limit"]), quorum: quorum(given["quorum"]),
            notices: notices(given["notices"], given["escalation"]),
            actions: list(given["actions"]).map { self.action($0) })
    }

    private mutating func roles(_ place: YAMLPlace?) -> [OrganizationType: RoleName] {
        guard let place else { return [:] }
        var roles: [OrganizationType: RoleName] = [:]
        for (type, role) in fields(place, optional: OrganizationType.allCases.map(\.rawValue)) {
            if let type = OrganizationType(rawValue: type) { roles[type] = word(role, .organisationOfficer) }
        }
        return roles
    }

    private mutating func quorum(_ place: YAMLPlace?) -> Quorum? {
        value(place, nil) { place throws(ProcedureFileFault) in
            switch try place.text() {
            case "all": return .all
            case "majority": return .majority
            default:
                guard let number = try? place.integer() else {
                    throw place.fault(
                        "quorum.form", "must be all, majority or a number", "phải là all, majority hoặc một số")
                }
                return .atLeast(number)
            }
        }
    }

    /// Who learns of a breach beside the officer.
    private enum Escalation: String, CaseIterable {
        case superior, none
    }

    private mutating func notices(_ kinds: YAMLPlace?, _ escalation: YAMLPlace?) -> Notices {
        let upwards: Escalation = word(escalation, .superior)
        let told = kinds.map { place in Set(list(place).map { word($0, Notices.Kind.entered) }) }
        return Notices(kinds: told ?? Notices.standard.kinds, escalates: upwards == .superior)
    }

    /// Whether the officer must write something.
    private enum TextRule: String, CaseIterable {
        case required, optional
    }

    private mutating func action(_ place: YAMLPlace) -> ProcedureDefinition.Action {
        let given = fields(
            place, required: ["name", "title", "effect"],
            optional: ["text", "standardText", "fields", "guards", "to"])
        let rule: TextRule = word(given["text"], .optional)
        let asked = list(given["fields"]).map { self.field($0) }
        return ProcedureDefinition.Action(
            name: text(given["name"], isVital: true), title: title(given["title"]),
            effect: word(given["effect"], .forward, isVital: true), needsText: rule == .required,
            standardText: given["standardText"].map { text($0) }, fields: asked,
            guards: list(given["guards"]).map { word($0, .transferNotHeld) },
            target: given["to"].map { text($0, isVital: true) })
    }

    private mutating func field(_ place: YAMLPlace) -> ProcedureDefinition.Field {
        let given = fields(place, required: ["name", "required"])
        return ProcedureDefinition.Field(
            name: word(given["name"], .duesPaidThrough, isVital: true), isRequired: flag(given["required"]))
    }
}
