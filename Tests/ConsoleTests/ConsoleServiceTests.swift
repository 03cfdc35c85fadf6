import AsyncHTTPClient
import ConsoleDomain
import Contracts
import Foundation
import HTTPTypes
import Kafka
import Logging
import NIOCore
import Postgres
import ServiceKit
import ServiceTestKit
import TestStack
import Testing

@testable import Console
@testable import Messaging

@Suite("The console")
struct ConsoleServiceTests {
    let ids = SequentialIDSource(seed: 9)
    let now = TestTimes.start

    private func record(
        _ type: String, on topic: Topic, offset: Int64, id: UUIDv7? = nil, value: String = "{}"
    ) -> ConsumedRecord {
        let header = [
            EventHeader.specVersion: "1.0", EventHeader.id: "\(id ?? ids.next(at: now))", EventHeader.type: type,
            EventHeader.source: "urn:hoso:\(topic.owner.rawValue)", EventHeader.time: RFC3339.text(of: now),
            EventHeader.sequence: "\(offset + 1)",
        ]
        let key: UUIDv7 = ids.next(at: now)
        return ConsumedRecord(
            topic: topic.name, partition: 0, offset: offset, key: Array(key.description.utf8),
            value: Array(value.utf8), headers: header.map { KafkaHeader(name: $0.key, value: Array($0.value.utf8)) },
            timestamp: now)
    }

    /// Lets the console see the records, as they come from Kafka.
    private func see(_ records: [ConsumedRecord], _ service: TestService) async throws {
        let definition = EverythingConsumer.definition
        let processor = BatchProcessor(
            definition: definition, pool: service.pool, outbox: service.kit.outbox, time: service.kit.time,
            rules: ConsumerRules(), metrics: ConsumerMetrics(consumer: definition.name),
            parkingGuard: ParkingGuard(ConsumerRules(), time: service.kit.time), retryDue: Signal())
        for (topic, records) in Dictionary(grouping: records, by: \.topic) {
            try await processor.apply(
                PartitionBatch(
                    topic: topic, partition: 0, startOffset: records[0].offset, records: records,
                    nextOffset: (records.last?.offset ?? 0) + 1, isFromBeginning: true),
                clusterID: "c1")
        }
    }

    private struct Events: Decodable {
        struct Item: Decodable {
            var number: Int64
            var type: String
            var name: LocalizedText
            var service: ServiceName?
        }
        var items: [Item]
        var next: Int64?
    }

    private struct Counts: Decodable {
        struct Topic: Decodable {
            var topic: String
            var count: Int64
        }
        var topics: [Topic]

    }

    @Test("every event is listed and counted once, of known types, unknown types and unreadable data alike")
    func seen() async throws {
        try await withTestService(Console.self) { service in
            let twice = ids.next(at: now)
            try await see(
                [
                    record(MemberState.type, on: TopicCatalogue.members, offset: 0, id: twice),
                    record(MemberState.type, on: TopicCatalogue.members, offset: 1, id: twice),
                    record("hoso.member.weighed.v9", on: TopicCatalogue.members, offset: 2, value: "{broken"),
                    record(DossierSubmitted.type, on: TopicCatalogue.dossiers, offset: 0),
                ], service)
            let events: Events = try await service.call(.get, "/v1/events").json()
            #expect(events.items.count == 3 && events.next == nil)
            #expect(
                Set(events.items.map(\.type)) == [MemberState.type, "hoso.member.weighed.v9", DossierSubmitted.type])
            #expect(events.items.first { $0.type == DossierSubmitted.type }?.name.vietnamese == "Hồ sơ đã nộp")
            let counts: Counts = try await service.call(.get, "/v1/overview").json()
            #expect(counts.topics.first { $0.topic == TopicCatalogue.members.name }?.count == 2)
            #expect(counts.topics.count == TopicCatalogue.all.count)
        }
    }

    @Test("the list comes in parts, newest first, and by topic")
    func parts() async throws {
        try await withTestService(Console.self) { service in
            try await see((0..<5).map { record(RoleState.type, on: TopicCatalogue.roles, offset: $0) }, service)
            try await see([record(DossierSubmitted.type, on: TopicCatalogue.dossiers, offset: 0)], service)
            let first: Events = try await service.call(
                .get, "/v1/events?limit=3&topic=\(TopicCatalogue.roles.name)"
            ).json()
            let next = try #require(first.next)
            let second: Events = try await service.call(
                .get, "/v1/events?limit=3&topic=\(TopicCatalogue.roles.name)&before=\(next)"
            ).json()
            #expect(first.items.count == 3 && second.items.count == 2 && second.next == nil)
            #expect(
                (first.items + second.items).map(\.number) == (first.items + second.items).map(\.number).sorted(by: >))
            let wrong = try await service.call(.get, "/v1/events?limit=0")
            #expect(wrong.status == .badRequest && wrong.faults == ["limit": "parameter.form"])
        }
    }

    @Test("the page reads without a script, holds no data of events, and runs only its own script")
    func page() async throws {
        try await withTestService(Console.self) { service in
            try await see(
                [
                    record(
                        MemberState.type, on: TopicCatalogue.members, offset: 0,
                        value: #"{"fullName":"Nguyễn Văn Mẫu 01"}"#),
                    record("<script>alert(1)</script>", on: TopicCatalogue.members, offset: 1),
                ], service)
            let page = try await service.call(.get, "/")
            #expect(page.status == .ok)
            #expect(page.text.contains("Đảng viên được cập nhật") && page.text.contains("Danh bạ tổ chức"))
            #expect(!page.text.contains("Nguyễn Văn Mẫu 01"))
            #expect(!page.text.contains("<script>alert") && page.text.contains("&lt;script&gt;alert"))
            let policy = try #require(page.headers[.contentSecurityPolicy])
            let nonce = try #require(policy.firstMatch(of: /nonce-([0-9a-f]{32})/)?.1)
            #expect(page.text.contains(#"<script nonce="\#(nonce)">"#))
            let again = try await service.call(.get, "/")
            #expect(again.headers[.contentSecurityPolicy] != policy)
        }
    }

    @Test("who watches is told of what is new, once")
    func watching() async throws {
        try await withTestService(Console.self) { service in
            let hub = EventHub(limit: 1)
            let tail = EventTail(pool: service.pool, hub: hub, kept: 200, logger: service.kit.logger)
            try await see([record(RoleState.type, on: TopicCatalogue.roles, offset: 0)], service)
            try await tail.look()
            let notices = try #require(hub.watch())
            #expect(hub.watch() == nil)
            try await see([record(MemberState.type, on: TopicCatalogue.members, offset: 0)], service)
            try await tail.look()
            try await tail.look()
            hub.close()
            var told: [String] = []
            for await notice in notices { if case .event(let event) = notice { told.append(event.type) } }
            #expect(told == [MemberState.type])
            #expect(hub.watcherCount == 0)
        }
    }

    @Test("an event is framed as the protocol of server-sent events writes it")
    func frame() throws {
        let event = SeenEvent(
            number: 41, id: ids.next(at: now), type: RoleState.type, topic: TopicCatalogue.roles.name, partition: 0,
            offset: 3, key: ids.next(at: now), sequence: 2, time: now, service: .directory, seenAt: now)
        let text = String(buffer: try ConsoleView.frame(event))
        #expect(text.hasPrefix("id: 41\ndata: {") && text.hasSuffix("}\n\n"))
        #expect(text.split(separator: "\n", omittingEmptySubsequences: true).count == 2)
    }

    @Test("only so many events are kept, the counts stay")
    func trimmed() async throws {
        try await withTestService(Console.self) { service in
            try await see((0..<9).map { record(RoleState.type, on: TopicCatalogue.roles, offset: $0) }, service)
            try await EventStore.trim(to: 4, in: service.pool)
            #expect(try await EventStore.newest(100, in: service.pool).count == 4)
            let counts = try await EventStore.counts(in: service.pool)
            #expect(counts.first { $0.topic == TopicCatalogue.roles.name }?.count == 9)
        }
    }

    @Test("a service that does not answer is shown as such")
    func unreachable() async throws {
        let poll = HealthPoll(
            addresses: [ServiceAddress(service: .intake, url: "http://127.0.0.1:\(try freePort())")],
            interval: .seconds(1), timeout: .seconds(2), time: SystemTimeSource(), logger: Logger(label: "test"))
        #expect(poll.standings.map(\.state) == [.unknown])
        await poll.ask(HTTPClient.shared)
        #expect(poll.standings.map(\.state) == [.unreachable])
    }
}
