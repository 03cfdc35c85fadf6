import Contracts
import DuesDomain
import Testing

@Suite("What an exception leaves in the books")
struct ExceptionBalanceTests {
    private static let payee: OrganizationID = Figures.organization()

    private func balance(_ unexplained: Int64, _ clearing: Int64) -> ExceptionBalance {
        ExceptionBalance(unexplained: Dong(unexplained), clearing: Dong(clearing), payee: Self.payee)
    }

    private func moved(_ postings: [Posting], _ kind: AccountKind) -> Dong {
        Balances(postings)[Account(kind, of: Self.payee)]
    }

    @Test("confirmed money leaves both accounts; what is above is owed back; less is not confirmed")
    func confirmed() throws {
        let more = try #require(balance(16_000, 15_930).confirmed)
        #expect(moved(more, .unexplained) == Dong(-16_000))
        #expect(moved(more, .gatewayClearing) == Dong(-15_930))
        #expect(moved(more, .refunds) == Dong(70))
        #expect(Balances(more).difference == .zero)
        #expect(balance(15_000, 15_930).confirmed == nil)
        #expect(balance(15_930, 0).confirmed == nil)
        #expect(balance(0, 15_930).confirmed == nil)
        #expect(balance(0, 0).confirmed == [])
    }

    @Test(
        "what is written off leaves both accounts empty, and what is kept bears the difference",
        arguments: [
            (16_000, 15_930, 70), (15_000, 15_930, -930), (7_000, 0, 7_000), (0, 15_930, -15_930),
            // A refund of which no line tells.
            (0, -15_930, 15_930),
        ])
    func writtenOff(unexplained: Int64, clearing: Int64, kept: Int64) {
        let postings = balance(unexplained, clearing).writtenOff
        #expect(moved(postings, .unexplained) == Dong(-unexplained))
        #expect(moved(postings, .gatewayClearing) == Dong(-clearing))
        #expect(moved(postings, .retained) == Dong(kept))
        #expect(Balances(postings).difference == .zero)
        let undone = ExceptionBalance.cameAfterAll(Dong(clearing), payee: Self.payee)
        #expect(moved(undone, .gatewayClearing) == Dong(clearing))
        #expect(moved(undone, .retained) == Dong(clearing))
    }

    @Test(
        "a refund that has not gone after all is owed again, and a line that is found to be of a payment is its clearing's"
    )
    func owedAgain() {
        let again = balance(0, -5_000).owedAgain
        #expect(moved(again, .gatewayClearing) == Dong(5_000) && moved(again, .refunds) == Dong(5_000))
        #expect(balance(0, 5_000).owedAgain.isEmpty)
        let found = ExceptionBalance.found(Dong(5_000), payee: Self.payee)
        #expect(moved(found, .gatewayClearing) == Dong(5_000) && moved(found, .unexplained) == Dong(5_000))
        #expect(balance(0, -5_000).confirmed == nil && balance(0, -5_000).surplus == .zero)
    }
}
