import Contracts
import Testing
import WorkingTime

@testable import IntakeDomain

@Suite("The technical check of a supplement")
struct SupplementTests {
    private let form: [String: JSONValue] = [
        "destinationCellId": .string("\(Forms.otherCell)"), "reason": "Chuyển công tác", "decisionDate": "2026-11-02",
        "reviewId": .string("\(Forms.review)"), "note": "Ghi chú cũ",
    ]

    private func read(
        _ form: JSONValue? = nil, files: [AttachmentID] = [], _ outer: [String: JSONValue?] = [:]
    ) throws -> Supplement {
        var body: [String: JSONValue] = ["declaredUnclassified": true]
        body["form"] = form
        if !files.isEmpty { body["attachmentIds"] = .array(files.map { .string("\($0)") }) }
        for (name, value) in outer { body[name] = value }
        return try read(body: .object(body))
    }

    private func read(body: JSONValue) throws -> Supplement {
        let entry = try #require(try Forms.catalogue()[.officialTransfer, version: 3])
        return Supplement(
            body, to: .init(entry: entry, form: form, files: [Forms.review, Forms.photo]), today: Forms.today)
    }

    private func faults(_ supplement: Supplement, known: [AttachmentID: Submission.Attachment]? = nil) -> [String] {
        do {
            _ = try supplement.accepted(with: known ?? [Forms.decision: .free], of: .init(cell: Forms.ownCell))
            return []
        } catch {
            return error.faults.map { "\($0.field)/\($0.rule)" }
        }
    }

    @Test("what is left out stays, what is given is changed, null empties what may be empty")
    func over() throws {
        let accepted = try read(["reason": " Chuyển nơi cư trú ", "note": nil]).accepted(
            with: [:], of: .init(cell: Forms.ownCell))
        #expect(accepted.changedFields == ["reason", "note"])
        var expected = form
        expected["reason"] = "Chuyển nơi cư trú"
        expected["note"] = nil
        #expect(accepted.form == .object(expected))
        #expect(accepted.attachments.isEmpty)
    }

    @Test("another last day of a stay is judged like that of the form, when the supplement brings one")
    func stay() throws {
        let title = LocalizedText(vietnamese: "Thủ tục Mẫu", english: "Made-up")
        let entry = ProcedureEntry(
            procedure: try ProcedureCode("made-up"), version: 1, title: title, checkWithin: .workingHours(8),
            maximumAttachments: 0,
            form: FormDefinition(
                code: "made-up.01",
                fields: [
                    FormField(name: "until", title: title, kind: .comingDay, required: true),
                    FormField(name: "reason", title: title, kind: .text, required: true),
                ], stayChange: StayChangeRule(until: "until")))
        let stay = try MemberState.Stay(
            dossierId: SequentialIDSource(seed: 1).next(at: Forms.today.start), cellId: Forms.otherCell,
            from: Day("2026-12-01"), until: Day("2027-05-31"), latest: Day("2027-11-29"))
        func faults(_ form: JSONValue) -> [String] {
            let supplement = Supplement(
                ["declaredUnclassified": true, "form": form],
                to: .init(entry: entry, form: ["until": "2027-05-31", "reason": "Việc"], files: []), today: Forms.today)
            do {
                _ = try supplement.accepted(with: [:], of: .init(cell: Forms.ownCell, stay: stay))
                return []
            } catch {
                return error.faults.map { "\($0.field)/\($0.rule)" }
            }
        }
        #expect(faults(["until": "2027-11-29"]) == [])
        #expect(faults(["until": "2027-11-30"]) == ["form.until/stay.too-long"])
        #expect(faults(["reason": "Việc chưa xong"]) == [])
    }

    @Test("files come through fields or the list, each once; those of the dossier already are none")
    func files() throws {
        let replaced = try read(["reviewId": .string("\(Forms.decision)")], files: [Forms.decision, Forms.photo])
        let accepted = try replaced.accepted(with: [Forms.decision: .free], of: .init(cell: Forms.ownCell))
        #expect(accepted.attachments == [Forms.decision])
        #expect(accepted.changedFields == ["reviewId"])
        #expect(faults(try read(files: [Forms.decision]), known: [:]) == ["attachmentIds[0]/attachment.unknown"])
        #expect(
            faults(try read(files: [Forms.decision]), known: [Forms.decision: .used])
                == ["attachmentIds[0]/attachment.used"])
    }

    @Test("a file that replaces another does not count twice against the most that a dossier takes")
    func number() throws {
        let second: AttachmentID = Forms.ids.next(at: Forms.moment)
        let known: [AttachmentID: Submission.Attachment] = [Forms.decision: .free, second: .free]
        let replacing = try read(["reviewId": .string("\(Forms.decision)")], files: [second])
        #expect(faults(replacing, known: known) == [])
        let adding = try read(files: [Forms.decision, second])
        #expect(faults(adding, known: known) == ["attachmentIds/attachments.too-many"])
    }

    @Test(
        "each rule",
        arguments: [
            (nil, [:], "form/supplement.empty"), ([:], [:], "form/supplement.empty"),
            (["reason": "Chuyển công tác"], [:], "form/supplement.empty"),
            (["reason": nil], [:], "form.reason/missing"), (["reason": "Bốn?"], [:], "form.reason/text.length"),
            (["reason": 7], [:], "form.reason/wrong-type"), ("text", [:], "form/wrong-type"),
            (["decisionDate": "2026-11-21"], [:], "form.decisionDate/day.in-future"),
            (["colour": "red"], [:], "form.colour/unknown-field"),
            (["destinationCellId": "x"], [:], "form.destinationCellId/identifier.form"),
            (["destinationCellId": nil], [:], "form.destinationCellId/missing"),
            (
                ["destinationCellId": "019a9ef0-0003-7000-8000-000000000003"], [:],
                "form.destinationCellId/supplement.address"
            ),
            (["note": "Mới"], ["declaredUnclassified": nil], "declaredUnclassified/missing"),
            (["note": "Mới"], ["declaredUnclassified": false], "declaredUnclassified/unclassified.not-declared"),
            (["note": "Mới"], ["procedure": "official-transfer"], "procedure/unknown-field"),
            (["note": "Mới"], ["attachmentIds": [5]], "attachmentIds[0]/identifier.form"),
        ] as [(JSONValue?, [String: JSONValue?], String)])
    func rules(form: JSONValue?, outer: [String: JSONValue?], fault: String) throws {
        #expect(faults(try read(form, outer)) == [fault])
    }

    @Test("a body that is no object is a fault of the whole")
    func noObject() throws {
        #expect(faults(try read(body: [1])) == ["$/wrong-type"])
    }
}
