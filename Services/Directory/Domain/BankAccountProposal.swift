public import Contracts
public import Foundation

/// What one person proposes about the accounts that receive an organisation's money, and a second one decides.
public struct BankAccountProposal: Codable, Hashable, Sendable {
    /// What is to become of the accounts.
    public enum Change: Codable, Hashable, Sendable {
        /// This account from its first day on; the one before ends the day before.
        case use(OrganizationState.BankAccount)
        /// None of its own after this day: the money goes to the nearest superior's account.
        case end(lastDay: Day)
    }

    public enum State: String, Codable, Sendable {
        case proposed, approved, refused, withdrawn
    }

    /// What the bank says of number and holder.
    public enum Inquiry: String, Codable, Sendable {
        /// Not answered yet.
        case asked
        /// The bank knows the number under this holder.
        case matches
        /// Under another one.
        case differs
        /// It does not know the number.
        case unknown
        /// No bank is asked: nothing to ask, or no inquiry is configured.
        case notAsked = "not-asked"
    }

    public let id: UUIDv7
    public let organizationId: OrganizationID
    public let change: Change
    public let reason: String
    /// The subject of a token.
    public let proposedBy: String
    public let proposedAt: Date
    public private(set) var inquiry: Inquiry
    public private(set) var state: State = .proposed
    public private(set) var decidedBy: String?
    public private(set) var decidedAt: Date?

    /// A proposal, or everything that is wrong with it.
    ///
    /// - Parameter isVerifiable: whether a bank can be asked.
    public static func proposed(
        _ id: UUIDv7, _ change: Change, for organization: Organization, by subject: String, reason: String,
        isVerifiable: Bool, at now: Date
    ) throws(Faults) -> BankAccountProposal {
        try Faults.check(organization.faults(of: change, today: Day(containing: now)))
        let inquiry: Inquiry =
            switch change {
            case .use: isVerifiable ? .asked : .notAsked
            case .end: .notAsked
            }
        return BankAccountProposal(
            id: id, organizationId: organization.id, change: change, reason: reason, proposedBy: subject,
            proposedAt: now, inquiry: inquiry)
    }

    /// The proposal with the bank's answer.
    ///
    /// - Parameter holder: the name that the bank has for the number; nothing when it does not know the number.
    public func answered(holder: String?) -> BankAccountProposal {
        guard case .use(let account) = change, inquiry == .asked else { return self }
        var next = self
        next.inquiry = holder.map { HolderName.matches($0, account.holderName) ? .matches : .differs } ?? .unknown
        return next
    }

    /// The proposal after a decision, or what is wrong with that. Nobody approves what he proposed.
    public func decided(
        _ state: State, by subject: String, at now: Date
    ) throws(Faults) -> BankAccountProposal {
        guard self.state == .proposed else { throw Faults([Self.decidedBefore]) }
        if state == .approved {
            if subject == proposedBy { throw Faults([Self.secondPerson]) }
            if inquiry != .matches, inquiry != .notAsked { throw Faults([Self.notVerified]) }
        }
        if state == .withdrawn, subject != proposedBy { throw Faults([Self.notHis]) }
        var next = self
        next.state = state
        next.decidedBy = subject
        next.decidedAt = now
        return next
    }

    private static let decidedBefore = InvalidValue(
        field: "decision", rule: "bank-account.decided", vietnamese: "Đề xuất này đã được quyết định.",
        english: "The proposal was decided before.")
    private static let secondPerson = InvalidValue(
        field: "decision", rule: "bank-account.second-person",
        vietnamese: "Người đề xuất không được tự phê duyệt; cần người thứ hai.",
        english: "Whoever proposed it does not approve it: a second person is needed.")
    private static let notHis = InvalidValue(
        field: "decision", rule: "bank-account.withdrawal", vietnamese: "Chỉ người đề xuất mới rút lại được đề xuất.",
        english: "Only who proposed it withdraws it.")
    private static let notVerified = InvalidValue(
        field: "decision", rule: "bank-account.not-verified",
        vietnamese: "Ngân hàng chưa xác nhận số tài khoản và tên chủ tài khoản.",
        english: "The bank has not confirmed number and holder.")
}

extension Organization {
    /// The organisation after an approved change of its accounts, or what is wrong with it today.
    public func changed(_ proposal: BankAccountProposal, today: Day) throws(Faults) -> Organization {
        try Faults.check(faults(of: proposal.change, today: today))
        var next = self
        next.version += 1
        switch proposal.change {
        case .use(let account):
            let isVerified = proposal.inquiry == .matches
            next.bankAccounts = bankAccounts.ending(before: account.from) + [account.verified(isVerified)]
        case .end(let lastDay):
            next.bankAccounts = bankAccounts.ending(before: lastDay.adding(days: 1))
        }
        return next
    }

    fileprivate func faults(of change: BankAccountProposal.Change, today: Day) -> [InvalidValue] {
        var faults = status == .active ? [] : [Self.inactive]
        switch change {
        case .use(let account):
            faults += TextRule.account(account, field: "account")
            // Money has gone where it went: no account is changed for days that are over.
            if account.from < today { faults.append(Self.inPast("account.from")) }
            // One that has not begun gives way; one that is in use since the same day has received money.
            if bankAccounts.contains(where: { $0.from >= account.from && $0.from <= today }) {
                faults.append(Self.laterAccount)
            }
        case .end(let lastDay):
            if lastDay < today { faults.append(Self.inPast("lastDay")) }
            if !bankAccounts.contains(where: { $0.to.map { $0 > lastDay } ?? true }) { faults.append(Self.noAccount) }
        }
        return faults
    }

    private static func inPast(_ field: String) -> InvalidValue {
        InvalidValue(
            field: field, rule: "bank-account.past", vietnamese: "Tài khoản chỉ thay đổi từ hôm nay trở đi.",
            english: "Accounts change from today on.")
    }

    private static let laterAccount = InvalidValue(
        field: "account.from", rule: "bank-account.later",
        vietnamese: "Đã có tài khoản dùng từ chính ngày này.",
        english: "An account is used from this very day already.")
    private static let noAccount = InvalidValue(
        field: "lastDay", rule: "bank-account.none", vietnamese: "Không có tài khoản nào dùng sau ngày này.",
        english: "No account is used after this day.")
}

extension OrganizationState.BankAccount {
    fileprivate func verified(_ isVerified: Bool) -> Self {
        Self(
            bankCode: bankCode, accountNumber: accountNumber, holderName: holderName, verified: isVerified, from: from,
            to: to)
    }
}

/// Names as banks write them: capitals without tones and marks.
enum HolderName {
    static func matches(_ bank: String, _ stated: String) -> Bool {
        let name = plain(bank)
        return !name.isEmpty && name == plain(stated)
    }

    private static func plain(_ name: String) -> [UInt8] {
        // In the decomposed form tones and marks stand by themselves; only đ is a letter of its own.
        name.decomposedStringWithCanonicalMapping.uppercased().replacing("Đ", with: "D").utf8
            .filter { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) }
    }
}
