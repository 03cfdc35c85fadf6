import Contracts
import Foundation
import RoutingProcedures
import TestSeed
import Testing

@testable import RoutingDomain

/// One random history of a case: a procedure, a tree, and whatever people do; the invariants are held against each
/// change.
struct CaseHistory {
    private var random: SeededGenerator
    private var tree: RandomTree
    private let definition: ProcedureDefinition
    private let defect: EngineDefect?
    private let member: Officer
    private let helper: Officer
    private let residence: OrganizationID?
    private let from: OrganizationID
    private var now = Country.morning
    /// What was broken, with the command.
    private(set) var broken: [String] = []
    private(set) var running: RunningCase
    /// How many commands were taken.
    private(set) var taken = 0

    init(_ definition: ProcedureDefinition, _ seed: UInt64, defect: EngineDefect? = nil) throws {
        var random = SeededGenerator(seed: seed)
        let tree = RandomTree(&random)
        let cells = tree.cells.shuffled(using: &random)
        let comesFromOutside = definition.route.beginning == .receivingBody
        from = comesFromOutside ? try #require(tree.outsiders.randomElement(using: &random)) : cells[0]
        // Sometimes the member himself holds a role, and sometimes who entered the dossier does.
        let officers = tree.country.nodes.map { tree.country.officer($0.id) }
        member = try #require(
            Int.random(in: 0..<4, using: &random) == 0
                ? officers.randomElement(using: &random) : tree.country.person("Nguyễn Văn Mẫu 04"))
        helper = try #require(
            Int.random(in: 0..<4, using: &random) == 0 ? officers.randomElement(using: &random) : member)
        residence = Bool.random(using: &random) ? cells.randomElement(using: &random) : nil
        self.definition = definition
        self.defect = defect
        let form = Self.form(definition, cells, tree.outsiders, &random)
        // Whoever comes from outside is mostly received above the cell that he goes to.
        let below = comesFromOutside ? cells[Int.random(in: 0...1, using: &random)] : from
        let received =
            tree.country.tree.path(from: below).filter { !$0.type.isCell }.randomElement(using: &random)?.id ?? from
        let around = try tree.country.around(definition: definition, residence: residence)
        let change = try CaseEngine.open(
            tree.country.dossier(
                of: member.memberId, to: nil, received: received, enteredBy: helper.memberId, form: form),
            from: from, in: around)
        running = change.running
        broken = CaseInvariants.broken(nil, change, nil, around)
        self.tree = tree
        self.random = random
    }

    private static func form(
        _ definition: ProcedureDefinition, _ cells: [OrganizationID], _ outsiders: [OrganizationID],
        _ random: inout SeededGenerator
    ) -> [String: JSONValue] {
        var form: [String: JSONValue] = [
            "filledBoxes": .string("\(Int.random(in: 1...9, using: &random))"), "stayFrom": "2026-12-01",
            "stayReason": "work", "purpose": "cadre",
            "stayUntil": Bool.random(using: &random) ? "2027-05-31" : "2026-12-31",
        ]
        let named = cells.dropFirst().prefix(Int.random(in: 0...2, using: &random)).map { JSONValue.string("\($0)") }
        if let field = definition.route.destinationField, let first = named.first {
            form[field] = named.count == 1 ? first : .array(named)
            if let outsider = outsiders.randomElement(using: &random), Int.random(in: 0..<4, using: &random) == 0 {
                form[field] = .string("\(outsider)")
            }
        }
        return form
    }

    private var around: Circumstances {
        get throws { try tree.country.around(now: now, definition: definition, residence: residence) }
    }

    /// Does something random; false when it was refused.
    @discardableResult
    mutating func step() throws -> Bool {
        now = now.addingTimeInterval(TimeInterval(Int.random(in: 0...200_000, using: &random)))
        if Int.random(in: 0..<40, using: &random) == 0 { tree.dissolveOne(&random) }
        guard let command = randomCommand() else { return false }
        return try tell(command)
    }

    /// Comes to an end by doing at each turn what leads on, appointing whom it needs; false when there is no end.
    mutating func finish() throws -> Bool {
        for _ in 0..<80 {
            for _ in 0..<4 { if let record = paperFileRecord() { try tell(record) } }
            switch running.stage {
            case .completed, .refused, .withdrawn: return true
            case .awaitingResult:
                try tell(.resultIssued(document: definition.result?.document ?? "", version: running.requests))
            case .running:
                guard let turn = running.turn, let step = definition.step(named: turn.step) else { return false }
                if turn.place == .outside {
                    try tell(.resultIssued(document: definition.result?.document ?? "", version: running.requests))
                }
                guard let officer = sitting(at: turn) else {
                    tree.appoint(for: turn)
                    continue
                }
                let order =
                    step.actions.filter(Self.leadsOn)
                    + step.actions.filter { $0.effect == .refuse || $0.effect == .sendBack }
                var isTaken = false
                for action in order where !isTaken { isTaken = try tell(.act(act(action, turn, officer))) }
                if !isTaken { return false }
            }
        }
        return false
    }

    private static func leadsOn(_ action: ProcedureDefinition.Action) -> Bool {
        [.forward, .admit, .readdress, .recordOpinion, .finish].contains(action.effect)
    }

    /// Somebody who may act in the turn.
    private func sitting(at turn: RunningCase.Turn) -> Officer? {
        sitting(at: Seat(organizationId: turn.organizationId, role: turn.role))
    }

    private func sitting(at wanted: Seat) -> Officer? {
        let country = tree.country
        guard
            case .seat(let seat) = country.staffing.seating(at: wanted, concerned: running.concerned, in: country.tree)
        else { return nil }
        let member = country.staffing.holders(of: seat).subtracting(running.concerned).min { "\($0)" < "\($1)" }
        return member.map { Officer(memberId: $0, fullName: "Cán bộ", state: .official) }
    }

    private mutating func act(
        _ action: ProcedureDefinition.Action, _ turn: RunningCase.Turn, _ officer: Officer
    ) -> OfficerAction {
        var fields: [String: String] = [:]
        let addresses = tree.activeCells.filter { $0 != from } + tree.outsiders
        if action.effect == .readdress, let cell = addresses.randomElement(using: &random) {
            fields["destinationCellId"] = "\(cell)"
        }
        if action.effect == .recordOpinion, let opinion = definition.opinion {
            for criterion in opinion.criteria {
                fields[criterion.name] = opinion.grades.randomElement(using: &random)?.name
            }
        }
        return OfficerAction(
            officer: officer, action: action.name, step: turn.step, turn: turn.number, text: "Ghi chú", fields: fields)
    }

    private mutating func randomCommand() -> CaseCommand? {
        switch Int.random(in: 0..<100, using: &random) {
        case 0: return .withdraw
        case 1..<8:
            return .resultIssued(
                document: definition.result?.document ?? "", version: Int.random(in: 1...2, using: &random))
        case 8..<16: return .supplemented(form: running.form)
        case 16..<24: return correction()
        case 24..<40 where definition.paperFile != nil: return paperFileRecord()
        default: break
        }
        guard let turn = running.turns.randomElement(using: &random), let step = definition.step(named: turn.step),
            let action = step.actions.randomElement(using: &random)
        else { return .withdraw }
        let country = tree.country
        let stranger = (country.nodes.map { country.officer($0.id) } + [member, helper]).randomElement(using: &random)
        let officer = Int.random(in: 0..<6, using: &random) == 0 ? stranger : sitting(at: turn)
        guard let officer else {
            tree.appoint(for: turn)
            return nil
        }
        return .act(act(action, turn, officer))
    }

    private mutating func correction() -> CaseCommand? {
        guard let done = running.done.filter({ $0.box != nil }).randomElement(using: &random) else { return nil }
        let officer = Officer(memberId: done.byMemberId, fullName: "Cán bộ", state: .official)
        let name = done.box != 1 ? "correct" : Int.random(in: 0..<4, using: &random) == 0 ? "cancel" : "reissue"
        return .act(
            OfficerAction(officer: officer, action: name, step: done.step, turn: done.number, text: "Đúng là"))
    }

    /// Sensible or not, by whoever sits at one side, or by anybody.
    private mutating func paperFileRecord() -> CaseCommand? {
        guard let rule = definition.paperFile, let state = PaperFileState.allCases.randomElement(using: &random),
            let around = try? around
        else { return nil }
        let desk = Bool.random(using: &random) ? rule.handedOverBy : rule.receivedBy
        let side = Draft(running, in: around).organizations(at: desk.at).first
        let country = tree.country
        let anybody = (country.nodes.map { country.officer($0.id) } + [member, helper]).randomElement(using: &random)
        let seated = side.flatMap { sitting(at: Seat(organizationId: $0, role: desk.role)) }
        guard let officer = Int.random(in: 0..<6, using: &random) == 0 ? anybody : seated else { return nil }
        // Often what can follow, else most records would be refused.
        let offered = CaseEngine.paperFileStates(for: officer, in: running, around: around)
        let wanted = Bool.random(using: &random) ? offered.randomElement(using: &random) : nil
        let day = Day(containing: now).adding(days: -Int.random(in: 0...1, using: &random))
        let isConfirmation = (wanted ?? state) == .policeConfirmed
        return .recordPaperFile(
            PaperFileEntry(
                officer: officer, state: wanted ?? state, on: day, text: "Ghi chú",
                reference: isConfirmation ? "1/XN" : nil, police: isConfirmation ? "Công an" : nil))
    }

    /// Gives the engine a command and holds the invariants against what it makes of it.
    @discardableResult
    private mutating func tell(_ command: CaseCommand) throws -> Bool {
        let around = try around
        do {
            var change = try CaseEngine.apply(command, to: running, in: around)
            if let defect { change = try defect.spoil(running, change, around) }
            broken += CaseInvariants.broken(running, change, command, around)
            running = change.running
            taken += 1
            return true
        } catch let refusal as Refusal {
            if refusal.rule == "definition.place" { broken.append("a place without a step") }
            return false
        }
    }
}

@Suite("Any sequence of commands keeps what must hold (seeded)")
struct CaseHistoryTests {
    static let definitions = Result { try ProcedureCatalogue.bundled().newest }

    /// Histories of every published procedure, until one is broken when that is wanted.
    private func histories(
        _ count: Int, defect: EngineDefect? = nil, _ body: (CaseHistory, UInt64, Bool) -> Bool
    ) throws {
        var random = SeededGenerator(seed: SeededGenerator.seed)
        for _ in 0..<count {
            for definition in try Self.definitions.get() {
                let seed = random.next()
                var history = try CaseHistory(definition, seed, defect: defect)
                for _ in 0..<Int.random(in: 0...30, using: &random) where history.broken.isEmpty { try history.step() }
                let isFinished = history.broken.isEmpty ? try history.finish() : true
                guard body(history, seed, isFinished) else { return }
            }
        }
    }

    @Test("on trees of two to six levels, with base cells, sections and gaps, for every published procedure")
    func histories() throws {
        var taken = 0
        var carried = 0
        var ends: Set<RunningCase.Stage> = []
        try histories(120) { history, seed, isFinished in
            #expect(history.broken.isEmpty, "\(history.running.procedure), history \(seed)")
            #expect(isFinished, "always finishable: \(history.running.procedure), history \(seed)")
            taken += history.taken
            carried += history.running.paperFile?.records.count ?? 0
            ends.insert(history.running.stage)
            return true
        }
        // The histories say something: they went far and ended in every way.
        #expect(taken > 3_000)
        #expect(carried > 20)
        #expect(ends == [.completed, .refused, .withdrawn])
    }

    @Test("a broken engine is caught", arguments: EngineDefect.allCases)
    func caught(_ defect: EngineDefect) throws {
        var found: String?
        try histories(60, defect: defect) { history, _, isFinished in
            found = history.broken.first ?? (isFinished ? nil : "not finishable")
            return found == nil
        }
        #expect(found != nil, "\(defect)")
    }
}
