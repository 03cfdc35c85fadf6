import Contracts
import DuesDomain
import Foundation

/// What the tests of the rules are made of; every name and number is made up.
enum Figures {
    static let ids = SequentialIDSource(seed: 7)
    static let now = Date(timeIntervalSince1970: 1_778_553_015)

    static func month(_ text: String) throws -> DuesMonth { try DuesMonth(text) }
    static func day(_ text: String) throws -> Day { try Day(text) }
    static func organization() -> OrganizationID { ids.next(at: now) }
    static func member() -> MemberID { ids.next(at: now) }

    static func subject(
        _ category: DuesCategory?, base: DuesBase? = nil, region: DuesRegion = .one,
        state: MembershipState = .official, joinedOn: String = "2010-02-03", reliefs: [Relief] = [],
        letterMonth: String? = nil
    ) throws -> AssessmentSubject {
        AssessmentSubject(
            memberId: member(), cellId: organization(), state: state, joinedOn: try day(joinedOn),
            category: category, base: base, region: region, reliefs: reliefs,
            letterMonth: try letterMonth.map { try month($0) })
    }

    static func assess(_ subject: AssessmentSubject, in month: String) throws -> Assessment? {
        let outcome = try DuesPolicyBook.bundled().rules(for: try DuesMonth(month)).assess(subject)
        if case .assessed(let assessment) = outcome { return assessment }
        return nil
    }

    static func salary(_ amount: Int64, of month: String?) throws -> DuesBase {
        DuesBase(source: .socialInsurance, amount: Dong(amount), month: try month.map { try DuesMonth($0) })
    }

    static func line(_ member: MemberID, _ month: String, _ amount: Int64, assessed: Bool = true) throws -> OrderLine {
        OrderLine(
            key: DuesKey(memberId: member, month: try DuesMonth(month)), cellId: organization(),
            amount: Dong(amount), assessmentId: assessed ? ids.next(at: now) : nil)
    }

    static func order(
        _ lines: [OrderLine], state: OrderState = .open, account: PayeeAccount? = nil
    ) throws -> PaymentOrder {
        PaymentOrder(
            orderId: ids.next(at: now), reference: try PaymentReference("DP26050001"), state: state,
            channel: "vnpay", payerMemberId: lines.first?.key.memberId, payeeId: organization(),
            payeeAccount: account, lines: lines,
            total: lines.map(\.amount).sum(), createdAt: now, expiresAt: now.addingTimeInterval(900), version: 1)
    }

    static func callback(
        _ outcome: CallbackOutcome, amount: Int64, transaction: String = "14422574", gateway: String = "vnpay"
    ) -> GatewayCallback {
        GatewayCallback(
            gateway: gateway, reference: "DP-2605-0001", amount: Dong(amount), outcome: outcome,
            transaction: transaction, paidAt: now, code: "00")
    }
}
