import Contracts
import Foundation
import Testing
import WorkingTime

@testable import Routing
@testable import RoutingDomain

@Suite("Definitions of procedures are read from YAML")
struct ProcedureFileTests {
    static let published = String(decoding: PackageResources.official_transfer_yaml, as: UTF8.self)

    /// The published text with one part replaced, and the fault it gives.
    func fault(_ old: String, _ new: String) throws -> ProcedureFileFault? {
        try #require(Self.published.contains(old), "the text has no \(old)")
        return read(Self.published.replacing(old, with: new, maxReplacements: 1))
    }

    func read(_ yaml: String) -> ProcedureFileFault? {
        do {
            _ = try ProcedureDefinition.read(yaml: yaml, file: "test.yaml")
            return nil
        } catch {
            return error
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
        #expect(transfer.letter.boxes == 10)
        #expect(transfer.letter.presentWithin == .workingDays(30))
        #expect(transfer.startWithin == .init(limit: .workingDays(60), field: "decisionDate"))
        #expect(transfer.step(at: .origin)?.role == .cellSecretary)
        #expect(transfer.step(at: .origin)?.limit == .nextMeeting(atMostDays: 30))
        #expect(transfer.step(at: .ascending)?.limit == .working(.workingDays(2)))
        #expect(transfer.step(at: .ascending)?.role == .organisationOfficer)
        #expect(transfer.step(at: .destination)?.actions.map(\.effect) == [.admit, .sendBack])
        #expect(transfer.result.document == "GGT")
        #expect(catalogue.definition(.officialTransfer, version: 2) == nil)
        #expect(!catalogue.knows(.dues))
    }

    @Test("an unknown key, a missing one and a wrong value are told with line and path")
    func places() throws {
        let key = try #require(try fault("fillsBox: true", "filsBox: true"))
        #expect(key.description.hasPrefix("test.yaml:\(try line(of: "fillsBox")):"))
        #expect(key.reason == "unknown key filsBox")
        let role = try #require(try fault("role: cell-secretary", "role: secretary"))
        #expect(role.line == (try line(of: "role: cell-secretary")))
        #expect(role.path == "steps[0].role")
        #expect(role.reason.hasPrefix("must be one of: member, cell-secretary"))
        let missing = try #require(try fault("    limit: { workingDays: 2 }\n", ""))
        #expect(missing.reason == "the key limit is missing")
        #expect(missing.path == "steps[1]")
        #expect(try fault("boxes: 10", "boxes: many")?.reason == "must be a whole number")
        #expect(try fault("fillsBox: true", "fillsBox: 3")?.reason == "must be true or false")
        #expect(try fault("workingDays: 2", "workingDays: 2, workingHours: 1")?.path == "steps[1].limit")
        #expect(try fault("procedure: official-transfer", "procedure: Official")?.line == (try line(of: "procedure: ")))
    }

    @Test("a rule of the definition that is broken is told with the line of its step")
    func rules() throws {
        let gap = try #require(try fault("places: [readdressing]", "places: []"))
        #expect(gap.reason == "no step for the place readdressing")
        #expect(gap.line == (try line(of: "- name: introduce")))
        let effect = try #require(try fault("effect: admit", "effect: forward"))
        #expect(effect.line == (try line(of: "- name: admit")))
        #expect(effect.path == "steps.admit.actions")
        #expect(try fault("nextMeeting: { atMostDays: 30 }", "nextMeeting: { atMostDays: 0 }")?.line != nil)
    }

    @Test("what is no YAML, or says a thing twice, is told with its line")
    func notYAML() throws {
        #expect(read("")?.reason == "the file is empty")
        let broken = try #require(read("procedure: [1,\nversion: }"))
        #expect(broken.line == 2)
        #expect(read("- 1\n- 2")?.reason == "must be a mapping")
        #expect(try fault("version: 1\n", "version: 1\nversion: 2\n")?.reason.contains("duplicate key version") == true)
    }

    @Test("one version cannot be defined twice")
    func twice() throws {
        var catalogue = try ProcedureCatalogue.bundled()
        #expect(throws: ProcedureFileFault.self) { try catalogue.add(yaml: Self.published, file: "again.yaml") }
        try catalogue.add(
            yaml: Self.published.replacing("version: 1\n", with: "version: 2\n"), file: "second.yaml")
        #expect(catalogue.definition(.officialTransfer, version: 2) != nil)
    }
}
