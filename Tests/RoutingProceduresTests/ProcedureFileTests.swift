import Contracts
import Foundation
import Testing
import WorkingTime

@testable import RoutingDomain
@testable import RoutingProcedures

@Suite("Definitions of procedures are read from YAML")
struct ProcedureFileTests {
    static let published = ProcedureCatalogue.texts["official-transfer.yaml"] ?? ""

    /// The published text with one part replaced, and the faults it gives.
    func faults(_ old: String, _ new: String) throws -> [ProcedureFileFault] {
        try #require(Self.published.contains(old), "the text has no \(old)")
        return read(Self.published.replacing(old, with: new, maxReplacements: 1))
    }

    func fault(_ old: String, _ new: String) throws -> ProcedureFileFault? { try faults(old, new).first }

    func read(_ yaml: String) -> [ProcedureFileFault] {
        do {
            _ = try ProcedureDefinition.read(yaml: yaml, file: "test.yaml")
            return []
        } catch {
            return error.faults
        }
    }

    func line(of text: String, after mark: String = "") throws -> Int {
        let start = try #require(mark.isEmpty ? Self.published.startIndex : Self.published.range(of: mark)?.upperBound)
        let place = try #require(Self.published.range(of: text, range: start..<Self.published.endIndex)?.lowerBound)
        return Self.published[..<place].count { $0 == "\n" } + 1
    }

    @Test("the published official transfer says what the procedure says")
    func published() throws {
        let catalogue = try ProcedureCatalogue.bundled()
        let transfer = try #require(catalogue.definition(.officialTransfer, version: 1))
        #expect(transfer.letter?.boxes == 10)
        #expect(transfer.letter?.presentWithin == .workingDays(30))
        #expect(transfer.startWithin == .init(limit: .workingDays(60), field: "decisionDate"))
        #expect(transfer.step(at: .origin)?.role == .cellSecretary)
        #expect(transfer.step(at: .origin)?.limit == .nextMeeting(atMostDays: 30))
        #expect(transfer.step(at: .ascending)?.limit == .working(.workingDays(2)))
        #expect(transfer.step(at: .ascending)?.role == .organisationOfficer)
        #expect(transfer.step(at: .destination)?.actions.map(\.effect) == [.admit, .sendBack])
        #expect(transfer.result?.document == "GGT")
        let committee = { OrganizationExpression(.baseCommittee, of: $0) }
        #expect(transfer.paperFile?.handedOverBy == .init(at: committee(.origin), role: .organisationOfficer))
        #expect(transfer.paperFile?.receivedBy == .init(at: committee(.destination), role: .organisationOfficer))
        // Who stays elsewhere for a time leaves his file at home.
        let stay = try #require(catalogue.definition(.temporaryTransfer, version: 1))
        #expect(stay.paperFile == nil)
        #expect(catalogue.definition(.officialTransfer, version: 2) == nil)
        #expect(catalogue.definition(.dues, version: 1) == nil)
    }

    @Test("an unknown key, a missing one and a wrong value are told with line and path")
    func places() throws {
        // Of a step on whose box nothing else hangs.
        let ascending = "places: [ascending, meeting]\n    role: organisation-officer\n    "
        let key = try #require(try fault(ascending + "fillsBox: true", ascending + "filsBox: true"))
        let row = try line(of: "fillsBox", after: ascending)
        #expect(key.description.hasPrefix("test.yaml:\(row):"))
        #expect(key.reason == "unknown key filsBox")
        #expect(key.rule == "key.unknown")
        #expect(key.text.vietnamese == "khoá filsBox không có nghĩa")
        let role = try #require(try fault("role: cell-secretary", "role: secretary"))
        #expect(role.line == (try line(of: "role: cell-secretary")))
        #expect(role.path == "steps[0].role")
        #expect(role.reason.hasPrefix("must be one of: member, cell-secretary"))
        let missing = try #require(try fault("    limit: { workingDays: 2 }\n", ""))
        #expect(missing.reason == "the key limit is missing")
        #expect(missing.path == "steps[1]")
        #expect(try fault("boxes: 10", "boxes: many")?.reason == "must be a whole number")
        let flag = try fault(ascending + "fillsBox: true", ascending + "fillsBox: 3")
        #expect(flag?.reason == "must be true or false")
        #expect(try fault("workingDays: 2", "workingDays: 2, workingHours: 1")?.path == "steps[1].limit")
        #expect(try fault("procedure: official-transfer", "procedure: Official")?.line == (try line(of: "procedure: ")))
    }

    @Test("a rule of the definition that is broken is told with the line of its step")
    func rules() throws {
        let gap = try #require(try fault("places: [readdressing]", "places: []"))
        #expect(gap.reason == "no step for the place readdressing")
        #expect(gap.line == (try line(of: "- name: introduce")))
        let effect = try #require(try fault("effect: admit", "effect: forward"))
        #expect(effect.line == (try line(of: "- name: admit", after: "- name: admit")))
        #expect(effect.path == "steps.admit.actions")
        #expect(try fault("nextMeeting: { atMostDays: 30 }", "nextMeeting: { atMostDays: 0 }")?.line != nil)
    }

    @Test("a paper file names who hands it over and who receives it, each on his side, and goes with a letter")
    func paperFile() throws {
        let receiver = "  receivedBy: { at: base-committee of destination, role: organisation-officer }"
        let missing = try #require(try fault(receiver + "\n", ""))
        #expect(missing.rule == "key.missing" && missing.path == "paperFile")
        #expect(missing.line == (try line(of: "handedOverBy")))
        let role = try #require(try fault(receiver, receiver.replacing("organisation-officer", with: "porter")))
        #expect(role.rule == "word.unknown" && role.path == "paperFile.receivedBy.role")
        #expect(role.line == (try line(of: "receivedBy")))
        let nowhere = try #require(try fault(receiver, receiver.replacing("base-committee of", with: "the")))
        #expect(nowhere.rule == "place.unknown" && nowhere.path == "paperFile.receivedBy.at")
        let stray = try #require(try fault(receiver, receiver + "\n  carriedBy: member"))
        #expect(stray.rule == "key.unknown" && stray.reason == "unknown key carriedBy")
        for (side, from, to) in [("receivedBy", "destination", "origin"), ("handedOverBy", "origin", "destination")] {
            let wrong = try #require(
                try fault("  \(side): { at: base-committee of \(from)", "  \(side): { at: base-committee of \(to)"))
            #expect(wrong.rule == "paper-file.side" && wrong.path == "paperFile.\(side).at")
            let line = try line(of: side)
            #expect(wrong.line == line)
            #expect(wrong.text.vietnamese != wrong.text.english && !wrong.text.vietnamese.isEmpty)
        }
        let clerk = try #require(try fault(receiver, receiver.replacing("organisation-officer", with: "support")))
        #expect(clerk.rule == "paper-file.role" && clerk.path == "paperFile.receivedBy.role")
        let objection = try #require(ProcedureCatalogue.texts["dues-objection.yaml"])
        let alone = read(
            objection + """

                paperFile:
                  handedOverBy: { at: origin, role: cell-secretary }
                  receivedBy: { at: destination, role: cell-secretary }

                """)
        #expect(alone.map(\.rule) == ["paper-file.letter"])
        #expect(alone.first?.line == objection.split(separator: "\n", omittingEmptySubsequences: false).count + 2)
    }

    @Test("what is no YAML, or says a thing twice, is told with its line")
    func notYAML() throws {
        #expect(read("").first?.reason == "the file is empty")
        let broken = try #require(read("procedure: [1,\nversion: }").first)
        #expect(broken.line == 2)
        #expect(read("- 1\n- 2").first?.reason == "must be a mapping")
        #expect(try fault("version: 1\n", "version: 1\nversion: 2\n")?.reason.contains("duplicate key version") == true)
    }

    @Test("one version cannot be defined twice")
    func twice() throws {
        var catalogue = try ProcedureCatalogue.bundled()
        #expect(throws: ProcedureFileFaults.self) { try catalogue.add(yaml: Self.published, file: "again.yaml") }
        try catalogue.add(
            yaml: Self.published.replacing("version: 1\n", with: "version: 2\n"), file: "second.yaml")
        #expect(catalogue.definition(.officialTransfer, version: 2) != nil)
    }

    @Test("all faults of a file are told, by line, each with field, rule, Vietnamese and English")
    func everything() throws {
        let broken = Self.published
            .replacing("role: cell-secretary", with: "role: secretary", maxReplacements: 1)
            .replacing("boxes: 10", with: "boxes: many")
            .replacing("limit: { workingDays: 2 }", with: "limit: {}", maxReplacements: 1)
            .replacing("outcome: admitted", with: "outcome: Admitted!")
        let faults = read(broken)
        #expect(faults.map(\.rule) == ["yaml.integer", "word.unknown", "limit.missing", "name.form"])
        #expect(faults.map(\.path) == ["letter.boxes", "steps[0].role", "steps[1].limit", "outcome"])
        let lines = faults.compactMap(\.line)
        #expect(lines == lines.sorted() && lines.count == 4)
        for fault in faults { #expect(!fault.text.vietnamese.isEmpty && fault.text.vietnamese != fault.text.english) }
    }

    @Test("an unreachable step, an unknown role, place or effect, a loop without exit, a missing limit, a name twice")
    func badInput() throws {
        let published = try #require(ProcedureCatalogue.texts["dues-objection.yaml"])
        func rules(_ old: String, _ new: String) throws -> [String] {
            try #require(published.contains(old), "the text has no \(old)")
            return read(published.replacing(old, with: new)).map { "\($0.line ?? 0) \($0.path) \($0.rule)" }
        }
        func line(_ text: String) throws -> Int {
            let place = try #require(published.range(of: text)?.lowerBound)
            return published[..<place].count { $0 == "\n" } + 1
        }
        #expect(
            try rules("steps: [examine, decide]", "steps: [decide]").contains(
                "\(try line("- name: examine")) steps.examine step.unreachable"))
        #expect(
            try rules("role: cell-dues-officer", "role: treasurer") == [
                "\(try line("role: cell-dues")) steps[1].role word.unknown"
            ])
        #expect(try rules("at: origin", "at: the cell") == ["\(try line("at: origin")) steps[1].at place.unknown"])
        #expect(
            try rules("effect: refer\n", "effect: ask\n") == [
                "\(try line("effect: refer")) steps[0].actions[1].effect word.unknown"
            ])
        let loop = try rules("effect: finish", "effect: refer\n        to: explain\n        text: required")
            .filter { $0.hasSuffix("loop.no-exit") }
        #expect(loop.isEmpty, "the refusal is an end too")
        let endless = published.replacing("effect: finish", with: "effect: request-supplement\n        text: required")
            .replacing("effect: refuse", with: "effect: refer\n        to: explain")
        #expect(
            read(endless).map { "\($0.path) \($0.rule)" } == [
                "steps.examine loop.no-exit", "steps.explain loop.no-exit", "steps.decide loop.no-exit",
            ])
        #expect(try rules("    limit: { workingDays: 2 }\n", "").allSatisfy { $0.hasSuffix("key.missing") })
        #expect(try rules("- name: explain", "- name: examine").contains { $0.hasSuffix("steps name.duplicate") })
        #expect(
            try rules("to: explain", "to: decide").contains {
                $0.hasSuffix("steps.examine.actions.ask-cell.to refer.step")
            })
    }
}
