public import Contracts

extension Submission {
    /// What was looked up of the things that a submission names.
    public struct Facts: Sendable {
        public let applicant: Applicant
        public let organizations: [OrganizationID: OrganizationState]
        /// The files of the applicant; those of others count as unknown, so that nobody learns what exists.
        public let attachments: [AttachmentID: Attachment]

        public init(
            applicant: Applicant, organizations: [OrganizationID: OrganizationState],
            attachments: [AttachmentID: Attachment]
        ) {
            self.applicant = applicant
            self.organizations = organizations
            self.attachments = attachments
        }
    }

    /// What is known of whoever applies.
    public struct Applicant: Hashable, Sendable {
        public let cell: OrganizationID
        public let state: MembershipState
        /// From activity at the place of residence.
        public let isExemptFromResidenceActivity: Bool
        /// Not introduced to a place of residence at all.
        public let isExemptFromIntroduction: Bool
        /// The temporary stay; absent while there is none.
        public let stay: MemberState.Stay?

        public init(
            cell: OrganizationID, state: MembershipState = .official, isExemptFromResidenceActivity: Bool = false,
            isExemptFromIntroduction: Bool = false, stay: MemberState.Stay? = nil
        ) {
            self.cell = cell
            self.state = state
            self.isExemptFromResidenceActivity = isExemptFromResidenceActivity
            self.isExemptFromIntroduction = isExemptFromIntroduction
            self.stay = stay
        }
    }

    /// What is known of a file.
    public enum Attachment: Hashable, Sendable {
        case free
        /// It belongs to a dossier already.
        case used
    }

    /// A submission with nothing wrong.
    public struct Accepted: Sendable {
        public let entry: ProcedureEntry
        /// The form by the names of its fields.
        public let form: JSONValue
        public let attachments: [AttachmentID]
    }

    /// The submission, if nothing is wrong with it; else everything that is (article 14.1).
    public func accepted(with facts: Facts) throws(RejectedSubmission) -> Accepted {
        var faults = faults
        if let applicants = entry?.applicants, !applicants.contains(facts.applicant.state) {
            faults.add(
                "procedure", "applicant.state",
                "Tình trạng sinh hoạt đảng hiện nay không thuộc đối tượng của thủ tục này.",
                "Members whose membership is in its present state do not submit this procedure.")
        }
        for organization in organizations {
            if let fault = Self.fault(of: organization, facts) { faults.add(fault) }
        }
        if let fault = entry?.form.opinion?.fault(in: form, of: facts.applicant) { faults.add(fault) }
        if let fault = entry?.form.stayChange?.fault(in: form, of: facts.applicant) { faults.add(fault) }
        faults.check(attachments, against: facts.attachments)
        guard let entry, faults.all.isEmpty else { throw RejectedSubmission(faults.all) }
        return Accepted(entry: entry, form: .object(form), attachments: attachments.map(\.id))
    }

    private static func fault(of named: NamedOrganization, _ facts: Facts) -> InvalidValue? {
        let (id, field) = (named.id, named.field)
        guard let organization = facts.organizations[id] else {
            return InvalidValue(
                field: field, rule: "organization.unknown", vietnamese: "Không có tổ chức đảng này.",
                english: "There is no such organisation.")
        }
        if id == facts.applicant.cell {
            return InvalidValue(
                field: field, rule: "organization.own-cell", vietnamese: "Đây là chi bộ đang sinh hoạt.",
                english: "This is the applicant's own cell.")
        }
        if organization.status != .active {
            return InvalidValue(
                field: field, rule: "organization.not-active", vietnamese: "Tổ chức đảng này không còn hoạt động.",
                english: "This organisation does not act any more.")
        }
        if !organization.type.isCell, !named.mayBeOutside || organization.type != .external {
            return InvalidValue(
                field: field, rule: "organization.not-a-cell", vietnamese: "Tổ chức đảng này không phải là chi bộ.",
                english: "This organisation is not a cell.")
        }
        return nil
    }
}
