import Contracts
import Testing
import WorkingTime

@testable import IntakeDomain

@Suite("The further rules of forms")
struct FormRuleTests {
    private func title(_ text: String) -> LocalizedText { LocalizedText(vietnamese: text, english: text) }

    private func choices(_ values: String...) -> [FormField.Choice] {
        values.map { FormField.Choice(value: $0, title: title($0)) }
    }

    private func entry(
        _ fields: [FormField], stay: StayRule? = nil, opinion: OpinionRule? = nil, applicants: [MembershipState]? = nil
    ) throws -> ProcedureEntry {
        ProcedureEntry(
            procedure: try ProcedureCode("made-up"), version: 1, title: title("Thủ tục Mẫu"),
            checkWithin: .workingHours(8), maximumAttachments: 3,
            form: FormDefinition(code: "made-up.01", fields: fields, stay: stay, opinion: opinion),
            applicants: applicants)
    }

    private func faults(
        _ form: JSONValue, of entry: ProcedureEntry, by applicant: Submission.Applicant? = nil
    ) throws -> [String] {
        var catalogue = ProcedureCatalogue()
        try catalogue.add(entry)
        let submission = Submission(
            ["procedure": "made-up", "form": form, "declaredUnclassified": true], catalogue: catalogue,
            today: Forms.today)
        let known = try Forms.organization(Forms.otherCell, .subordinateCell)
        do {
            _ = try submission.accepted(
                with: .init(
                    applicant: applicant ?? .init(cell: Forms.ownCell), organizations: [Forms.otherCell: known],
                    attachments: [:]))
            return []
        } catch {
            return error.faults.map { "\($0.field)/\($0.rule)" }
        }
    }

    private func stay() throws -> ProcedureEntry {
        try entry(
            [
                FormField(name: "from", title: title("Từ"), kind: .day, required: true),
                FormField(name: "until", title: title("Đến"), kind: .comingDay, required: true),
                FormField(
                    name: "why", title: title("Vì"), kind: .choice, required: true, choices: choices("work", "study")),
            ],
            stay: StayRule(
                from: "from", until: "until", reason: "why",
                lengths: ["work": .init(atLeast: 3, under: 12), "study": .init(atLeast: 3, atMost: 24)]))
    }

    @Test(
        "a stay is as long as its reason allows, in calendar months with both days in it",
        arguments: [
            ("2026-12-01", "2027-02-28", "work", nil), ("2026-12-01", "2027-02-27", "work", "stay.too-short"),
            ("2026-12-01", "2027-11-29", "work", nil), ("2026-12-01", "2027-11-30", "work", "stay.too-long"),
            ("2026-12-01", "2028-11-30", "study", nil), ("2026-12-01", "2028-12-01", "study", "stay.too-long"),
            ("2026-11-30", "2027-02-27", "work", nil), ("2026-11-30", "2026-11-29", "work", "stay.order"),
            ("2026-08-01", "2026-11-19", "work", "day.past"),
        ])
    func lengths(from: String, until: String, why: String, rule: String?) throws {
        let form: JSONValue = ["from": .string(from), "until": .string(until), "why": .string(why)]
        #expect(try faults(form, of: stay()) == rule.map { ["form.until/\($0)"] } ?? [])
    }

    @Test(
        "each rule of the further kinds of fields",
        arguments: [
            (["why": "holiday"], "form.why/choice.unknown"), (["why": 3], "form.why/wrong-type"),
            (["from": "2037-01-01"], "form.from/day.too-late"), (["from": "soon"], "form.from/day.calendar"),
        ] as [([String: JSONValue], String)])
    func kinds(changes: [String: JSONValue], fault: String) throws {
        let form: [String: JSONValue] = ["from": "2026-12-01", "until": "2027-05-31", "why": "work"]
        #expect(try faults(.object(form.merging(changes) { $1 }), of: stay()) == [fault])
    }

    @Test(
        "a month of dues is one of the last five years or the next one",
        arguments: [
            ("2026-11", nil), ("2021-11", nil), ("2027-11", nil), ("2021-10", "dues-month.range"),
            ("2027-12", "dues-month.range"), ("11/2026", "dues-month.form"),
        ])
    func months(text: String, rule: String?) throws {
        let entry = try entry([FormField(name: "month", title: title("Kỳ"), kind: .duesMonth, required: true)])
        #expect(try faults(["month": .string(text)], of: entry) == rule.map { ["form.month/\($0)"] } ?? [])
    }

    @Test("a list of cells names each once, not too many, and each is looked up")
    func cells() throws {
        let entry = try entry([
            FormField(name: "cells", title: title("Chi bộ"), kind: .otherCells, required: false, most: 2)
        ])
        let (good, own) = (JSONValue.string("\(Forms.otherCell)"), JSONValue.string("\(Forms.ownCell)"))
        #expect(try faults([:], of: entry) == [])
        #expect(try faults(["cells": []], of: entry) == [])
        #expect(try faults(["cells": [good]], of: entry) == [])
        #expect(try faults(["cells": good], of: entry) == ["form.cells/wrong-type"])
        #expect(try faults(["cells": [good, good]], of: entry) == ["form.cells[1]/organization.named-twice"])
        #expect(try faults(["cells": [good, own, own]], of: entry) == ["form.cells/list.length"])
        #expect(
            try faults(["cells": [5, own]], of: entry)
                == ["form.cells[0]/identifier.form", "form.cells[1]/organization.unknown"])
    }

    @Test("only members in the states that a procedure names submit it")
    func states() throws {
        let entry = try entry([], applicants: [.official, .probationary])
        for state in MembershipState.allCases {
            let isOf = state == .official || state == .probationary
            let found = try faults([:], of: entry, by: .init(cell: Forms.ownCell, state: state))
            #expect(found == (isOf ? [] : ["procedure/applicant.state"]), "\(state)")
        }
    }

    @Test("nobody asks for an opinion that is not given")
    func opinions() throws {
        let entry = try entry(
            [
                FormField(
                    name: "purpose", title: title("Mục đích"), kind: .choice, required: true,
                    choices: choices("annual", "cadre"))
            ], opinion: OpinionRule(purpose: "purpose"))
        let resting = Submission.Applicant(cell: Forms.ownCell, isExemptFromResidenceActivity: true)
        let never = Submission.Applicant(cell: Forms.ownCell, isExemptFromIntroduction: true)
        #expect(try faults(["purpose": "annual"], of: entry) == [])
        #expect(try faults(["purpose": "annual"], of: entry, by: resting) == ["form.purpose/opinion.not-due"])
        #expect(try faults(["purpose": "cadre"], of: entry, by: resting) == [])
        #expect(try faults(["purpose": "cadre"], of: entry, by: never) == ["form.purpose/opinion.not-introduced"])
    }

    @Test("a definition whose rules name what the form does not have is refused")
    func definitions() throws {
        let day = FormField(name: "from", title: title("Từ"), kind: .day, required: true)
        let why = FormField(name: "why", title: title("Vì"), kind: .choice, required: true, choices: choices("work"))
        let broken = [
            try entry([FormField(name: "a", title: title("A"), kind: .choice, required: true)]),
            try entry([FormField(name: "a", title: title("A"), kind: .text, required: true, choices: choices("x"))]),
            try entry([FormField(name: "a", title: title("A"), kind: .text, required: true, most: 2)]),
            try entry([why], opinion: OpinionRule(purpose: "why")),
            try entry(
                [day, why],
                stay: StayRule(
                    from: "from", until: "to", reason: "why", lengths: ["work": .init(atLeast: 3, under: 12)])),
            try entry([day, why], stay: StayRule(from: "from", until: "from", reason: "why", lengths: [:])),
            try entry(
                [day, why],
                stay: StayRule(from: "from", until: "from", reason: "why", lengths: ["work": .init(atLeast: 3)])),
        ]
        for entry in broken {
            #expect(throws: InvalidValue.self) { try entry.check() }
        }
        let good = StayRule(from: "from", until: "from", reason: "why", lengths: ["work": .init(atLeast: 3, under: 12)])
        try entry([day, why], stay: good).check()
    }
}
