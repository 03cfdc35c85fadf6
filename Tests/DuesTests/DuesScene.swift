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

/// A service with a small made-up tree: a commune, a base organisation, two cells, and members as the test wants them.
struct DuesScene: Sendable {
    static let secret = "SECRETKEY"
    static let merchant = "DEMO0001"

    let service: TestService
    let parts: DuesParts
    let province: OrganizationID
    let commune: OrganizationID
    let base: OrganizationID
    let cell: OrganizationID
    let otherCell: OrganizationID

    var kit: ServiceContext { service.kit }
    var pool: PostgresPool { service.pool }
    var clock: ManualTimeSource? { kit.time as? ManualTimeSource }

    static func run<R: Sendable>(
        _ settings: [String: String] = [:], client: (any GatewayClient)? = nil,
        _ body: @Sendable (DuesScene) async throws -> R
    ) async throws -> R {
        let own = ["dues.vnpay.merchant": merchant, "dues.vnpay.secret": secret]
        return try await withTestService(Dues.self, settings: own.merging(settings) { _, new in new }) { service in
            let ids = service.kit.ids
            func id() -> OrganizationID { ids.next(at: TestTimes.start) }
            let scene = DuesScene(
                service: service, parts: try DuesParts(service.kit, client: client), province: id(), commune: id(),
                base: id(),
                cell: id(),
                otherCell: id())
            try await scene.plantTree()
            service.kit.projectionAges.note("dues.directory", levelAt: service.kit.time.now)
            return try await body(scene)
        }
    }

    private func plantTree() async throws {
        try await keep(organization(province, "A35", .provincial, under: nil))
        try await keep(organization(commune, "A35.12", .commune, under: province))
        try await keep(organization(base, "A35.12.08", .baseOrganisation, under: commune))
        try await keep(organization(cell, "A35.12.08.01", .subordinateCell, under: base))
        try await keep(organization(otherCell, "A35.12.08.02", .subordinateCell, under: base, region: .four))
    }

    func organization(
        _ id: OrganizationID, _ code: String, _ type: OrganizationType, under parent: OrganizationID?,
        region: DuesRegion = .one, accounts: [OrganizationState.BankAccount] = []
    ) throws -> OrganizationState {
        OrganizationState(
            organizationId: id, code: try OrganizationCode(code), name: "Tổ chức mẫu \(code)", type: type,
            parentId: parent, status: .active, residential: true, duesRegion: region, hasSeal: !type.isCell,
            bankAccounts: accounts)
    }

    func keep(_ state: OrganizationState) async throws {
        try await pool.execute(
            """
            INSERT INTO directory_organizations AS o (id, version, parent_id, type, code, state)
            VALUES (\(state.organizationId), 1, \(state.parentId), \(state.type.rawValue), \(state.code),
                \(PostgresJSON(bytes: try ContractsJSON.encode(state))))
            ON CONFLICT (id) DO UPDATE SET version = o.version + 1, state = excluded.state
            """)
    }

    /// A member as Directory would tell of him; a second time replaces the first.
    @discardableResult
    func member(
        _ category: DuesCategory? = .uninsuredWorkingAge, base: DuesBase? = nil, state: MembershipState = .official,
        joinedOn: String = "2015-05-19", cell: OrganizationID? = nil, id: MemberID? = nil,
        inTransitSince day: String? = nil, figures: [DuesFigure]? = nil
    ) async throws -> MemberID {
        let member: MemberID = id ?? kit.ids.next(at: kit.time.now)
        let value = MemberState(
            memberId: member, fullName: "Nguyễn Văn Mẫu", state: state, cellId: cell ?? self.cell,
            joinedOn: try Day(joinedOn), duesCategory: category, duesBase: base, duesFigures: figures,
            channels: .init(consent: .init(email: false, sms: false, push: false)),
            inTransitSince: try day.map { try Day($0) })
        try await pool.execute(
            """
            INSERT INTO directory_members AS m (id, version, cell_id, state)
            VALUES (\(member), 1, \(value.cellId), \(PostgresJSON(bytes: try ContractsJSON.encode(value))))
            ON CONFLICT (id) DO UPDATE SET version = m.version + 1, cell_id = excluded.cell_id, state = excluded.state
            """)
        return member
    }

    func role(_ role: RoleName, of member: MemberID, at organization: OrganizationID) async throws {
        let id: RoleID = kit.ids.next(at: kit.time.now)
        let state = RoleState(
            roleId: id, memberId: member, organizationId: organization, role: role, from: try Day("2020-01-01"),
            status: .active)
        try await pool.execute(
            """
            INSERT INTO directory_roles (id, version, member_id, organization_id, role, status, valid_from, state)
            VALUES (\(id), 1, \(member), \(organization), \(role.rawValue), 'active', \(state.from),
                \(PostgresJSON(bytes: try ContractsJSON.encode(state))))
            """)
    }

    /// Assesses a month for everybody, as an operator asks for it.
    @discardableResult
    func assess(_ month: String = "2026-11") async throws -> RunShape {
        let started = try await service.call(
            .post, "/v1/assessment-runs", token: try await service.operatorToken(), key: UUID().uuidString,
            json: #"{"month": "\#(month)"}"#)
        #expect(started.status == .accepted, "\(started.text)")
        try await parts.runner.drain()
        let run: RunShape = try started.json()
        let done = try await service.call(
            .get, "/v1/assessment-runs/\(run.runId)", token: try await service.operatorToken())
        return try done.json()
    }

    struct RunShape: Decodable, Sendable {
        let runId: String
        let state: String
        let members: Int
        let assessed: Int
        let changed: Int
    }

    struct OrderShape: Decodable, Sendable {
        struct Payment: Decodable, Sendable {
            let paymentId: String
            let amount: Int64
            let overpaid: Int64
            let receiptNumber: String?
        }

        let orderId: OrderID
        let reference: String
        let state: String
        let total: Int64
        let payeeOrganizationId: OrganizationID
        let paymentUrl: String?
        let paymentPage: String?
        let vietQR: String?
        let vietQRImage: String?
        let payments: [Payment]
    }

    func order(
        _ member: MemberID, _ months: [String] = ["2026-11"], gateway: String = "vnpay"
    ) async throws -> OrderShape {
        let lines = months.map { #"{"memberId": "\#(member)", "month": "\#($0)"}"# }.joined(separator: ",")
        let answer = try await service.call(
            .post, "/v1/payment-orders", token: try await service.token(member: member), key: UUID().uuidString,
            json: #"{"gateway": "\#(gateway)", "lines": [\#(lines)]}"#)
        #expect(answer.status == .created, "\(answer.text)")
        return try answer.json()
    }

    func show(_ order: OrderShape, as member: MemberID) async throws -> OrderShape {
        try await service.call(
            .get, "/v1/payment-orders/\(order.orderId)", token: try await service.token(member: member)
        ).json()
    }
}
