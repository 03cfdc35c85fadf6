import Contracts
import Foundation
import WorkingTime

@testable import IntakeDomain

/// A procedure and the things its form names, made up.
enum Forms {
    static let today = Day(number: 20_777)  // 2026-11-20
    static let ids = SequentialIDSource(seed: 5)
    static let moment = Date(timeIntervalSince1970: 1_795_143_600)

    static let ownCell: OrganizationID = ids.next(at: moment)
    static let otherCell: OrganizationID = ids.next(at: moment)
    static let review: AttachmentID = ids.next(at: moment)
    static let decision: AttachmentID = ids.next(at: moment)
    static let photo: AttachmentID = ids.next(at: moment)

    static func catalogue() throws -> ProcedureCatalogue {
        func title(_ text: String) -> LocalizedText { LocalizedText(vietnamese: text, english: text) }
        var catalogue = ProcedureCatalogue()
        try catalogue.add(
            ProcedureEntry(
                procedure: .officialTransfer, version: 3, title: title("Chuyển sinh hoạt"),
                checkWithin: .workingHours(8), maximumAttachments: 3,
                form: FormDefinition(
                    code: "official-transfer.01",
                    fields: [
                        FormField(name: "destinationCellId", title: title("Nơi đến"), kind: .otherCell, required: true),
                        FormField(
                            name: "reason", title: title("Lý do"), kind: .text, required: true,
                            length: .init(minimum: 5, maximum: 40)),
                        FormField(name: "decisionDate", title: title("Ngày"), kind: .pastDay, required: true),
                        FormField(name: "reviewId", title: title("Kiểm điểm"), kind: .attachment, required: true),
                        FormField(name: "note", title: title("Ghi chú"), kind: .text, required: false),
                    ])))
        return catalogue
    }

    /// A submission with nothing wrong, or with fields changed; nil takes a field away.
    static func body(
        form changes: [String: JSONValue?] = [:], _ outer: [String: JSONValue?] = [:]
    ) -> JSONValue {
        var form: [String: JSONValue] = [
            "destinationCellId": .string("\(otherCell)"), "reason": "Chuyển công tác", "decisionDate": "2026-11-02",
            "reviewId": .string("\(review)"),
        ]
        for (name, value) in changes { form[name] = value }
        var body: [String: JSONValue] = [
            "procedure": "official-transfer", "form": .object(form), "declaredUnclassified": true,
        ]
        for (name, value) in outer { body[name] = value }
        return .object(body)
    }

    static func organization(
        _ id: OrganizationID, _ type: OrganizationType, status: OrganizationStatus = .active,
        parent: OrganizationID? = nil
    ) throws -> OrganizationState {
        OrganizationState(
            organizationId: id, code: try OrganizationCode("A35.12"), name: "Tổ chức Mẫu", type: type,
            parentId: parent, status: status, residential: true, duesRegion: .two, hasSeal: !type.isCell,
            bankAccounts: [])
    }

    static func facts(
        _ destination: OrganizationState? = nil, files: [AttachmentID: Submission.Attachment]? = nil
    ) throws -> Submission.Facts {
        let destination = try destination ?? organization(otherCell, .subordinateCell)
        return Submission.Facts(
            applicant: .init(cell: ownCell), organizations: [destination.organizationId: destination],
            attachments: files ?? [review: .free, decision: .free, photo: .free])
    }

    /// The faults of a submission, `field/rule`.
    static func faults(_ body: JSONValue, _ facts: Submission.Facts? = nil) throws -> [String] {
        let submission = Submission(body, catalogue: try catalogue(), today: today)
        do {
            _ = try submission.accepted(with: facts ?? Self.facts())
            return []
        } catch let rejected as RejectedSubmission {
            return rejected.faults.map { "\($0.field)/\($0.rule)" }
        }
    }
}
