import Contracts

/// Another last day of a stay that runs: later is an extension, earlier an early return.
public struct StayChangeRule: Codable, Hashable, Sendable {
    /// The name of the field of the new last day.
    public let until: String

    public init(until: String) { self.until = until }

    func check(in form: FormDefinition) throws(InvalidValue) {
        try ProcedureEntry.require(
            form[until]?.kind == .comingDay, "form.stayChange", "definition.stay-change", "a coming day of the form")
    }

    /// What is wrong with the day of a form whose fields were read; nil as well while it is missing.
    func fault(in values: [String: JSONValue], of applicant: Submission.Applicant) -> InvalidValue? {
        guard let day = values[until]?.string.flatMap({ try? Day($0) }) else { return nil }
        let field = "form.\(until)"
        guard let stay = applicant.stay else {
            return InvalidValue(
                field: field, rule: "stay.unknown",
                vietnamese: "Chưa có dữ liệu về nơi đồng chí đang sinh hoạt tạm thời.",
                english: "No temporary stay of the applicant is known.")
        }
        guard day != stay.until else {
            return InvalidValue(
                field: field, rule: "stay.same-day", vietnamese: "Ngày này đã là ngày kết thúc hiện nay.",
                english: "The stay ends on this day already.")
        }
        guard let latest = stay.latest, day > latest else { return nil }
        let written = latest.text.split(separator: "-").reversed().joined(separator: "/")
        return InvalidValue(
            field: field, rule: "stay.too-long",
            vietnamese: "Thời gian sinh hoạt tạm thời không được kéo dài quá ngày \(written).",
            english: "The stay must end by \(latest).")
    }
}
