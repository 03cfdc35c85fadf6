import Contracts
import DuesDomain
import Foundation
import HTTPTypes
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Dues

/// What tests of remittances do with a scene.
extension DuesScene {
    struct RemittanceShape: Decodable, Sendable {
        let remittanceId: RemittanceID
        let organizationId: OrganizationID
        let month: String
        let own: Int64
        let received: Int64
        let carriedIn: Int64
        let kept: Int64
        let passed: Int64
        let carriedOut: Int64
        let state: String
        let dueOn: String
        let holderId: OrganizationID
    }

    /// The clock at ten in the morning of the day; the copy of the directory is level then.
    func morning(of day: String) throws {
        clock?.set(try Day(day).moment(minutes: 600))
        kit.projectionAges.note("dues.directory", levelAt: kit.time.now)
    }

    /// Closes what is due on the day.
    func close(on day: String) async throws {
        try morning(of: day)
        try await parts.remittances.drain()
    }

    /// A member pays a month's dues; what he paid.
    @discardableResult
    func paid(cell: OrganizationID? = nil, _ month: String = "2026-11", transaction: String = "1") async throws -> Int64
    {
        let member = try await member(cell: cell)
        try await assess(month)
        let order = try await order(member, [month])
        #expect(try await pay(order, transaction: transaction) == "00")
        return order.total
    }

    /// Somebody who handles the money of an organisation.
    func treasurer(of organization: OrganizationID, _ name: RoleName = .officeOfficer) async throws -> MemberID {
        let officer = try await member()
        try await role(name, of: officer, at: organization)
        return officer
    }

    func remittances(of organization: OrganizationID) async throws -> [RemittanceShape] {
        struct Page: Decodable {
            let items: [RemittanceShape]
        }
        let answer = try await service.call(
            .get, "/v1/organizations/\(organization)/remittances", token: try await service.operatorToken())
        #expect(answer.status == .ok, "\(answer.text)")
        return try answer.json(Page.self).items
    }

    func remittance(of organization: OrganizationID) async throws -> RemittanceShape {
        try #require(try await remittances(of: organization).first)
    }

    func step(
        _ what: String, _ remittance: RemittanceShape, _ json: String, by officer: MemberID
    ) async throws -> TestAnswer {
        try await service.call(
            .post, "/v1/remittances/\(remittance.remittanceId)/\(what)",
            token: try await service.token(member: officer),
            key: UUID().uuidString, json: json)
    }

    /// What stands in the books of an organisation and was not divided.
    func undivided(_ owner: OrganizationID) async throws -> Int {
        try await count(
            """
            SELECT coalesce(sum(CASE WHEN credit = 'assessed-dues' AND credit_owner = \(owner) THEN amount ELSE 0 END
                - CASE WHEN debit = 'assessed-dues' AND debit_owner = \(owner) THEN amount ELSE 0 END), 0)::bigint
            FROM ledger_postings
            """)
    }

    /// A posting as corrections write it.
    func post(
        debit: AccountKind, credit: AccountKind, of owner: OrganizationID, _ amount: Int64, at moment: Date
    ) async throws {
        try await pool.execute(
            """
            INSERT INTO ledger_postings (posting_id, posted_at, cause, debit, debit_owner, credit, credit_owner, amount)
            VALUES (uuid_v7(\(moment)), \(moment), 'payment', \(debit.rawValue), \(owner), \(credit.rawValue),
                \(owner), \(amount))
            """)
    }
}
