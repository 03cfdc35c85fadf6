import Contracts
import Foundation
import HTTPTypes
import Kafka
import Postgres
import ServiceKit
import ServiceTestKit

@testable import Intake
@testable import Messaging

enum StageFault: Error {
    case unread
}

/// Intake under test, with a small made-up tree in its copy of the directory.
struct IntakeStage: Sendable {
    let service: TestService
    let time: ManualTimeSource
    let ids = SequentialIDSource(seed: 23)
    let commune, base, cell, otherCell: OrganizationID
    let member, neighbour, officer: MemberID

    /// Runs a test on a fresh schema.
    static func run(
        settings: [String: String] = [:], _ body: @escaping @Sendable (IntakeStage) async throws -> Void
    ) async throws {
        let time = ManualTimeSource(TestTimes.start)
        try await withTestService(Intake.self, settings: settings, time: time) { service in
            try await body(IntakeStage(service: service, time: time))
        }
    }

    private init(service: TestService, time: ManualTimeSource) async throws {
        self.service = service
        self.time = time
        let source = ids
        func id<Kind>() -> Identifier<Kind> { source.next(at: TestTimes.start) }
        (commune, base, cell, otherCell) = (id(), id(), id(), id())
        (member, neighbour, officer) = (id(), id(), id())
        try await tell(commune, "A35.12.08", "Đảng bộ xã Mẫu A", .commune, below: nil)
        try await tell(base, "A35.12.08.01", "Đảng bộ cơ sở Mẫu", .baseOrganisation, below: commune)
        try await tell(cell, "A35.12.08.01.01", "Chi bộ Mẫu 1", .subordinateCell, below: base)
        try await tell(otherCell, "A35.12.08.01.02", "Chi bộ Mẫu 2", .subordinateCell, below: base)
        for (id, name) in [(member, "Nguyễn Văn Mẫu 01"), (neighbour, "Trần Thị Mẫu 02"), (officer, "Lê Văn Mẫu 03")] {
            try await tell(id, name, in: cell)
        }
        let role: RoleID = ids.next(at: time.now)
        try await deliver(
            RoleState(
                roleId: role, memberId: officer, organizationId: commune, role: .organisationOfficer,
                from: try Day("2026-01-01"), status: .active), key: role.value)
        noteRoles()
    }

    /// The copy of the roles is level with Directory now.
    func noteRoles() { service.kit.projectionAges.note("intake.directory", levelAt: time.now) }

    var pool: PostgresPool { service.pool }

    func count(_ table: String) async throws -> Int64 {
        try await pool.queryOne("SELECT count(*) AS n FROM \(identifier: table)").get("n")
    }

    /// Directory tells of an organisation.
    func tell(
        _ id: OrganizationID, _ code: String, _ name: String, _ type: OrganizationType, below parent: OrganizationID?
    ) async throws {
        try await deliver(
            OrganizationState(
                organizationId: id, code: try OrganizationCode(code), name: name, type: type, parentId: parent,
                status: .active, residential: true, duesRegion: .two, hasSeal: !type.isCell, bankAccounts: []),
            key: id.value)
    }

    /// Directory tells of a member.
    func tell(_ id: MemberID, _ name: String, in cell: OrganizationID, state: MembershipState = .official) async throws
    {
        try await deliver(
            MemberState(
                memberId: id, fullName: name, state: state, cellId: cell, joinedOn: try Day("2015-05-19"),
                channels: .init(consent: .init(email: false, sms: false, push: false))),
            key: id.value)
    }

    /// Gives the service a message of another one.
    func deliver<Payload: EventPayload>(_ payload: Payload, key: UUIDv7, sequence: Int64 = 1) async throws {
        try await service.deliver(payload, key: key, sequence: sequence)
    }
}

extension IntakeStage {
    /// A file with the first bytes of a PDF.
    static let pdf = Array("%PDF-1.7\nmẫu".utf8)

    /// Uploads a file.
    func upload(
        _ contents: [UInt8] = pdf, type: String? = "application/pdf", name: String? = "b%E1%BA%A3n.pdf",
        by member: MemberID? = nil, key: String? = nil
    ) async throws -> TestAnswer {
        var headers: HTTPFields = [:]
        headers[.contentType] = type
        headers[.fileName] = name
        return try await service.call(
            .post, "/v1/attachments", token: service.token(member: member ?? self.member), key: key ?? freshKey(),
            headers: headers, body: contents)
    }

    /// Uploads a file that must be taken in, and returns its id.
    func file(by member: MemberID? = nil) async throws -> AttachmentID {
        struct Shape: Decodable { let attachmentId: AttachmentID }
        return try await upload(by: member).json(Shape.self).attachmentId
    }

    /// An attachment as a member reads it.
    func read(_ id: AttachmentID, by member: MemberID? = nil) async throws -> TestAnswer {
        try await service.call(.get, "/v1/attachments/\(id)", token: service.token(member: member ?? self.member))
    }

    func freshKey() -> String { "key-\(ids.next(at: time.now))" }

    /// A complete submission with two fresh files, or with fields changed.
    func body(form changes: [String: JSONValue?] = [:]) async throws -> String {
        var form: [String: JSONValue] = [
            "destinationCellId": .string("\(otherCell)"), "reason": "Chuyển công tác", "decisionDate": "2026-11-02",
            "selfReviewAttachmentId": .string("\(try await file())"),
            "decisionAttachmentId": .string("\(try await file())"),
        ]
        for (name, value) in changes { form[name] = value }
        let ids = ["selfReviewAttachmentId", "decisionAttachmentId"].compactMap { form[$0] }
        let body: JSONValue = [
            "procedure": "official-transfer", "form": .object(form), "attachmentIds": .array(ids),
            "declaredUnclassified": true,
        ]
        return String(decoding: try ContractsJSON.encode(body), as: UTF8.self)
    }

    /// Submits a dossier.
    func submit(_ json: String, by member: MemberID? = nil, key: String? = nil) async throws -> TestAnswer {
        try await service.call(
            .post, "/v1/dossiers", token: service.token(member: member ?? self.member), key: key ?? freshKey(),
            json: json)
    }

    /// Submits a dossier that must be accepted.
    func submitted() async throws -> Acknowledged {
        let answer = try await submit(body())
        guard answer.status == .created else { throw StageFault.unread }
        return try answer.json()
    }

    /// The dossier as a member sees it.
    func see(_ id: DossierID, by member: MemberID? = nil) async throws -> TestAnswer {
        try await service.call(.get, "/v1/dossiers/\(id)", token: service.token(member: member ?? self.member))
    }
}

/// The parts of an acknowledgement that tests look at.
struct Acknowledged: Decodable {
    let dossierId: DossierID
    let code: DossierCode
    let status: String
    let receivedAt: Date
    let acknowledgedAt: Date
    let deadline: Deadline
}

/// The parts of a dossier that tests look at.
struct SeenDossier: Decodable {
    struct Place: Decodable {
        let name: String?
    }
    struct Entry: Decodable {
        let event: String
        let organization: Place?
    }
    struct Attachment: Decodable {
        let name: String
        let sha256: ContentDigest
    }
    struct Step: Decodable {
        let step: String
        let organization: Place
    }
    struct Result: Decodable {
        struct Links: Decodable {
            let document: String
        }
        let resultCode: String
        let links: Links
    }
    let status: String
    let statusText: LocalizedText
    let receivingOrganization: Place
    let form: JSONValue
    let attachments: [Attachment]
    let currentStep: Step?
    let timeline: [Entry]
    let results: [Result]
}
