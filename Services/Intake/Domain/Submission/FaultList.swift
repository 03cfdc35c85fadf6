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
