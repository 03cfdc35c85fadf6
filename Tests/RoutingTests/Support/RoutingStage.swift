import Contracts
import Foundation
import Kafka
import Postgres
import Projections
import ServiceKit
import ServiceTestKit

@testable import Messaging
@testable import Routing
@testable import RoutingDomain

/// Routing under test, with a small made-up tree in its copy of the directory.
struct RoutingStage: Sendable {
    let service: TestService
    let time: ManualTimeSource
    let ids = SequentialIDSource(seed: 11)
    let places: Places
    let officers: [OrganizationID: MemberID]
    /// Who asks to move from cell A1 to cell B1.
    let member: MemberID
    /// Entered the dossier, where a test says so.
    let helper: MemberID

    struct Places: Sendable {
        let province, communeA, baseA, cellA, communeB, baseB, cellB, baseCellB: OrganizationID

        var all: [OrganizationID] { [province, communeA, baseA, cellA, communeB, baseB, cellB, baseCellB] }
        /// The way from cell A1 to cell B1.
        var way: [OrganizationID] { [cellA, baseA, communeA, province, communeB, baseB, cellB] }
    }

    /// Runs a test on a fresh schema.
    static func run(
        settings: [String: String] = [:], _ body: @escaping @Sendable (RoutingStage) async throws -> Void
    ) async throws {
        let time = ManualTimeSource(TestTimes.start)
        try await withTestService(Routing.self, settings: settings, time: time) { service in
            let stage = try await RoutingStage(service: service, time: time)
            service.kit.projectionAges.note("routing.directory", levelAt: time.now)
            try await body(stage)
        }
    }

    private init(service: TestService, time: ManualTimeSource) async throws {
        self.service = service
        self.time = time
        let source = ids
        func id<Kind>() -> Identifier<Kind> { source.next(at: TestTimes.start) }
        places = Places(
            province: id(), communeA: id(), baseA: id(), cellA: id(), communeB: id(), baseB: id(), cellB: id(),
            baseCellB: id())
        officers = Dictionary(uniqueKeysWithValues: places.all.map { ($0, id()) })
        member = id()
        helper = id()
        try await tellTree()
        try await tellPeople()
    }

    var pool: PostgresPool { service.pool }

    /// What the jobs work with.
    func desk() throws -> CaseDesk { try Routing.desk(service.kit) }

    /// Moves the clock, the copy of the directory keeping up with it.
    ///
    /// - Parameter text: a moment in Vietnam, such as `2026-11-25T17:00`.
    func set(_ text: String) throws {
        guard let moment = RFC3339.moment(of: "\(text):00+07:00") else { throw StageFault.unread }
        time.set(moment)
        service.kit.projectionAges.note("routing.directory", levelAt: moment)
    }

    func officer(_ organization: OrganizationID) throws -> MemberID {
        guard let officer = officers[organization] else { throw StageFault.nobody }
        return officer
    }
}

enum StageFault: Error {
    case nobody
    case unread
}

extension RoutingStage {
    private func tellTree() async throws {
        let rows: [(OrganizationID, OrganizationType, OrganizationID?, String)] = [
            (places.province, .provincial, nil, "Đảng bộ tỉnh Mẫu"),
            (places.communeA, .commune, places.province, "Đảng bộ xã Mẫu A"),
            (places.baseA, .baseOrganisation, places.communeA, "Đảng bộ cơ sở A"),
            (places.cellA, .subordinateCell, places.baseA, "Chi bộ A1"),
            (places.communeB, .commune, places.province, "Đảng bộ xã Mẫu B"),
            (places.baseB, .baseOrganisation, places.communeB, "Đảng bộ cơ sở B"),
            (places.cellB, .subordinateCell, places.baseB, "Chi bộ B1"),
            (places.baseCellB, .baseCell, places.communeB, "Chi bộ cơ sở B2"),
        ]
        for (number, (id, type, parent, name)) in rows.enumerated() {
            try await deliver(
                OrganizationState(
                    organizationId: id, code: try OrganizationCode("A35.1\(number)"), name: name, type: type,
                    parentId: parent, status: .active, residential: true, duesRegion: .two, hasSeal: !type.isCell,
                    bankAccounts: []),
                key: id.value)
        }
    }

    private func tellPeople() async throws {
        for (organization, officer) in officers {
            try await tell(officer, "Cán bộ Mẫu \(officer)", cell: places.cellA)
            let isCell = [places.cellA, places.cellB, places.baseCellB].contains(organization)
            try await appoint(officer, isCell ? .cellSecretary : .organisationOfficer, at: organization)
        }
        try await tell(member, "Nguyễn Văn Mẫu 01", cell: places.cellA)
        try await tell(helper, "Trần Thị Mẫu 02", cell: places.cellA)
    }

    /// Directory tells of a member.
    func tell(_ id: MemberID, _ name: String, cell: OrganizationID, state: MembershipState = .official) async throws {
        try await deliver(
            MemberState(
                memberId: id, fullName: name, state: state, cellId: cell, joinedOn: try Day("2015-05-19"),
                recognisedOn: try Day("2016-05-19"),
                channels: .init(consent: .init(email: false, sms: false, push: false))),
            key: id.value)
    }

    /// Directory tells of a role.
    @discardableResult
    func appoint(
        _ officer: MemberID, _ role: RoleName, at organization: OrganizationID, from: String = "2026-01-01",
        to: String? = nil, standingInFor principal: RoleID? = nil
    ) async throws -> RoleState {
        let role = RoleState(
            roleId: ids.next(at: time.now), memberId: officer, organizationId: organization, role: role,
            from: try Day(from), to: try to.map { try Day($0) }, status: .active, substituteForRoleId: principal)
        try await deliver(role, key: role.roleId.value)
        return role
    }

    /// Directory tells that a role has ended.
    func end(_ role: RoleState) async throws {
        try await deliver(
            RoleState(
                roleId: role.roleId, memberId: role.memberId, organizationId: role.organizationId, role: role.role,
                from: role.from, to: role.to, status: .ended, substituteForRoleId: role.substituteForRoleId),
            key: role.roleId.value, sequence: 2)
    }

    /// The role of an organisation's officer.
    func role(of organization: OrganizationID) async throws -> RoleState {
        let held = try await desk().directory.roles(of: officer(organization), at: time.now, in: pool)
        guard let role = held.first(where: { $0.organizationId == organization }) else { throw StageFault.nobody }
        return role
    }

    /// A dossier by which the member asks to move.
    func dossier(
        to destination: OrganizationID?, of applicant: MemberID? = nil, enteredBy: MemberID? = nil, version: Int = 1,
        procedure: ProcedureCode = .officialTransfer
    ) throws -> DossierSubmitted {
        let id: DossierID = ids.next(at: time.now)
        var form: [String: JSONValue] = ["reason": "Chuyển công tác", "decisionDate": "2026-11-02"]
        form["destinationCellId"] = destination.map { .string("\($0)") }
        return DossierSubmitted(
            dossierId: id, code: try DossierCode("A35.11-261120-0007"), procedure: procedure,
            procedureVersion: version, applicantMemberId: applicant ?? member,
            enteredByMemberId: enteredBy ?? applicant ?? member, receivingOrganizationId: places.communeA,
            receivedAt: time.now, acknowledgedAt: time.now,
            deadline: Deadline(at: time.now, calendarVersion: "test", provisional: false), form: .object(form),
            attachments: [])
    }

    /// The member's dossier has arrived, and it is the turn of cell A1.
    func submitted(to destination: OrganizationID? = nil, enteredBy: MemberID? = nil) async throws -> DossierID {
        let dossier = try dossier(to: destination ?? places.cellB, enteredBy: enteredBy)
        try await deliver(dossier, key: dossier.dossierId.value)
        return dossier.dossierId
    }

    /// Gives the service a message of another one.
    func deliver<Payload: EventPayload>(_ payload: Payload, key: UUIDv7, sequence: Int64 = 1) async throws {
        try await service.deliver(payload, key: key, sequence: sequence)
    }
}
