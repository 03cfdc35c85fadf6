import Contracts
import Foundation
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit

@testable import Signing

/// The people and lines of a receipt.
struct ReceiptFixture: Sendable {
    let request: ReceiptDocumentRequested
    let payer: MemberID
    let other: MemberID

    static let payerName = "Nguyễn Thị Nộp 05"
    static let otherName = "Trần Văn Khác 06"
}

extension SigningStage {
    /// Lets the service know a member of the commune.
    func known(_ id: MemberID? = nil, as name: String) async throws -> MemberID {
        let member: MemberID = id ?? ids.next(at: time.now)
        try await deliver(
            MemberState(
                memberId: member, fullName: name, state: .official, cellId: commune, joinedOn: try Day("2015-05-19"),
                channels: .init(consent: .init(email: false, sms: false, push: false))), key: member.value)
        return member
    }

    /// A receipt of a payment for the payer himself, or for several members.
    func receipt(
        lines count: Int = 1, forOther: Bool = false, channel: String = "vnpay", overpaid: Int64 = 0,
        issuer: OrganizationID? = nil
    ) async throws -> ReceiptFixture {
        let payer = try await known(as: ReceiptFixture.payerName)
        let other = try await known(as: ReceiptFixture.otherName)
        let month = try DuesMonth("2026-10")
        let lines = (0..<count).map { index in
            PaymentLine(
                memberId: forOther || index > 0 ? other : payer, month: month.adding(months: index),
                amount: Dong(15_930))
        }
        return ReceiptFixture(
            request: ReceiptDocumentRequested(
                receiptId: ids.next(at: time.now), attempt: 1, number: "DP-2026-000123",
                issuingOrganizationId: issuer ?? commune, payerMemberId: payer, lines: lines,
                amount: lines.map(\.amount).sum() + Dong(overpaid), overpaid: overpaid > 0 ? Dong(overpaid) : nil,
                channel: channel, reference: .make(month: month), gatewayTransaction: "14422574",
                paidAt: Date(timeIntervalSince1970: 1_795_140_900),
                issuedAt: Date(timeIntervalSince1970: 1_795_140_960), requestedAt: time.now),
            payer: payer, other: other)
    }

    func ask(_ request: ReceiptDocumentRequested, sequence: Int64 = 1) async throws {
        try await deliver(request, key: request.receiptId.value, sequence: sequence)
    }

    /// A receipt that was asked for and sealed.
    func sealed(_ fixture: ReceiptFixture) async throws -> ReceiptDocumentIssued {
        try await ask(fixture.request)
        try await worker.drain()
        guard let issued = try await toldReceipts(ReceiptDocumentIssued.self).last else { throw StageFault.unread }
        return issued
    }

    func toldReceipts<Payload: EventPayload>(_ type: Payload.Type) async throws -> [Payload] {
        try await pool.query("SELECT data FROM outbox WHERE type = \(Payload.type) ORDER BY time, version").map {
            try ContractsJSON.decode(from: $0.get("data", as: [UInt8].self))
        }
    }
}
