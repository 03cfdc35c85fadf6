import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Records
import ServiceKit

/// What a file is, as its sender says it: `?subject=members&mode=full&asOf=…&layout=…`, and its content type.
struct ImportRequest: Sendable {
    let subject: ImportSubject
    let mode: ImportMode
    let layout: RecordLayout
    let form: RecordReader.Form
    let asOf: Date
    /// The month that a pull asks the source for.
    var month: DuesMonth?

    init(
        subject: ImportSubject, mode: ImportMode, layout: RecordLayout, form: RecordReader.Form, asOf: Date,
        month: DuesMonth? = nil
    ) {
        self.month = month
        self.subject = subject
        self.mode = mode
        self.layout = layout
        self.form = form
        self.asOf = asOf
    }

    init(_ request: Request, _ layouts: [ImportSubject: [String: RecordLayout]], now: Date) throws(Problem) {
        guard let subject = try Query.value("subject", request, ImportSubject.init) else {
            throw Query.invalid("subject")
        }
        self.subject = subject
        mode = try Query.value("mode", request, ImportMode.init) ?? subject.modes[0]
        guard subject.modes.contains(mode) else { throw Query.invalid("mode") }
        let name = request.uri.queryParameters.get("layout") ?? subject.usualLayout
        guard let layout = layouts[subject]?[name] else { throw Query.invalid("layout") }
        self.layout = layout
        guard let asOf = try Query.value("asOf", request, { RFC3339.moment(of: $0) }) else {
            throw Query.invalid("asOf")
        }
        guard asOf <= now else { throw Self.inFuture }
        self.asOf = asOf
        form = try Self.form(request.headers[.contentType])
    }

    /// Every import after it would be outdated.
    private static let inFuture = Problem.invalidFields.with(errors: [
        FieldError(
            field: "asOf", rule: "import.as-of-future", vietnamese: "Thời điểm của dữ liệu ở trong tương lai.",
            english: "The moment that the data tells of lies in the future.")
    ])

    /// How the records of a body are written, by its content type.
    static func form(_ contentType: String?) throws(Problem) -> RecordReader.Form {
        switch contentType?.split(separator: ";").first?.trimmingCharacters(in: .whitespaces).lowercased() {
        case "text/csv": return .delimited
        case "application/jsonl", "application/x-ndjson": return .jsonLines
        default: throw .unsupportedMediaType
        }
    }
}
