import Contracts
import DirectoryDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Directory

@Suite("Bank accounts over HTTP")
struct BankAccountAPITests {
    struct Proposal: Decodable {
        var proposalId: String
        var inquiry: String
        var state: String
    }

    /// A bank that knows these numbers, or gives no answer at all.
    struct Bank: AccountInquiry {
        var holders: [String: String]?

        func holder(bankCode: String, accountNumber: String) async throws -> String? {
            guard let holders else { throw InquiryFailed(reason: "unreachable") }
            return holders[accountNumber]
        }
    }

    private func propose(
        _ organization: OrganizationID, _ scene: DirectoryScene, from day: Day, number: String = "0000000099",
        token: String? = nil
    ) async throws -> TestAnswer {
        try await scene.post(
            "/v1/organizations/\(organization)/bank-accounts/proposals",
            #"{"bankCode":"MAU","accountNumber":"\#(number)","holderName":"Đảng bộ Mẫu","from":"\#(day)","reason":"Mở tài khoản"}"#,
            token: token)
    }

    private func decide(
        _ proposal: String, _ organization: OrganizationID, _ decision: String, _ scene: DirectoryScene, token: String
    ) async throws -> TestAnswer {
        try await scene.post(
            "/v1/organizations/\(organization)/bank-accounts/proposals/\(proposal)/decision",
            #"{"decision":"\#(decision)"}"#, token: token)
    }

    @Test("a second person approves, and everybody is told of the account with its first day")
    func approved() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let today = Day(containing: scene.now)
            let answer = try await propose(tree.a.base, scene, from: today)
            let proposal = try answer.json(Proposal.self)
            #expect(answer.status == .created && proposal.inquiry == "not-asked", "\(answer.text)")
            let second = try await propose(tree.a.base, scene, from: today)
            #expect(second.status == .conflict && second.problem == "bank-account-proposal-open")
            let own = try await decide(proposal.proposalId, tree.a.base, "approve", scene, token: scene.operating)
            #expect(own.faults == ["decision": "bank-account.second-person"])
            #expect(try await scene.events(OrganizationState.self, of: tree.a.base.value).count == 1)
            let other = try await scene.service.operatorToken("second")
            let wrongPlace = try await decide(proposal.proposalId, tree.b.base, "approve", scene, token: other)
            #expect(wrongPlace.status == .notFound)
            let approved = try await decide(proposal.proposalId, tree.a.base, "approve", scene, token: other)
            #expect(try approved.json(Proposal.self).state == "approved", "\(approved.text)")
            let told = try await scene.events(OrganizationState.self, of: tree.a.base.value).last?.state.bankAccounts
            #expect(told?.map(\.from) == [today] && told?.map(\.verified) == [false])
            let again = try await decide(proposal.proposalId, tree.a.base, "approve", scene, token: other)
            #expect(again.faults == ["decision": "bank-account.decided"])
        }
    }

    @Test("the bank is asked; without its answer nothing is approved, and a bank that is away is asked again later")
    func inquired() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let kit = scene.service.kit
            // What the service does with an address in its configuration; the routes of the scene have none.
            let id = kit.ids.next(at: kit.time.now)
            let organization = try await kit.pool.transaction { transaction in
                try #require(try await OrganizationStore.read(tree.a.base, in: transaction))
            }
            let account = OrganizationState.BankAccount(
                bankCode: "MAU", accountNumber: "0000000099", holderName: "Đảng bộ Mẫu", verified: false,
                from: Day(containing: kit.time.now).adding(days: 5))
            let asked = try BankAccountProposal.proposed(
                id, .use(account), for: organization, by: "operator:first", reason: "Mở tài khoản", isVerifiable: true,
                at: kit.time.now)
            _ = try await kit.pool.transaction { try await BankAccountProposalStore.insert(asked, in: $0) }
            let other = try await scene.service.operatorToken("second")
            let early = try await decide("\(id)", tree.a.base, "approve", scene, token: other)
            #expect(early.faults == ["decision": "bank-account.not-verified"])
            let away = AccountInquiries(kit: kit, inquiry: Bank(holders: nil), lease: 30)
            #expect(try await away.step())
            #expect(try await away.step() == false, "not again before the pause is over")
            let later = try await scene.later(days: 1)
            let bank = AccountInquiries(kit: kit, inquiry: Bank(holders: ["0000000099": "DANG BO MAU"]), lease: 30)
            try await bank.run()
            let token = try await later.service.operatorToken("second")
            let approved = try await decide("\(id)", tree.a.base, "approve", later, token: token)
            #expect(try approved.json(Proposal.self).inquiry == "matches", "\(approved.text)")
            let told = try await later.events(OrganizationState.self, of: tree.a.base.value).last?.state.bankAccounts
            #expect(told?.map(\.verified) == [true])
        }
    }

    @Test("the office of a committee above handles the money, a cell's secretary does not")
    func authority() async throws {
        try await withDirectory { scene in
            let tree = try await scene.tree()
            let office = try await scene.member("Nguyễn Văn Mẫu 01", in: tree.a.cell)
            let secretary = try await scene.member("Nguyễn Văn Mẫu 02", in: tree.a.cell)
            _ = try await scene.role(.officeOfficer, of: office, at: tree.a.commune)
            _ = try await scene.role(.cellSecretary, of: secretary, at: tree.a.cell)
            let today = Day(containing: scene.now)
            let by = try await scene.service.token(member: office)
            #expect(try await propose(tree.a.base, scene, from: today, token: by).status == .created)
            #expect(try await propose(tree.b.base, scene, from: today, token: by).status == .forbidden)
            let cell = try await propose(
                tree.a.cell, scene, from: today, token: try await scene.service.token(member: secretary))
            #expect(cell.status == .forbidden)
            let admin = try await scene.member("Nguyễn Văn Mẫu 03", in: tree.a.cell)
            _ = try await scene.role(.systemAdmin, of: admin, at: tree.a.commune)
            let founded = try await scene.post(
                "/v1/organizations",
                #"{"code":"A35.11.09","name":"Tổ chức Mẫu","type":"base-organisation","parentId":"\#(tree.a.commune)","bankAccounts":[{"bankCode":"MAU","accountNumber":"1","holderName":"MAU","verified":true,"from":"\#(today)"}]}"#,
                token: try await scene.service.token(member: admin))
            #expect(founded.faults == ["bankAccounts": "bank-account.by-proposal"], "not past the second person")
            let past = try await propose(tree.a.cell, scene, from: today.adding(days: -1), token: by)
            #expect(past.faults == ["account.from": "bank-account.past"])
        }
    }
}
