public import Contracts

/// What is wrong with a submission, all of it at once, so that the applicant repairs it in one go (article 14.3).
public struct RejectedSubmission: Error, Hashable, Sendable {
    /// In the order of the form.
    public let faults: [InvalidValue]

    public init(_ faults: [InvalidValue]) { self.faults = faults }
}

/// Collects faults in the order in which they are found.
struct FaultList {
    private(set) var all: [InvalidValue] = []

    mutating func add(_ field: String, _ rule: String, _ vietnamese: String, _ english: String) {
        all.append(InvalidValue(field: field, rule: rule, vietnamese: vietnamese, english: english))
    }

    mutating func add(_ fault: InvalidValue) { all.append(fault) }

    mutating func missing(_ field: String) {
        add(field, "missing", "Thiếu trường này.", "This field is missing.")
    }

    mutating func wrongType(_ field: String, _ vietnamese: String, _ english: String) {
        add(field, "wrong-type", "Trường này phải là \(vietnamese).", "This field must be \(english).")
    }

    mutating func unknown(_ field: String) {
        add(field, "unknown-field", "Biểu mẫu không có trường này.", "The form has no such field.")
    }
}

extension FaultList {
    /// Adds a fault for each file that cannot be used.
    ///
    /// - Parameter known: the files of the applicant.
    mutating func check(
        _ files: [Submission.NamedAttachment], against known: [AttachmentID: Submission.Attachment]
    ) {
        for file in files {
            switch known[file.id] {
            case .free: break
            case .used:
                add(
                    file.field, "attachment.used", "Tệp này đã thuộc một hồ sơ khác.",
                    "This file belongs to another dossier already.")
            case nil: add(file.field, "attachment.unknown", "Không có tệp này.", "There is no such file.")
            }
        }
    }

    /// Adds a fault when a dossier would have more files than the procedure takes.
    mutating func check(numberOfFiles number: Int, atMost most: Int) {
        guard number > most else { return }
        add(
            "attachmentIds", "attachments.too-many", "Hồ sơ có tối đa \(most) tệp đính kèm.",
            "A dossier has \(most) attachments at most.")
    }
}
