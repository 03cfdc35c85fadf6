public import Contracts
public import Foundation

/// A message between the applicant and the bodies that handle his case (trao đổi hai chiều, article 5.4).
public struct CaseMessage: Hashable, Sendable {
    public let id: UUIDv7
    public let author: Officer
    /// The body that speaks; absent when it is the applicant.
    public let organizationId: OrganizationID?
    public let text: String

    /// A message as somebody wrote it; the thread checks its text.
    public init(id: UUIDv7, author: Officer, organizationId: OrganizationID?, text: String) {
        self.id = id
        self.author = author
        self.organizationId = organizationId
        self.text = text
    }
}

/// The thread of messages of a case: open while it is being handled, and nothing in it ever changes.
public enum CaseThread {
    /// Adds a message.
    ///
    /// - Returns: the change of the case, and the message with its text in composed form.
    /// - Throws: `Refusal` when the case is over or the text is empty, too long or not printable.
    public static func post(
        _ message: CaseMessage, to running: RunningCase, at moment: Date
    ) throws(Refusal) -> (change: CaseChange, message: CaseMessage) {
        guard running.finishedAt == nil else { throw .threadClosed }
        guard let text = try BoxText.checked(message.text) else { throw .textMissing }
        var running = running
        running.version += 1
        let event = CaseMessagePosted(
            dossierId: running.dossierId, messageId: message.id, byMemberId: message.author.memberId,
            organizationId: message.organizationId, at: moment)
        return (
            CaseChange(running: running, events: [.messagePosted(event)]),
            CaseMessage(id: message.id, author: message.author, organizationId: message.organizationId, text: text)
        )
    }

    /// For which body an officer speaks: the one he names, else the one whose turn it is, else any on the way of the
    /// case at which he holds a role.
    ///
    /// - Parameter own: where the officer holds a role that handles cases.
    /// - Throws: `Refusal` when he may speak for none, or not for the one he names.
    public static func body(
        named wanted: OrganizationID?, among own: Set<OrganizationID>, in running: RunningCase
    ) throws(Refusal) -> OrganizationID {
        let bodies = own.intersection(CaseEngine.organizations(of: running))
        if let wanted {
            guard bodies.contains(wanted) else { throw .speaksForNobody }
            return wanted
        }
        let acting = [running.turn?.seat?.organizationId, running.turn?.organizationId].compactMap { $0 }
        guard let body = acting.first(where: bodies.contains) ?? bodies.min() else { throw .speaksForNobody }
        return body
    }
}

extension Refusal {
    static let threadClosed = Refusal(
        .conflict, "thread-closed", vietnamese: "Hồ sơ đã kết thúc, không trao đổi thêm được.",
        english: "The case is over; nothing is added to its thread.")
    static let speaksForNobody = Refusal(
        .forbidden, "speaks-for-nobody", vietnamese: "Đồng chí không có vai trò xử lý hồ sơ tại tổ chức đảng này.",
        english: "You hold no role that handles this case at this organisation.")
}
