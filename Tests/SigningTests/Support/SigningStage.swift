import Contracts
import Foundation
import HTTPTypes
import Kafka
import Postgres
import ServiceKit
import ServiceTestKit
import SigningDomain
import TestPKI

@testable import Messaging
@testable import Signing

enum StageFault: Error {
    case unread
    case noWorker
}

/// Signing under test, with a made-up issuing body in its copy of the directory and the seal of the demonstration PKI.
///
/// The clock is the system's, cut off at the start: certificates made for the test are valid from now on.
struct SigningStage: Sendable {
    let service: TestService
    let time: ManualTimeSource
    let ids = SequentialIDSource(seed: 31)
    let province, commune: OrganizationID
    let member, officer, stranger: MemberID

    /// The settings of a seal in a key file.
    static func keyFile(_ name: String = "seal") async throws -> [String: String] {
        let pki = try await DemonstrationPKI.shared()
        return [
            "signing.provider": "pkcs12", "signing.pkcs12.path": pki.path("\(name).p12"),
            "signing.pkcs12.passphrase": pki.passphrase, "signing.publicUrl": "https://hoso.example/",
        ]
    }

    /// The settings of a seal in a token.
    static func token() async throws -> [String: String] {
        let pki = try await DemonstrationPKI.shared()
        return [
            "signing.provider": "pkcs11", "signing.pkcs11.module": pki.module, "signing.pkcs11.token": pki.token,
            "signing.pkcs11.label": pki.sealLabel, "signing.pkcs11.pin": pki.pin,
            "signing.pkcs11.chain": pki.path("chain.pem"), "signing.trust.publicRoots": pki.path("root.pem"),
            "signing.trust.revocationLists": "\(pki.path("root.crl")),\(pki.path("issuing.crl"))",
        ]
    }

    /// Runs a test on a fresh schema.
    static func run(
        settings: [String: String]? = nil, _ body: @escaping @Sendable (SigningStage) async throws -> Void
    ) async throws {
        // The certificates first: they are valid from the moment they are made.
        let settings = if let settings { settings } else { try await keyFile() }
        let time = ManualTimeSource(SystemTimeSource().now)
        try await withTestService(Signing.self, settings: settings, time: time) { service in
            try await body(SigningStage(service: service, time: time))
        }
    }

    private init(service: TestService, time: ManualTimeSource) async throws {
        self.service = service
        self.time = time
        let source = ids
        func id<Kind>() -> Identifier<Kind> { source.next(at: TestTimes.start) }
        (province, commune) = (id(), id())
        (member, officer, stranger) = (id(), id(), id())
        try await tell(province, "A35", "Đảng bộ tỉnh Mẫu", .provincial, below: nil)
        try await tell(commune, "A35.12.08", "Đảng bộ xã Mẫu", .commune, below: province)
        let role: RoleID = ids.next(at: time.now)
        try await deliver(
            RoleState(
                roleId: role, memberId: officer, organizationId: commune, role: .organisationOfficer,
                from: try Day("2020-01-01"), status: .active), key: role.value)
        noteRoles()
    }

    /// The copy of the roles is level with Directory now.
    func noteRoles() { service.kit.projectionAges.note("signing.directory", levelAt: time.now) }

    var pool: PostgresPool { service.pool }

    /// The service's worker.
    var worker: SigningWorker {
        get throws {
            guard let worker = service.parts.background.lazy.compactMap({ $0 as? SigningWorker }).first else {
                throw StageFault.noWorker
            }
            return worker
        }
    }

    func count(_ table: String) async throws -> Int64 {
        try await pool.queryOne("SELECT count(*) AS n FROM \(identifier: table)").get("n")
    }

    private func tell(
        _ id: OrganizationID, _ code: String, _ name: String, _ type: OrganizationType, below parent: OrganizationID?
    ) async throws {
        try await deliver(
            OrganizationState(
                organizationId: id, code: try OrganizationCode(code), name: name, type: type, parentId: parent,
                status: .active, residential: true, duesRegion: .two, hasSeal: true, bankAccounts: []),
            key: id.value)
    }

    /// Gives the service a message of another one.
    func deliver<Payload: EventPayload>(_ payload: Payload, key: UUIDv7, sequence: Int64 = 1) async throws {
        try await service.deliver(payload, key: key, sequence: sequence)
    }
}

extension SigningStage {
    /// A request for the letter of a transfer.
    func request(
        dossier: DossierID? = nil, number: Int = 7, type: String = "GGT", version: Int = 1,
        issuer: OrganizationID? = nil, requester: OrganizationID? = nil,
        text: String = "Giới thiệu đồng chí Nguyễn Văn Mẫu 01 đến sinh hoạt đảng."
    ) throws -> CaseResultRequested {
        CaseResultRequested(
            dossierId: dossier ?? ids.next(at: time.now),
            dossierCode: try DossierCode(
                organization: OrganizationCode("A35.12.08"), receivedOn: Day("2026-11-20"), number: number),
            documentType: type, version: version, memberId: member, issuingOrganizationId: issuer ?? commune,
            requestedAt: time.now,
            content: .init(
                title: "Giấy giới thiệu sinh hoạt đảng",
                boxes: (1...3).map { box in
                    .init(
                        number: box, organizationName: "Chi bộ Mẫu \(box)", text: text,
                        signerName: "Cán bộ Mẫu 0\(box)", signedAt: time.now)
                },
                fields: [
                    "memberName": "Nguyễn Văn Mẫu 01", "joinedOn": "19/05/2015", "toOrganization": "Chi bộ Mẫu 9",
                    "duesPaidThrough": "11/2026", "fromOrganization": "Chi bộ Mẫu 1", "purpose": "Công tác cán bộ",
                    "duesMonth": "10/2026", "stayFrom": "01/12/2026", "stayUntil": "31/05/2027",
                ]), requestedByOrganizationId: requester)
    }

    /// Routing asks for a result.
    @discardableResult
    func asked(_ request: CaseResultRequested, sequence: Int64 = 1) async throws -> CaseResultRequested {
        try await deliver(request, key: request.dossierId.value, sequence: sequence)
        return request
    }

    /// The events told of a dossier.
    func told<Payload: EventPayload>(_ type: Payload.Type, of dossier: DossierID) async throws -> [Payload] {
        try await pool.query(
            "SELECT data FROM outbox WHERE key = \(dossier) AND type = \(Payload.type) ORDER BY version"
        ).map { try ContractsJSON.decode(from: $0.get("data", as: [UInt8].self)) }
    }

    /// A result that was asked for and issued.
    func issued() async throws -> ResultIssued {
        let request = try await asked(request())
        try await worker.drain()
        guard let result = try await told(ResultIssued.self, of: request.dossierId).first else {
            throw StageFault.unread
        }
        return result
    }

    func get(_ path: String, by member: MemberID? = nil, accept: String? = nil) async throws -> TestAnswer {
        var headers: HTTPFields = [:]
        headers[.accept] = accept
        var token: String?
        if let member { token = try await service.token(member: member) }
        return try await service.call(.get, path, token: token, headers: headers)
    }

    /// The state and the reason of the only job.
    func job() async throws -> (state: String, attempts: Int, reason: String?) {
        let row = try await pool.queryOne("SELECT state, attempts, reason FROM jobs")
        return (try row.get("state"), try row.get("attempts"), try row.get("reason"))
    }
}
