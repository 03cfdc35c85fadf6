import Contracts
import Foundation
import Kafka
import NotificationDomain
import Postgres
import Projections
import ServiceKit
import ServiceTestKit
import Synchronization
import Testing

@testable import Messaging
@testable import Notification

/// A channel that answers as it is told and counts.
final class ScriptedChannel: Channel {
    private let script: Mutex<[DeliveryOutcome]>
    private let taken = Mutex<[String]>([])

    init(_ script: [DeliveryOutcome] = []) { self.script = Mutex(script) }

    var sentTo: [String] { taken.withLock { $0 } }

    func send(_ delivery: Delivery) async -> DeliveryOutcome {
        taken.withLock { $0.append(delivery.address) }
        return script.withLock { $0.isEmpty ? .sent : $0.removeFirst() }
    }
}

@Suite("Deliveries")
struct DeliveryTests {
    private struct Scene: Sendable {
        let service: TestService
        let time: ManualTimeSource
        let ids: SequentialIDSource
        let member: MemberID

        func worker(_ channels: [NoticeChannel: any Channel]) -> DeliveryWorker {
            DeliveryWorker(
                kit: service.kit, channels: channels, plan: DeliveryPlan(attempts: 3), lease: 60, parallel: 1)
        }

        /// Handles an event as the running consumer would.
        func receive<Payload: EventPayload>(_ payload: Payload, id: UUIDv7, key: UUIDv7, offset: Int64) async throws {
            let definition = try #require(service.parts.consumers.first { $0.name == "notification.notices" })
            let processor = BatchProcessor(
                definition: definition, pool: service.pool, outbox: service.kit.outbox, time: time,
                rules: ConsumerRules(), metrics: ConsumerMetrics(consumer: definition.name),
                parkingGuard: ParkingGuard(ConsumerRules(), time: time), retryDue: Signal())
            let headers = [
                (EventHeader.specVersion, "1.0"), (EventHeader.id, "\(id)"), (EventHeader.type, Payload.type),
                (EventHeader.source, "urn:hoso:test"), (EventHeader.time, RFC3339.text(of: time.now)),
                (EventHeader.sequence, "1"),
            ]
            let record = ConsumedRecord(
                topic: Payload.topic.name, partition: 0, offset: offset, key: Array("\(key)".utf8),
                value: try ContractsJSON.encode(payload), headers: headers.map { KafkaHeader($0.0, $0.1) })
            try await processor.apply(
                PartitionBatch(
                    topic: record.topic, partition: 0, startOffset: offset, records: [record], nextOffset: offset + 1,
                    isFromBeginning: true),
                clusterID: "c1")
        }

        func receipt() throws -> (ReceiptIssued, OrderID) {
            let order: OrderID = ids.next(at: time.now)
            let line = try PaymentLine(
                memberId: member, month: DuesMonth(checking: "2026-05", field: "month"), amount: Dong(15_930),
                assessmentId: nil)
            return (
                ReceiptIssued(
                    orderId: order, receiptId: ids.next(at: time.now), paymentId: ids.next(at: time.now),
                    number: "0001/2026", issuingOrganizationId: ids.next(at: time.now), payerMemberId: member,
                    lines: [line], amount: Dong(15_930), issuedAt: time.now), order
            )
        }

        /// A dossier of the member that is known here.
        func dossier() async throws -> DossierID {
            let id: DossierID = ids.next(at: time.now)
            let code = try DossierCode("A35.12.08-261120-0007")
            try await service.pool.transaction { transaction in
                try await DossierIndex.keep(id, code: code, applicant: member, in: transaction)
            }
            return id
        }

        func states() async throws -> [String] {
            try await service.pool.query("SELECT state FROM deliveries ORDER BY channel").map { try $0.get("state") }
        }
    }

    private func scene(_ body: @escaping @Sendable (Scene) async throws -> Void) async throws {
        let time = ManualTimeSource(TestTimes.start)
        let ids = SequentialIDSource(seed: 3)
        try await withTestService(Notification.self, time: time) { service in
            let member: MemberID = ids.next(at: time.now)
            let state = MemberState(
                memberId: member, fullName: "Nguyễn Văn Mẫu 01", state: .official, cellId: ids.next(at: time.now),
                joinedOn: Day(number: 16_000),
                channels: .init(
                    email: "mau.01@mau.example", phone: "0900000001",
                    consent: .init(email: true, sms: true, push: false)))
            try await service.pool.execute(
                """
                INSERT INTO directory_members (id, version, cell_id, state)
                VALUES (\(member), 1, \(state.cellId), \(PostgresJSON(bytes: try ContractsJSON.encode(state))))
                """)
            try await body(Scene(service: service, time: time, ids: ids, member: member))
        }
    }

    @Test("whom a campaign asks about is told of his case like an applicant; a dossier is Intake's to tell of")
    func campaign() async throws {
        try await scene { scene in
            for (offset, campaign) in [scene.ids.next(at: scene.time.now) as CampaignID, nil].enumerated() {
                let opened = CaseOpened(
                    dossierId: scene.ids.next(at: scene.time.now), code: try DossierCode("A35.12-261120-900000001"),
                    procedure: .residenceOpinion, procedureVersion: 1, memberId: scene.member,
                    organizationId: scene.ids.next(at: scene.time.now), openedAt: scene.time.now, campaignId: campaign)
                try await scene.receive(
                    opened, id: scene.ids.next(at: scene.time.now), key: opened.dossierId.value, offset: Int64(offset))
                let kept = try await DossierIndex.find(opened.dossierId, in: scene.service.pool)
                #expect(kept?.applicant == (campaign == nil ? nil : scene.member))
            }
        }
    }

    @Test("a receipt is told by mail and by short message, once, also when its event comes twice")
    func once() async throws {
        try await scene { scene in
            let (receipt, order) = try scene.receipt()
            let id = scene.ids.next(at: scene.time.now)
            try await scene.receive(receipt, id: id, key: order.value, offset: 0)
            try await scene.receive(receipt, id: id, key: order.value, offset: 1)
            let (mail, sms) = (ScriptedChannel(), ScriptedChannel())
            let worker = scene.worker([.email: mail, .sms: sms])
            while try await worker.sendOne() {}
            #expect(mail.sentTo == ["mau.01@mau.example"])
            #expect(sms.sentTo == ["0900000001"])
            #expect(try await scene.states() == ["sent", "sent"])
            let told = try await scene.service.pool.query("SELECT type FROM outbox").map {
                try $0.get("type", as: String.self)
            }
            #expect(told == [DeliverySent.type, DeliverySent.type])
        }
    }

    @Test("a refund is told to whoever paid, with its amount")
    func refund() async throws {
        try await scene { scene in
            for (offset, payer) in [scene.member, nil].enumerated() {
                let order: OrderID = scene.ids.next(at: scene.time.now)
                let refund = RefundSucceeded(
                    orderId: order, refundId: scene.ids.next(at: scene.time.now),
                    paymentId: scene.ids.next(at: scene.time.now), channel: "vnpay", payerMemberId: payer,
                    amount: Dong(15_930), reversal: false, succeededAt: scene.time.now)
                try await scene.receive(
                    refund, id: scene.ids.next(at: scene.time.now), key: order.value, offset: Int64(offset))
            }
            let told = try await scene.service.pool.query("SELECT rule, short FROM deliveries WHERE channel = 'sms'")
            #expect(try told.map { try $0.get("rule", as: String.self) } == ["dues-refund"])
            #expect(try told.first?.get("short", as: String.self).contains("15.930") == true)
        }
    }

    @Test("an event about a dossier that is not known yet waits for it")
    func waits() async throws {
        try await scene { scene in
            let dossier: DossierID = scene.ids.next(at: scene.time.now)
            let admitted = MemberAdmitted(
                dossierId: dossier, memberId: scene.member, fromCellId: scene.ids.next(at: scene.time.now),
                toCellId: scene.ids.next(at: scene.time.now), effectiveOn: Day(number: 20_777))
            try await scene.receive(
                admitted, id: scene.ids.next(at: scene.time.now), key: dossier.value, offset: 0)
            let waiting = try await scene.service.pool.queryOne("SELECT waiting_for, state FROM parked_keys")
            #expect(try waiting.get("waiting_for", as: String.self) == "dossier:\(dossier)")
            #expect(try await scene.states() == [])
        }
    }

    @Test("the applicant is told that something is missing, and not in the mail what it is")
    func supplement() async throws {
        try await scene { scene in
            let dossier = try await scene.dossier()
            let request = CaseSupplementRequested(
                dossierId: dossier, step: "introduce", organizationId: scene.ids.next(at: scene.time.now),
                byMemberId: scene.ids.next(at: scene.time.now), reason: "Thiếu quyết định", requestedAt: scene.time.now)
            try await scene.receive(request, id: scene.ids.next(at: scene.time.now), key: dossier.value, offset: 0)
            let (mail, sms) = (ScriptedChannel(), ScriptedChannel())
            let worker = scene.worker([.email: mail, .sms: sms])
            while try await worker.sendOne() {}
            #expect(mail.sentTo == ["mau.01@mau.example"] && sms.sentTo == ["0900000001"])
            let kept = try await scene.service.pool.query("SELECT to_jsonb(d)::text AS t FROM deliveries d")
            #expect(kept.count == 2)
            for row in kept { #expect(!(try row.get("t", as: String.self)).contains("Thiếu quyết định")) }
        }
    }

    @Test("a letter with offices is told to those who lead there, once each, and not to whoever leaves")
    func offices() async throws {
        try await scene { scene in
            let now = scene.time.now
            let dossier = try await scene.dossier()
            let (leader, cell, base): (MemberID, OrganizationID, OrganizationID) = (
                scene.ids.next(at: now), scene.ids.next(at: now), scene.ids.next(at: now)
            )
            let state = MemberState(
                memberId: leader, fullName: "Lê Văn Mẫu 02", state: .official, cellId: cell,
                joinedOn: Day(number: 16_000),
                channels: .init(email: "mau.02@mau.example", consent: .init(email: true, sms: false, push: false)))
            try await scene.service.deliver(state, key: leader.value)
            let places: [(OrganizationID, OrganizationType, String)] = [
                (cell, .subordinateCell, "Chi bộ A2"), (base, .baseOrganisation, "Đảng bộ cơ sở A"),
            ]
            for (id, type, name) in places {
                let organization = OrganizationState(
                    organizationId: id, code: try OrganizationCode(type.isCell ? "A35.12.08" : "A35.12"), name: name,
                    type: type, parentId: nil, status: .active, residential: true, duesRegion: .two, hasSeal: false,
                    bankAccounts: [])
                try await scene.service.deliver(organization, key: id.value)
                // Both lead the base organisation; the cell only the one who stays.
                for holder in type.isCell ? [leader] : [leader, scene.member] {
                    let role = RoleState(
                        roleId: scene.ids.next(at: now), memberId: holder, organizationId: id,
                        role: type.isCell ? .cellSecretary : .organisationOfficer, from: try Day("2026-01-01"),
                        status: .active)
                    try await scene.service.deliver(role, key: role.roleId.value)
                }
            }
            for (offset, offices) in [nil, [(cell, RoleName.cellDeputy), (base, .organisationOfficer)]].enumerated() {
                let letter = CaseLetterIssued(
                    dossierId: dossier, memberId: scene.member, fromCellId: cell,
                    offices: offices?.map { .init(organizationId: $0.0, role: $0.1) }, issuedAt: now)
                try await scene.receive(letter, id: scene.ids.next(at: now), key: dossier.value, offset: Int64(offset))
            }
            let rows = try await scene.service.pool.query("SELECT rule, address, body FROM deliveries")
            #expect(rows.count == 1)
            let row = try #require(rows.first)
            #expect(try row.get("rule", as: String.self) == "office-holder-leaves")
            #expect(try row.get("address", as: String.self) == "mau.02@mau.example")
            let body = try row.get("body", as: String.self)
            #expect(body.contains("Chi bộ A2") && body.contains("Đảng bộ cơ sở A"))
        }
    }

    @Test("a letter that is issued anew is told; of a move that is off its rejection tells")
    func letter() async throws {
        try await scene { scene in
            let dossier = try await scene.dossier()
            for (offset, reissued) in [false, true].enumerated() {
                let cancelled = CaseLetterCancelled(
                    dossierId: dossier, memberId: scene.member, fromCellId: scene.ids.next(at: scene.time.now),
                    reissued: reissued, reason: "Sai ngày sinh", cancelledAt: scene.time.now)
                try await scene.receive(
                    cancelled, id: scene.ids.next(at: scene.time.now), key: dossier.value, offset: Int64(offset))
                #expect(try await scene.states().count == offset)
            }
            let row = try await scene.service.pool.queryOne("SELECT rule, body FROM deliveries")
            #expect(try row.get("rule", as: String.self) == "letter-reissued")
            let body = try row.get("body", as: String.self)
            #expect(body.contains("A35.12.08-261120-0007") && !body.contains("Sai ngày sinh"))
        }
    }

    @Test("who stays elsewhere is told that the stay ends soon, of another last day, and of the end")
    func stay() async throws {
        try await scene { scene in
            let dossier = try await scene.dossier()
            let (home, cell): (OrganizationID, OrganizationID) = (
                scene.ids.next(at: scene.time.now), scene.ids.next(at: scene.time.now)
            )
            func receive<Payload: EventPayload>(_ payload: Payload, at offset: Int64) async throws {
                try await scene.receive(
                    payload, id: scene.ids.next(at: scene.time.now), key: dossier.value, offset: offset)
            }
            let (may, august) = (try Day("2027-05-31"), try Day("2027-08-31"))
            try await receive(
                CaseStayEnding(dossierId: dossier, memberId: scene.member, fromCellId: home, cellId: cell, until: may),
                at: 0)
            try await receive(
                CaseStayChanged(
                    dossierId: dossier, memberId: scene.member, fromCellId: home, cellId: cell, previousUntil: may,
                    until: august, requestDossierId: dossier, byMemberId: scene.member, changedAt: scene.time.now),
                at: 1)
            try await receive(
                CaseStayEnded(
                    dossierId: dossier, memberId: scene.member, fromCellId: home, cellId: cell, until: august,
                    endedAt: scene.time.now), at: 2)
            let rows = try await scene.service.pool.query(
                "SELECT rule || ' ' || channel AS told, body FROM deliveries ORDER BY 1")
            let told = try rows.map { try $0.get("told", as: String.self) }
            #expect(told == ["stay-changed email", "stay-ended email", "stay-ending email", "stay-ending sms"])
            let texts = try rows.map { try $0.get("body", as: String.self) }
            #expect(texts[0].contains("31/08/2027") && texts[2].contains("31/05/2027"))
        }
    }

    @Test("the member is told of his paper file when it is lost, confirmed, issued anew and there; of nothing else")
    func paperFile() async throws {
        try await scene { scene in
            let dossier = try await scene.dossier()
            let committee: OrganizationID = scene.ids.next(at: scene.time.now)
            for (offset, state) in PaperFileState.allCases.enumerated() {
                let isConfirmation = state == .policeConfirmed
                try await scene.receive(
                    CasePaperFileRecorded(
                        dossierId: dossier, memberId: scene.member, state: state, on: try Day("2026-11-20"),
                        organizationId: committee, reference: isConfirmation ? "15/XN-CAX" : nil,
                        police: isConfirmation ? "Công an xã Mẫu" : nil, recordedAt: scene.time.now),
                    id: scene.ids.next(at: scene.time.now), key: dossier.value, offset: Int64(offset))
            }
            let rows = try await scene.service.pool.query(
                "SELECT rule || ' ' || channel AS told, body, to_jsonb(d)::text AS t FROM deliveries d ORDER BY 1")
            let told = try rows.map { try $0.get("told", as: String.self) }
            #expect(
                told == [
                    "paper-file-arrived email", "paper-file-lost email", "paper-file-lost sms",
                    "paper-file-police-confirmed email", "paper-file-reissued email",
                ])
            for row in rows {
                let (body, all) = (try row.get("body", as: String.self), try row.get("t", as: String.self))
                #expect(body.contains("20/11/2026"))
                #expect(!all.contains("15/XN-CAX") && !all.contains("Công an xã Mẫu"))
            }
        }
    }

    @Test("the applicant is told that his supplement arrived")
    func supplemented() async throws {
        try await scene { scene in
            let dossier = try await scene.dossier()
            let event = DossierSupplemented(
                dossierId: dossier, number: 1, requestSequence: 3, byMemberId: scene.member,
                suppliedAt: scene.time.now, form: ["reason": "Lý do riêng"], changedFields: ["reason"], attachments: [])
            try await scene.receive(event, id: scene.ids.next(at: scene.time.now), key: dossier.value, offset: 0)
            let kept = try await scene.service.pool.query(
                "SELECT rule, channel, subject, to_jsonb(d)::text AS t FROM deliveries d")
            #expect(try kept.map { try $0.get("rule", as: String.self) } == ["supplement-received"])
            #expect(try kept.first?.get("subject", as: String.self).contains("A35.12.08-261120-0007") == true)
            #expect(try kept.first?.get("t", as: String.self).contains("Lý do riêng") == false)
        }
    }

    @Test("a channel that fails is tried again later and given up in the end, each told as an event")
    func failing() async throws {
        try await scene { scene in
            let (receipt, order) = try scene.receipt()
            try await scene.receive(receipt, id: scene.ids.next(at: scene.time.now), key: order.value, offset: 0)
            let down = ScriptedChannel(Array(repeating: .failed(reason: "unreachable"), count: 9))
            let worker = scene.worker([.email: down, .sms: ScriptedChannel()])
            while try await worker.sendOne() {}
            #expect(down.sentTo.count == 1)
            #expect(try await scene.states() == ["queued", "sent"])
            for _ in 0..<2 {
                scene.time.advance(by: 3_600)
                while try await worker.sendOne() {}
            }
            #expect(down.sentTo.count == 3)
            #expect(try await scene.states() == ["failed", "sent"])
            scene.time.advance(by: 86_400)
            #expect(try await worker.sendOne() == false)
        }
    }

    @Test("who dies with a delivery in hand gives it back when the lease is over")
    func lease() async throws {
        try await scene { scene in
            let (receipt, order) = try scene.receipt()
            try await scene.receive(receipt, id: scene.ids.next(at: scene.time.now), key: order.value, offset: 0)
            let pool = scene.service.pool
            let taken = try await Deliveries.take(now: scene.time.now, lease: 60, from: pool)
            let other = try await Deliveries.take(now: scene.time.now, lease: 60, from: pool)
            #expect(taken?.id != nil && other?.id != nil && taken?.id != other?.id)
            #expect(try await Deliveries.take(now: scene.time.now, lease: 60, from: pool) == nil)
            scene.time.advance(by: 61)
            #expect(try await Deliveries.take(now: scene.time.now, lease: 60, from: pool)?.id == taken?.id)
        }
    }
}
