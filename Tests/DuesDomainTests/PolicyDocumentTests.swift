import Contracts
import DuesDomain
import Testing

@Suite("The policy document")
struct PolicyDocumentTests {
    @Test("what is bundled has no fault, and is its own successor")
    func bundled() throws {
        let book = try DuesPolicyBook.bundled()
        #expect(book.faults(following: [book]).isEmpty)
        #expect(book.named.keys.sorted() == ["01-QD/TW-2026", "01-QD/TW-2028"])
    }

    /// The faults of the bundled document with one part changed, as `place rule`.
    private func faults(_ path: [String], _ value: JSONValue?) throws -> [String] {
        let document = try Self.document(path, value)
        do {
            _ = try DuesPolicyBook(document)
            return []
        } catch {
            return error.faults.map { "\($0.field) \($0.rule)" }
        }
    }

    static func document(_ path: [String], _ value: JSONValue?) throws -> JSONValue {
        replaced(try ContractsJSON.decode(from: DuesPolicyBook.bundledDocument), path[...], value)
    }

    /// A document with another value at a path, or without one.
    private static func replaced(_ part: JSONValue, _ path: ArraySlice<String>, _ value: JSONValue?) -> JSONValue {
        guard let name = path.first else { return value ?? .null }
        let rest = path.dropFirst()
        if var list = part.array, let index = Int(name) {
            list[index] = replaced(list[index], rest, value)
            return .array(list)
        }
        var object = part.object ?? [:]
        object[name] = rest.isEmpty ? value : replaced(object[name] ?? .object([:]), rest, value)
        return .object(object)
    }

    @Test(
        "each fault names its place and its rule",
        arguments: [
            (["minima"], nil, "minima policy.missing"),
            (["rates"], [], "rates policy.empty"),
            (["notes"], "x", "notes policy.unknown"),
            (["rates", "0", "categories", "student"], nil, "rates[0].categories.student policy.missing"),
            (["rates", "1", "states", "suspended"], nil, "rates[1].states.suspended policy.missing"),
            (["rates", "0", "states", "suspended"], "maybe", "rates[0].states.suspended policy.word"),
            (["rates", "0", "categories", "student", "kind"], "gift", "rates[0].categories.student.kind policy.word"),
            (["rates", "0", "categories", "student", "kind"], nil, "rates[0].categories.student.kind policy.missing"),
            (["rates", "0", "categories", "student", "amount"], -1, "rates[0].categories.student.amount policy.range"),
            (
                ["rates", "0", "categories", "student", "amount"], 0.5,
                "rates[0].categories.student.amount policy.range"
            ),
            (
                ["rates", "0", "categories", "student", "basisPoints"], 1,
                "rates[0].categories.student.basisPoints policy.unknown"
            ),
            (["rates", "0", "categories", "abroad", "to"], 1, "rates[0].categories.abroad.to policy.bounds"),
            (
                ["rates", "0", "categories", "insured", "basisPoints"], 10_001,
                "rates[0].categories.insured.basisPoints policy.range"
            ),
            (["rates", "0", "precedence"], ["student"], "rates[0].precedence policy.precedence"),
            (["rates", "0", "rounding"], "bankers", "rates[0].rounding policy.word"),
            (["rates", "0", "exemptAfterYears"], 0, "rates[0].exemptAfterYears policy.range"),
            (["rates", "0", "basis"], "a\nb", "rates[0].basis policy.line"),
            (["rates", "0", "from"], "2026-13", "rates[0].from dues-month.form"),
            (["rates", "1", "from"], "2026-02", "rates[1].from policy.order"),
            (["rates", "1", "version"], "01-QD/TW-2026", "rates[1].version policy.version-twice"),
            (["minima", "0", "amounts", "III"], 0, "minima[0].amounts.III policy.range"),
            (["minima", "0", "amounts", "V"], 1, "minima[0].amounts.V policy.unknown"),
            (["splits", "0", "rules", "6", "types"], ["commune"], "splits[0].rules policy.split-incomplete"),
            (["splits", "0", "rules", "0", "residential"], "yes", "splits[0].rules[0].residential policy.form"),
            (["splits", "0", "rules", "0", "keeps"], nil, "splits[0].rules[0].keeps policy.missing"),
        ] as [([String], JSONValue?, String)])
    func places(path: [String], value: JSONValue?, expected: String) throws {
        #expect(try faults(path, value) == [expected])
    }

    @Test("all faults of a document are told at once, in both languages")
    func together() throws {
        let broken = try Self.document(["rates", "0", "rounding"], "x")
        var parts = try #require(broken.object)
        parts["minima"] = .string("none")
        do {
            _ = try DuesPolicyBook(.object(parts))
            Issue.record("the document is taken")
        } catch {
            #expect(error.faults.map(\.field) == ["rates[0].rounding", "minima"])
            #expect(error.faults.allSatisfy { !$0.vietnamese.isEmpty && $0.vietnamese != $0.english })
        }
        let fault = #expect(throws: PolicyFaults.self) { try DuesPolicyBook(json: Array("{".utf8)) }
        #expect(fault?.faults.map(\.rule) == ["policy.json"])
    }

    @Test("a name never gets another meaning, and no month loses its rules")
    func succession() throws {
        let book = try DuesPolicyBook.bundled()
        func faults(_ path: [String], _ value: JSONValue?, following former: [DuesPolicyBook]) throws -> [String] {
            try DuesPolicyBook(Self.document(path, value)).faults(following: former).map { "\($0.field) \($0.rule)" }
        }
        #expect(
            try faults(["rates", "1", "categories", "student", "amount"], 6_000, following: [book])
                == ["rates[1].version policy.version-changed"])
        #expect(
            try faults(["splits", "0", "rules", "0", "keeps"], 8_000, following: [book])
                == ["splits[0].version policy.version-changed"])
        #expect(
            try faults(["minima", "0", "from"], "2026-02", following: [book]) == ["minima[0].from policy.months-lost"])
        #expect(try faults(["minima", "0", "from"], "2025-12", following: [book]).isEmpty)
        #expect(try faults(["minima", "0", "amounts", "I"], 5_500_000, following: [book]).isEmpty)
        // A name that only an older book had is taken too.
        let renamed = try DuesPolicyBook(Self.document(["rates", "1", "version"], "other"))
        #expect(
            try faults(["rates", "1", "exemptAfterYears"], 40, following: [book, renamed])
                == ["rates[1].version policy.version-changed"])
    }

    @Test("the months whose rules differ are known")
    func differences() throws {
        let book = try DuesPolicyBook.bundled()
        let other = try DuesPolicyBook(Self.document(["rates", "1", "version"], "other"))
        #expect(!other.differs(from: book, in: try Figures.month("2027-12")))
        #expect(other.differs(from: book, in: try Figures.month("2028-01")))
        #expect(!other.differs(from: book, in: try Figures.month("2025-01")))
    }

    @Test("two persons put a version into force, after a comparison")
    func approval() {
        let proposal = PolicyProposal(state: .proposed, proposedBy: "operator:a")
        #expect(proposal.refusal(ofApprovalBy: "operator:a", isCompared: true) == .samePerson)
        #expect(proposal.refusal(ofApprovalBy: "operator:b", isCompared: false) == .notCompared)
        #expect(proposal.refusal(ofApprovalBy: "operator:b", isCompared: true) == nil)
        for state in [PolicyState.inForce, .withdrawn] {
            let decided = PolicyProposal(state: state, proposedBy: "operator:a")
            #expect(decided.refusal(ofApprovalBy: "operator:b", isCompared: true) == .decided)
        }
    }
}
