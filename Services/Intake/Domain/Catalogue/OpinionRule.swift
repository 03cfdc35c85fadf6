import Contracts

/// An opinion of the place of residence that a form asks for (regulation 213-QĐ/TW).
public struct OpinionRule: Codable, Hashable, Sendable {
    /// The name of the field of the purpose; `annual` is the yearly assessment.
    public let purpose: String

    public init(purpose: String) { self.purpose = purpose }

    func check(in form: FormDefinition) throws(InvalidValue) {
        try ProcedureEntry.require(
            form[purpose]?.choices?.contains { $0.value == Self.annual } ?? false, "form.opinion.purpose",
            "definition.opinion", "a choice of the form with the value \(Self.annual)")
    }

    /// Why no opinion is given on the applicant for the purpose of the form; nil when one is.
    func fault(in values: [String: JSONValue], of applicant: Submission.Applicant) -> InvalidValue? {
        if applicant.isExemptFromIntroduction {
            return InvalidValue(
                field: "form.\(purpose)", rule: "opinion.not-introduced",
                vietnamese: "Đảng viên được miễn giới thiệu về nơi cư trú, không lấy ý kiến nhận xét.",
                english: "A member who is not introduced to the place of residence gets no opinion from there.")
        }
        guard applicant.isExemptFromResidenceActivity, values[purpose]?.string == Self.annual else { return nil }
        return InvalidValue(
            field: "form.\(purpose)", rule: "opinion.not-due",
            vietnamese: "Đảng viên được miễn sinh hoạt nơi cư trú, không lấy ý kiến hằng năm.",
            english: "A member exempt from activity at the place of residence gets no annual opinion.")
    }

    private static let annual = "annual"
}
