public import Contracts

extension Submission {
    /// What was looked up of the things that a submission names.
    public struct Facts: Sendable {
        /// The cell of the applicant.
        public let applicantCell: OrganizationID
        public let organizations: [OrganizationID: OrganizationState]
        /// The files of the applicant; those of others count as unknown, so that nobody learns what exists.
        public let attachments: [AttachmentID: Attachment]

        public init(
            applicantCell: OrganizationID, organizations: [OrganizationID: OrganizationState],
            attachments: [AttachmentID: Attachment]
        ) {
            self.applicantCell = applicantCell
            self.organizations = organizations
            self.attachments = attachments
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
        for field in entry?.form.fields ?? [] {
            guard let id = organizations[field.name] else { continue }
            if let fault = Self.fault(of: id, "form.\(field.name)", facts) { faults.add(fault) }
        }
        for attachment in attachments {
            switch facts.attachments[attachment.id] {
            case .free: break
            case .used:
                faults.add(
                    attachment.field, "attachment.used", "Tệp này đã thuộc một hồ sơ khác.",
                    "This file belongs to another dossier already.")
            case nil:
                faults.add(
                    attachment.field, "attachment.unknown", "Không có tệp này.", "There is no such file.")
            }
        }
        guard let entry, faults.all.isEmpty else { throw RejectedSubmission(faults.all) }
        return Accepted(entry: entry, form: .object(form), attachments: attachments.map(\.id))
    }

    private static func fault(of id: OrganizationID, _ field: String, _ facts: Facts) -> InvalidValue? {
        guard let organization = facts.organizations[id] else {
            return InvalidValue(
                field: field, rule: "organization.unknown", vietnamese: "Không có tổ chức đảng này.",
                english: "There is no such organisation.")
        }
        if id == facts.applicantCell {
            return InvalidValue(
                field: field, rule: "organization.own-cell", vietnamese: "Đây là chi bộ đang sinh hoạt.",
                english: "This is the applicant's own cell.")
        }
        if organization.status != .active {
            return InvalidValue(
                field: field, rule: "organization.not-active", vietnamese: "Tổ chức đảng này không còn hoạt động.",
                english: "This organisation does not act any more.")
        }
        if !organization.type.isCell {
            return InvalidValue(
                field: field, rule: "organization.not-a-cell", vietnamese: "Tổ chức đảng này không phải là chi bộ.",
                english: "This organisation is not a cell.")
        }
        return nil
    }
}
