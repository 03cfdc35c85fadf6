import Contracts
import DuesDomain
import Foundation
import Logging
import Metrics
import Postgres
import Projections
import ServiceKit

/// Asks gateways for payers' pages, outside of any transaction. The same order is asked for with the same bytes, so that
/// an unknown outcome resolves itself by asking again.
struct PageRequests: Sendable {
    let kit: ServiceContext
    let directory: DirectoryProjection
    let gateways: GatewayRegistry
    let client: any GatewayClient
    let pause: GrowingPause
    /// How long one question may take before another process asks, in seconds.
    let lease: TimeInterval

    /// Asks about everything that is due.
    func drain() async throws {
        while try await step() { try Task.checkCancellation() }
    }

    /// Asks the next one; false when none is due.
    func step() async throws -> Bool {
        guard let due = try await PageRequestRows.takeDue(at: kit.time.now, lease: lease, from: kit.pool) else {
            return false
        }
        guard let order = try await PaymentOrder.find(due.orderId, in: kit.pool), order.state == .open,
            order.expiresAt > kit.time.now, let gateway = gateways[order.channel]
        else {
            try await PageRequestRows.settle(due, .givenUp, in: kit.pool)
            return true
        }
        let request = PaymentRequest(order, payerAddress: due.payerAddress, parties: try await parties(order))
        switch try await ask(gateway, request) {
        case .page(let address): try await PageRequestRows.settle(due, .answered, page: address, in: kit.pool)
        case .refused(let reason):
            tell(order, reason)
            try await PageRequestRows.settle(due, .refused, reason: reason, in: kit.pool)
        case .unusable(let reason):
            tell(order, reason)
            try await PageRequestRows.postpone(
                due, until: kit.time.now + pause.after(due.asked), reason: reason, in: kit.pool)
        }
        return true
    }

    private func ask(_ gateway: any PaymentGateway, _ request: PaymentRequest) async throws -> PageReading {
        guard let call = try gateway.pageCall(for: request) else { return .refused(reason: "cannot-be-asked") }
        do {
            return gateway.page(in: try await client.send(call), for: request)
        } catch let unreachable as GatewayUnreachable {
            return .unusable(reason: unreachable.reason)
        }
    }

    /// Who pays and who receives; nil where the account is not known.
    private func parties(_ order: PaymentOrder) async throws -> PaymentRequest.Parties? {
        guard let account = order.payeeAccount, let payer = order.payerMemberId,
            let member = try await directory.member(payer, in: kit.pool),
            let payee = try await directory.organization(order.payeeId, in: kit.pool)
        else { return nil }
        return PaymentRequest.Parties(
            payerName: member.fullName, payeeCode: payee.code.text, payeeName: payee.name, account: account)
    }

    private func tell(_ order: PaymentOrder, _ reason: String) {
        Counter(
            label: "dues.gateway.calls.failed", dimensions: [("gateway", order.channel), ("question", "page")]
        ).increment()
        kit.logger.warning(
            "a gateway gave no payer's page",
            metadata: ["gateway": "\(order.channel)", "order": "\(order.orderId)", "reason": "\(reason)"])
    }
}
