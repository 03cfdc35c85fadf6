public import Contracts
public import Foundation

extension ProcedureDefinition {
    /// What an opinion is made of (nhận xét): criteria, each with a grade, and free text.
    public struct OpinionForm: Hashable, Sendable {
        /// The field of the form that names the purpose.
        public let purposeField: String
        public let criteria: [Item]
        /// The grades, the best first.
        public let grades: [Item]

        public init(purposeField: String, criteria: [Item], grades: [Item]) {
            self.purposeField = purposeField
            self.criteria = criteria
            self.grades = grades
        }

        /// A criterion or a grade.
        public struct Item: Hashable, Sendable {
            public let name: String
            public let title: LocalizedText

            public init(name: String, title: LocalizedText) {
                self.name = name
                self.title = title
            }
        }

        /// The purpose that the form names.
        func purpose(in form: JSONValue) -> OpinionPurpose? {
            form[purposeField]?.string.flatMap(OpinionPurpose.init(rawValue:))
        }
    }
}

/// What an opinion of the place of residence is for (regulation 213-QĐ/TW).
public enum OpinionPurpose: String, Codable, Hashable, Sendable, CaseIterable {
    /// The yearly assessment.
    case annual
    /// An appointment or election.
    case cadre
    case reward
    case discipline

    /// The purpose as it is printed.
    var vietnamese: String {
        switch self {
        case .annual: "Đánh giá, xếp loại hằng năm"
        case .cadre: "Công tác cán bộ"
        case .reward: "Khen thưởng"
        case .discipline: "Kỷ luật"
        }
    }
}

/// Why no opinion is asked for.
public enum OpinionExemption: String, Codable, Hashable, Sendable, CaseIterable {
    /// Not introduced to a place of residence at all.
    case introduction = "exempt-from-introduction"
    /// Exempt from activity at the place of residence: no annual opinion.
    case residenceActivity = "exempt-from-residence-activity"
}

extension Applicant {
    /// Why no opinion is asked for; nil when one is.
    func exemption(from purpose: OpinionPurpose) -> OpinionExemption? {
        if exemptFromIntroduction { return .introduction }
        return purpose == .annual && exemptFromResidenceActivity ? .residenceActivity : nil
    }
}

/// An opinion as it was recorded; it never changes.
public struct RecordedOpinion: Codable, Hashable, Sendable {
    public let organizationId: OrganizationID
    public let organizationName: String
    /// Grades by criterion, by their names in the definition.
    public let grades: [String: String]
    public let text: String
    public let signerId: MemberID
    public let signerName: String
    public let signedAt: Date
}

extension RecordedOpinion {
    /// The opinion as it is printed: a line for each criterion, then the free text.
    func printed(by form: ProcedureDefinition.OpinionForm) -> String {
        let lines = form.criteria.compactMap { criterion in
            grades[criterion.name].flatMap { grade in
                form.grades.first { $0.name == grade }.map { "\(criterion.title.vietnamese): \($0.title.vietnamese)" }
            }
        }
        return (lines + [text]).joined(separator: "\n")
    }
}
