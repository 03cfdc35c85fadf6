import Contracts
import DirectoryDomain
import Foundation
import Testing

@Suite("Proposals about bank accounts")
struct BankAccountProposalTests {
    private let today = SampleTree.today
    private let now = SampleTree.now

    private func account(from day: Day, holder: String = "DANG BO CO SO MAU") -> OrganizationState.BankAccount {
        OrganizationState.BankAccount(
            bankCode: "MAU", accountNumber: "0000000099", holderName: holder, verified: false, from: day)
    }

    private func proposal(
        _ change: BankAccountProposal.Change, for organization: Organization, isVerifiable: Bool = true
    ) throws -> BankAccountProposal {
        try .proposed(
            SampleTree().ids.next(at: now), change, for: organization, by: "operator:first", reason: "Mở tài khoản",
            isVerifiable: isVerifiable, at: now)
    }

    @Test("proposed, confirmed by the bank, approved by a second person, used from its day on")
    func life() throws {
        let tree = try SampleTree()
        let first = try proposal(.use(account(from: today)), for: tree.baseA).answered(holder: "DANG BO CO SO MAU")
        #expect(first.inquiry == .matches)
        let approved = try first.decided(.approved, by: "operator:second", at: now)
        let base = try tree.baseA.changed(approved, today: today)
        #expect(base.version == 2 && base.bankAccounts.map(\.verified) == [true])
        let next = try proposal(.use(account(from: today.adding(days: 10))), for: base, isVerifiable: false)
            .decided(.approved, by: "operator:second", at: now)
        let later = try base.changed(next, today: today)
        #expect(later.bankAccounts.map(\.to) == [today.adding(days: 9), nil])
        #expect(later.bankAccounts.map(\.verified) == [true, false])
        let end = try proposal(.end(lastDay: today.adding(days: 20)), for: later)
            .decided(.approved, by: "operator:second", at: now)
        #expect(try later.changed(end, today: today).bankAccounts.last?.to == today.adding(days: 20))
    }

    @Test("nobody approves his own proposal, or one that the bank does not confirm")
    func refused() throws {
        let tree = try SampleTree()
        let asked = try proposal(.use(account(from: today)), for: tree.baseA)
        func rules(_ proposal: BankAccountProposal, _ state: BankAccountProposal.State, by subject: String) -> [String]
        {
            brokenRules { _ = try proposal.decided(state, by: subject, at: now) }
        }
        #expect(rules(asked, .approved, by: "operator:second") == ["bank-account.not-verified"])
        #expect(rules(asked.answered(holder: nil), .approved, by: "operator:second") == ["bank-account.not-verified"])
        let other = asked.answered(holder: "CONG TY MAU")
        #expect(
            other.inquiry == .differs && rules(other, .approved, by: "operator:second") == ["bank-account.not-verified"]
        )
        let right = asked.answered(holder: "DANG BO CO SO MAU")
        #expect(rules(right, .approved, by: "operator:first") == ["bank-account.second-person"])
        #expect(rules(right, .withdrawn, by: "operator:second") == ["bank-account.withdrawal"])
        let refused = try right.decided(.refused, by: "operator:second", at: now)
        #expect(rules(refused, .approved, by: "operator:second") == ["bank-account.decided"])
    }

    @Test("accounts change from today on, never under a later one, and only while the organisation acts")
    func days() throws {
        let tree = try SampleTree()
        func rules(_ change: BankAccountProposal.Change, _ organization: Organization) -> [String] {
            brokenRules { _ = try proposal(change, for: organization) }
        }
        #expect(rules(.use(account(from: today.adding(days: -1))), tree.baseA) == ["bank-account.past"])
        #expect(rules(.end(lastDay: today), tree.baseA) == ["bank-account.none"])
        let planned = try tree.baseA.changed(
            proposal(.use(account(from: today.adding(days: 5))), for: tree.baseA), today: today)
        #expect(rules(.use(account(from: today.adding(days: 5))), planned).isEmpty, "it has not begun")
        let begun = try tree.baseA.changed(proposal(.use(account(from: today)), for: tree.baseA), today: today)
        #expect(rules(.use(account(from: today)), begun) == ["bank-account.later"])
        let wrong = OrganizationState.BankAccount(
            bankCode: "mẫu", accountNumber: "", holderName: "", verified: true, from: today)
        #expect(rules(.use(wrong), tree.baseA) == ["name.form", "bank-account.form"])
    }

    @Test("an account that has not begun can be taken back, and never receives anything")
    func takenBack() throws {
        let tree = try SampleTree()
        let planned = try tree.baseA.changed(
            proposal(.use(account(from: today.adding(days: 5))), for: tree.baseA), today: today)
        let none = try planned.changed(proposal(.end(lastDay: today), for: planned), today: today)
        #expect(none.bankAccounts.isEmpty)
        let sooner = try planned.changed(
            proposal(.use(account(from: today.adding(days: 2))), for: planned), today: today)
        #expect(sooner.bankAccounts.map(\.from) == [today.adding(days: 2)])
        let closed = try planned.closed(
            .dissolution(on: today), with: OrganizationContents(), at: tree.path(tree.baseA),
            ids: { tree.ids.next(at: SampleTree.now) })
        #expect(closed.organizations.last?.bankAccounts.isEmpty == true)
    }

    @Test(
        "names are compared as banks write them, without tones and marks",
        arguments: [
            ("DANG BO XA MAU", "Đảng bộ xã Mẫu", BankAccountProposal.Inquiry.matches),
            ("ĐẢNG BỘ XÃ MẪU", "DANG  BO XA MAU", .matches), ("DANG BO XA MAU 2", "Đảng bộ xã Mẫu", .differs),
            ("", "Đảng bộ xã Mẫu", .differs), ("", "—", .differs), ("—", "…", .differs),
        ])
    func names(_ bank: String, _ stated: String, _ outcome: BankAccountProposal.Inquiry) throws {
        let tree = try SampleTree()
        let asked = try proposal(.use(account(from: today, holder: stated)), for: tree.baseA)
        #expect(asked.answered(holder: bank).inquiry == outcome)
    }

    @Test("paper never ends before a procedure runs electronically, and each procedure is activated once")
    func activations() throws {
        let tree = try SampleTree()
        let day = try Day("2026-07-01")
        func rules(_ activations: [OrganizationState.Activation]) -> [String] {
            brokenRules {
                _ = try tree.baseA.changed(
                    OrganizationChange(activations: activations),
                    around: OrganizationSurroundings(above: tree.path(tree.communeA), childTypes: [], memberCount: 0))
            }
        }
        func activation(paperUntil: Day?) -> OrganizationState.Activation {
            OrganizationState.Activation(procedure: .dues, electronicFrom: day, paperUntil: paperUntil)
        }
        #expect(rules([activation(paperUntil: nil)]).isEmpty)
        #expect(rules([activation(paperUntil: day.adding(days: -1))]).isEmpty)
        #expect(rules([activation(paperUntil: day.adding(days: -2))]) == ["activation.gap"])
        #expect(rules([activation(paperUntil: nil), activation(paperUntil: nil)]) == ["activation.twice"])
    }
}
