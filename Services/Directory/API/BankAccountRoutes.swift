import Contracts
import DirectoryDomain
import Foundation
import Hummingbird
import Postgres
import ServiceKit

/// `/v1/organizations/{id}/bank-accounts/proposals`: one person proposes, the bank is asked, a second person decides.
extension DirectoryDesk {
    func addBankAccounts(to router: Router<HosoRequestContext>) {
        let proposals = "/v1/organizations/:id/bank-accounts/proposals"
        router.post(.init(proposals)) { request, context in
            let id = try id(context, as: OrganizationID.self)
            return try await kit.idempotent(request, context, as: BankAccountBody.self) { body, transaction in
                let visitor = try await visitor(context, in: transaction)
                let organization = try await held(id, for: visitor, in: transaction)
                let proposal = try checked { () throws(Faults) in
                    try BankAccountProposal.proposed(
                        kit.ids.next(at: kit.time.now), body.change, for: organization, by: visitor.subject,
                        reason: body.reason.text, isVerifiable: isVerifiable, at: kit.time.now)
                }
                guard try await BankAccountProposalStore.insert(proposal, in: transaction) else {
                    throw Problem.proposalOpen
                }
                try await record("bank-account.proposed", proposal, by: visitor, in: transaction)
                return try .json(.created, BankAccountProposalView(proposal))
            }
        }
        router.get(.init(proposals)) { request, context in
            let id = try id(context, as: OrganizationID.self)
            let page = try PageRequest(request)
            let authority = try await visitor(context, in: kit.pool).authority
            guard let path = try await OrganizationStore.path(from: id, in: kit.pool) else { throw Problem.notFound }
            guard authority.handlesMoney(at: path) else { throw Problem.outsideAuthority }
            let found = try await BankAccountProposalStore.page(of: id, page, in: kit.pool)
            return try Reply.json(.ok, PageView(found, page, id: \.id, item: BankAccountProposalView.init))
        }
        router.post(.init(proposals + "/:proposal/decision")) { request, context in
            let id = try id(context, as: OrganizationID.self)
            guard let proposal = context.parameters.get("proposal").flatMap(UUIDv7.init) else { throw Problem.notFound }
            return try await kit.idempotent(request, context, as: BankAccountDecision.self) { body, transaction in
                try await decide(proposal, of: id, body, context, in: transaction)
            }
        }
    }

    /// The organisation, locked, for somebody who handles its money.
    private func held(
        _ id: OrganizationID, for visitor: Visitor, in transaction: PostgresTransaction
    ) async throws -> Organization {
        guard let organization = try await OrganizationStore.read(id, lock: .update, in: transaction) else {
            throw Problem.notFound
        }
        guard visitor.authority.handlesMoney(at: try await OrganizationStore.path(from: id, in: transaction)) else {
            throw Problem.outsideAuthority
        }
        return organization
    }

    private func decide(
        _ id: UUIDv7, of organizationId: OrganizationID, _ body: BankAccountDecision, _ context: HosoRequestContext,
        in transaction: PostgresTransaction
    ) async throws -> Reply {
        let visitor = try await visitor(context, in: transaction)
        let organization = try await held(organizationId, for: visitor, in: transaction)
        guard let old = try await BankAccountProposalStore.read(id, lock: .update, in: transaction),
            old.organizationId == organizationId
        else { throw Problem.notFound }
        let proposal = try checked { () throws(Faults) in
            try old.decided(body.decision.state, by: visitor.subject, at: kit.time.now)
        }
        if proposal.state == .approved {
            let next = try checked { () throws(Faults) in try organization.changed(proposal, today: today) }
            try await register(transaction, author: visitor.subject, reason: proposal.reason).change(next)
        }
        try await BankAccountProposalStore.update(proposal, in: transaction)
        try await record("bank-account.\(proposal.state.rawValue)", proposal, by: visitor, in: transaction)
        return try .json(.ok, BankAccountProposalView(proposal))
    }

    private func record(
        _ action: String, _ proposal: BankAccountProposal, by visitor: Visitor, in transaction: PostgresTransaction
    ) async throws {
        struct Details: Encodable {
            let proposalId: UUIDv7
            let reason: String
        }
        try await kit.audit.record(
            action, subject: "\(proposal.organizationId)", actor: visitor.subject,
            details: Details(proposalId: proposal.id, reason: proposal.reason), in: transaction)
    }
}

extension Problem {
    static let proposalOpen = Problem(
        .conflict, id: "bank-account-proposal-open", vietnamese: "Đã có đề xuất về tài khoản đang chờ phê duyệt",
        english: "A proposal about the account waits for its decision")
}

/// The body of a proposal: an account with its first day, or the last day of the present one.
struct BankAccountBody: Decodable, Sendable {
    let change: BankAccountProposal.Change
    let reason: Reason

    private enum Key: CodingKey { case bankCode, accountNumber, holderName, from, lastDay, reason }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        if let lastDay = try fields.decodeIfPresent(Day.self, forKey: .lastDay) {
            guard !fields.contains(.accountNumber) else {
                throw InvalidValue(
                    field: "lastDay", rule: "bank-account.either",
                    vietnamese: "Chỉ nêu tài khoản mới hoặc ngày cuối của tài khoản hiện tại, không nêu cả hai.",
                    english: "Either a new account or the last day of the present one, not both.")
            }
            change = .end(lastDay: lastDay)
        } else {
            change = .use(
                OrganizationState.BankAccount(
                    bankCode: try fields.decode(String.self, forKey: .bankCode),
                    accountNumber: try fields.decode(String.self, forKey: .accountNumber),
                    holderName: try fields.decode(String.self, forKey: .holderName), verified: false,
                    from: try fields.decode(Day.self, forKey: .from)))
        }
        reason = try fields.decode(Reason.self, forKey: .reason)
    }
}

/// The body of a decision about a proposal.
struct BankAccountDecision: Decodable, Sendable {
    enum Word: String, Decodable, Sendable {
        case approve, refuse, withdraw

        var state: BankAccountProposal.State {
            switch self {
            case .approve: .approved
            case .refuse: .refused
            case .withdraw: .withdrawn
            }
        }
    }

    let decision: Word
}

/// A proposal as those see it who handle the organisation's money.
struct BankAccountProposalView: Encodable {
    let proposalId: UUIDv7
    let organizationId: OrganizationID
    let account: OrganizationState.BankAccount?
    let lastDay: Day?
    let reason: String
    let proposedBy: String
    let proposedAt: Date
    let inquiry: BankAccountProposal.Inquiry
    let state: BankAccountProposal.State
    let decidedBy: String?
    let decidedAt: Date?

    init(_ proposal: BankAccountProposal) {
        proposalId = proposal.id
        organizationId = proposal.organizationId
        switch proposal.change {
        case .use(let account): (self.account, lastDay) = (account, nil)
        case .end(let lastDay): (account, self.lastDay) = (nil, lastDay)
        }
        reason = proposal.reason
        proposedBy = proposal.proposedBy
        proposedAt = proposal.proposedAt
        inquiry = proposal.inquiry
        state = proposal.state
        decidedBy = proposal.decidedBy
        decidedAt = proposal.decidedAt
    }
}
