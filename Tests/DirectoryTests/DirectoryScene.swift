import Contracts
import Foundation
import HTTPTypes
import Kafka
import Messaging
import Postgres
import ServiceKit
import ServiceTestKit
import Testing

@testable import Directory
@testable import Messaging

/// Directory on a fresh schema, with a small made-up tree entered over HTTP.
struct DirectoryScene: Sendable {
    let service: TestService
    let operating: String
    let ids = SequentialIDSource(seed: 77)

    var now: Date { service.kit.time.now }

    /// The same so many days later, signed in anew.
    func later(days: Int) async throws -> DirectoryScene {
        let time = try #require(service.kit.time as? ManualTimeSource)
        time.advance(by: TimeInterval(days) * 86_400)
        return DirectoryScene(service: service, operating: try await service.operatorToken())
    }

    /// What a created thing answers.
    struct Created: Decodable {
        var organizationId: OrganizationID?
        var memberId: MemberID?
        var roleId: RoleID?
        var version: Int64
    }

    func post(_ uri: String, _ json: String, token: String? = nil, key: String = UUID().uuidString) async throws
        -> TestAnswer
    {
        try await service.call(.post, uri, token: token ?? operating, key: key, json: json)
    }

    func organization(
        _ code: String, _ type: OrganizationType, under parent: OrganizationID? = nil, more: String = ""
    ) async throws -> OrganizationID {
        let place = parent.map { #","parentId":"\#($0)""# } ?? #","duesRegion":"II""#
        let answer = try await post(
            "/v1/organizations",
            #"{"code":"\#(code)","name":"Tổ chức Mẫu \#(code)","type":"\#(type.rawValue)","residential":true\#(place)\#(more)}"#
        )
        #expect(answer.status == .created, "\(answer.text)")
        return try #require(try answer.json(Created.self).organizationId)
    }

    func member(_ name: String, in cell: OrganizationID, more: String = "") async throws -> MemberID {
        let answer = try await post("/v1/members", newMember(name, in: cell, more: more))
        #expect(answer.status == .created, "\(answer.text)")
        return try #require(try answer.json(Created.self).memberId)
    }

    func newMember(_ name: String, in cell: OrganizationID, more: String = "") -> String {
        #"{"fullName":"\#(name)","cellId":"\#(cell)","joinedOn":"2015-05-19","recognisedOn":"2016-05-19"\#(more)}"#
    }

    func role(_ role: RoleName, of member: MemberID, at organization: OrganizationID) async throws -> RoleID {
        let answer = try await post("/v1/roles", newRole(role, of: member, at: organization))
        #expect(answer.status == .created, "\(answer.text)")
        return try #require(try answer.json(Created.self).roleId)
    }

    func newRole(_ role: RoleName, of member: MemberID, at organization: OrganizationID) -> String {
        #"{"memberId":"\#(member)","organizationId":"\#(organization)","role":"\#(role.rawValue)","from":"2026-01-01"}"#
    }

    /// The province and, on two sides, a commune, a base organisation and a cell.
    func tree() async throws -> Tree {
        let province = try await organization("A35", .provincial)
        func side(_ number: Int) async throws -> Side {
            let commune = try await organization("A35.1\(number)", .commune, under: province)
            let base = try await organization("A35.1\(number).01", .baseOrganisation, under: commune)
            let cell = try await organization("A35.1\(number).01.01", .subordinateCell, under: base)
            return Side(commune: commune, base: base, cell: cell)
        }
        return Tree(province: province, a: try await side(1), b: try await side(2))
    }

    struct Side: Sendable {
        let commune: OrganizationID
        let base: OrganizationID
        let cell: OrganizationID
    }

    struct Tree: Sendable {
        let province: OrganizationID
        let a: Side
        let b: Side
    }

    /// The events in the outbox of one key, oldest first.
    func events<Payload: EventPayload>(
        _ type: Payload.Type, of key: UUIDv7
    ) async throws -> [(version: Int64, state: Payload)] {
        try await service.pool.query(
            "SELECT version, data FROM outbox WHERE key = \(key) AND type = \(Payload.type) ORDER BY seq"
        ).map { row in
            (try row.get("version"), try ContractsJSON.decode(from: try row.get("data", as: [UInt8].self)))
        }
    }

    /// Gives a message to the consumer of admissions, as Routing's relay writes it.
    func deliver(_ payload: some EventPayload, of dossier: DossierID) async throws {
        let header = [
            EventHeader.specVersion: "1.0", EventHeader.id: "\(ids.next(at: now))",
            EventHeader.type: type(of: payload).type, EventHeader.source: "urn:hoso:routing",
            EventHeader.time: RFC3339.text(of: now), EventHeader.sequence: "9",
        ]
        let record = ConsumedRecord(
            topic: type(of: payload).topic.name, partition: 0, offset: 0, key: Array("\(dossier)".utf8),
            value: try ContractsJSON.encode(payload),
            headers: header.map { KafkaHeader(name: $0.key, value: Array($0.value.utf8)) })
        let consumer = try #require(service.parts.consumers.first { $0.name == AdmissionConsumer.name })
        guard case .known(let envelope, let effect) = consumer.read(record) else {
            Issue.record("the consumer does not know the event")
            return
        }
        try await service.pool.transaction { transaction in
            let context = EventContext(
                now: now, traceparent: nil,
                eventIDs: ComputedEventIDs(cause: envelope.id, consumer: consumer.name))
            try await effect(
                MessageScope(
                    transaction: transaction, context: context, outbox: service.kit.outbox, arrivals: Arrivals()))
        }
    }

    func deliver(_ admission: MemberAdmitted) async throws {
        try await deliver(admission, of: admission.dossierId)
    }

    /// A letter of introduction is issued.
    @discardableResult
    func introduce(
        _ member: MemberID, from cell: OrganizationID, temporaryUntil day: Day? = nil
    ) async throws -> DossierID {
        let dossier: DossierID = ids.next(at: now)
        try await deliver(
            CaseLetterIssued(
                dossierId: dossier, memberId: member, fromCellId: cell, temporaryUntil: day, issuedAt: now),
            of: dossier)
        return dossier
    }

    /// A letter of introduction is cancelled.
    func cancelLetter(_ dossier: DossierID, of member: MemberID, from cell: OrganizationID) async throws {
        try await deliver(
            CaseLetterCancelled(
                dossierId: dossier, memberId: member, fromCellId: cell, reissued: false, reason: "Không chuyển nữa",
                cancelledAt: now),
            of: dossier)
    }

    func admission(_ member: MemberID, from: OrganizationID, to: OrganizationID) throws -> MemberAdmitted {
        MemberAdmitted(
            dossierId: ids.next(at: now), memberId: member, fromCellId: from, toCellId: to,
            effectiveOn: try Day("2026-11-20"))
    }
}

func withDirectory(_ body: @Sendable (DirectoryScene) async throws -> Void) async throws {
    try await withTestService(Directory.self) { service in
        try await body(DirectoryScene(service: service, operating: try await service.operatorToken()))
    }
}
