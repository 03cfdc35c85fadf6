import Contracts
import Testing

@testable import IntakeDomain

@Suite("The technical check of a submission")
struct SubmissionTests {
    @Test("a complete submission is accepted; its text is composed and trimmed, its files are in order")
    func complete() throws {
        let decomposed = "  Chuyê\u{0309}n công tác\n"
        let body = Forms.body(
            form: ["reason": .string(decomposed), "note": ""],
            ["attachmentIds": [.string("\(Forms.photo)"), .string("\(Forms.review)")]])
        let accepted = try Submission(body, catalogue: Forms.catalogue(), today: Forms.today)
            .accepted(with: Forms.facts())
        #expect(accepted.entry.version == 3)
        #expect(
            accepted.form["reason"]?.string.map { Array($0.unicodeScalars) } == Array("Chuyển công tác".unicodeScalars))
        #expect(accepted.form["note"] == nil)
        #expect(accepted.attachments == [Forms.review, Forms.photo])
    }

    @Test("everything that is wrong is said at once, in both languages")
    func allAtOnce() throws {
        let body = Forms.body(
            form: [
                "destinationCellId": "no-id", "reason": 7, "decisionDate": "2026-02-30", "reviewId": nil,
                "color": "red",
            ], ["declaredUnclassified": false, "extra": 1])
        #expect(
            try Forms.faults(body) == [
                "extra/unknown-field", "form.destinationCellId/identifier.form", "form.reason/wrong-type",
                "form.decisionDate/day.calendar", "form.reviewId/missing", "form.color/unknown-field",
                "declaredUnclassified/unclassified.not-declared",
            ])
        let submission = Submission(body, catalogue: try Forms.catalogue(), today: Forms.today)
        let rejected = #expect(throws: RejectedSubmission.self) {
            try submission.accepted(with: Forms.facts())
        }
        for fault in rejected?.faults ?? [] {
            #expect(!fault.vietnamese.isEmpty && !fault.english.isEmpty)
        }
    }

    @Test(
        "each rule of a field",
        arguments: [
            (["reason": "Bốn?"], "form.reason/text.length"),
            (["reason": .string(String(repeating: "a", count: 41))], "form.reason/text.length"),
            (["reason": "Lý do \u{202E}đảo"], "form.reason/text.unprintable"),
            (["reason": "Lý do \u{0}"], "form.reason/text.unprintable"),
            (["reason": "   "], "form.reason/missing"), (["reason": nil], "form.reason/missing"),
            (["reason": .null], "form.reason/missing"), (["reason": ["a"]], "form.reason/wrong-type"),
            (["decisionDate": "2026-11-21"], "form.decisionDate/day.in-future"),
            (["decisionDate": "1899-01-01"], "form.decisionDate/day.too-early"),
            (["decisionDate": "02/11/2026"], "form.decisionDate/day.calendar"),
            (["reviewId": "x"], "form.reviewId/identifier.form"),
        ] as [([String: JSONValue?], String)])
    func fieldRules(changes: [String: JSONValue?], fault: String) throws {
        #expect(try Forms.faults(Forms.body(form: changes)) == [fault])
    }

    @Test("today is not in the future")
    func today() throws {
        #expect(try Forms.faults(Forms.body(form: ["decisionDate": "2026-11-20"])) == [])
    }

    @Test(
        "each rule of the submission itself",
        arguments: [
            (["procedure": nil], "procedure/missing"), (["procedure": 1], "procedure/wrong-type"),
            (["procedure": "Weird One"], "procedure/procedure.unknown"),
            (["procedure": "residence-opinion"], "procedure/procedure.unknown"),
            (["form": nil], "form/missing"), (["form": "text"], "form/wrong-type"),
            (["declaredUnclassified": nil], "declaredUnclassified/missing"),
            (["declaredUnclassified": "yes"], "declaredUnclassified/wrong-type"),
            (["attachmentIds": "x"], "attachmentIds/wrong-type"),
            (["attachmentIds": [5]], "attachmentIds[0]/identifier.form"),
        ] as [([String: JSONValue?], String)])
    func outerRules(changes: [String: JSONValue?], fault: String) throws {
        #expect(try Forms.faults(Forms.body(changes)).contains(fault))
    }

    @Test("a body that is no object is a fault of the whole")
    func noObject() throws {
        #expect(try Forms.faults([1, 2]) == ["$/wrong-type"])
    }

    @Test("the destination must be another cell that acts and is known")
    func destination() throws {
        let field = "form.destinationCellId"
        let commune = try Forms.organization(Forms.otherCell, .commune)
        let closed = try Forms.organization(Forms.otherCell, .subordinateCell, status: .dissolved)
        let unrelated = try Forms.organization(Forms.ids.next(at: Forms.moment), .baseCell)
        let own = try Forms.organization(Forms.ownCell, .subordinateCell)
        #expect(try Forms.faults(Forms.body(), Forms.facts(commune)) == ["\(field)/organization.not-a-cell"])
        #expect(try Forms.faults(Forms.body(), Forms.facts(closed)) == ["\(field)/organization.not-active"])
        #expect(try Forms.faults(Forms.body(), Forms.facts(unrelated)) == ["\(field)/organization.unknown"])
        #expect(
            try Forms.faults(Forms.body(form: ["destinationCellId": .string("\(Forms.ownCell)")]), Forms.facts(own))
                == ["\(field)/organization.own-cell"])
    }

    @Test("files must be the applicant's, free, named once, and not too many")
    func files() throws {
        #expect(
            try Forms.faults(Forms.body(), Forms.facts(files: [:])) == ["form.reviewId/attachment.unknown"])
        #expect(
            try Forms.faults(Forms.body(), Forms.facts(files: [Forms.review: .used]))
                == ["form.reviewId/attachment.used"])
        let many = (0..<4).map { _ -> AttachmentID in Forms.ids.next(at: Forms.moment) }
        let body = Forms.body(["attachmentIds": .array(many.map { .string("\($0)") })])
        let files = Dictionary(uniqueKeysWithValues: (many + [Forms.review]).map { ($0, Submission.Attachment.free) })
        #expect(try Forms.faults(body, Forms.facts(files: files)) == ["attachmentIds/attachments.too-many"])
    }

    @Test("what is refused names the field and never repeats what was typed")
    func noEcho() throws {
        let secret = "001199000001"
        let body = Forms.body(form: ["destinationCellId": .string(secret), "decisionDate": .string(secret)])
        let submission = Submission(body, catalogue: try Forms.catalogue(), today: Forms.today)
        let rejected = #expect(throws: RejectedSubmission.self) { try submission.accepted(with: Forms.facts()) }
        #expect(rejected?.faults.isEmpty == false)
        let said = (rejected?.faults ?? []).map { "\($0)" }.joined()
        #expect(!said.contains(secret))
    }
}
