import ConsoleDomain
import Contracts
import Foundation
import HTTPTypes
import Hummingbird
import Messaging
import Postgres
import ServiceKit

/// What the console shows over HTTP. It is open to whoever reaches it: nothing on it is personal data.
struct ConsoleView: Sendable {
    let kit: ServiceContext
    let hub: EventHub
    let poll: HealthPoll

    func overview() async throws -> Overview {
        Overview(
            at: kit.time.now, services: poll.standings.map(Overview.Service.init),
            topics: try await EventStore.counts(in: kit.pool).map(Overview.Topic.init),
            behindSeconds: kit.projectionAges.age(of: EverythingConsumer.name, now: kit.time.now))
    }

    /// `GET /v1/overview`: services and counts by topic.
    func addOverview(to router: Router<HosoRequestContext>) {
        router.get("/v1/overview") { _, _ in
            try Reply.json(.ok, try await overview(), headers: [.cacheControl: "no-store"])
        }
    }

    /// `GET /v1/events?limit=&before=&topic=`: the newest events, the newest first.
    func addEvents(to router: Router<HosoRequestContext>) {
        router.get("/v1/events") { request, _ in
            let parameters = request.uri.queryParameters
            let limit = parameters.get("limit").map { Int($0) ?? 0 } ?? 50
            guard (1...200).contains(limit) else { throw Self.invalid("limit") }
            let before = parameters.get("before").map { Int64($0) ?? 0 } ?? .max
            guard before > 0 else { throw Self.invalid("before") }
            let topic = parameters.get("topic")
            let events = try await EventStore.newest(limit, before: before, topic: topic, in: kit.pool)
            let page = EventPage(
                items: events.map(EventItem.init), next: events.count == limit ? events.last?.number : nil)
            return try Reply.json(.ok, page, headers: [.cacheControl: "no-store"])
        }
    }

    private static func invalid(_ name: String) -> Problem {
        Problem.invalidParameter.with(errors: [
            FieldError(
                field: name, rule: "parameter.form", vietnamese: "Tham số \(name) không hợp lệ.",
                english: "The parameter \(name) is not valid.")
        ])
    }
}

/// Services and counts by topic.
struct Overview: Encodable {
    struct Service: Encodable {
        let service: ServiceName
        let name: LocalizedText
        let state: ServiceStanding.State
        let stateName: LocalizedText
        let reasons: [String]
        let askedAt: Date?
        let milliseconds: Int?

        init(_ standing: ServiceStanding) {
            service = standing.service
            name = Words.of(standing.service)
            state = standing.state
            stateName = Words.of(standing.state)
            reasons = standing.reasons
            askedAt = standing.askedAt
            milliseconds = standing.milliseconds
        }
    }

    struct Topic: Encodable {
        let topic: String
        let name: LocalizedText
        let service: ServiceName?
        let count: Int64
        let newest: Date?

        init(_ count: TopicCount) {
            topic = count.topic
            name = Words.of(topic: count.topic)
            service = count.service
            self.count = count.count
            newest = count.newest
        }
    }

    let at: Date
    let services: [Service]
    let topics: [Topic]
    /// How long ago the console was level with all topics; absent when it never was.
    let behindSeconds: TimeInterval?
}

/// An event with what people call it.
struct EventItem: Encodable {
    let event: SeenEvent
    let name: LocalizedText
    let serviceName: LocalizedText?

    private enum Key: CodingKey { case name, serviceName }

    init(_ event: SeenEvent) {
        self.event = event
        name = Words.of(type: event.type)
        serviceName = event.service.map(Words.of)
    }

    func encode(to encoder: any Encoder) throws {
        try event.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(serviceName, forKey: .serviceName)
    }
}

struct EventPage: Encodable {
    let items: [EventItem]
    /// Give it as `before` for the part before; absent at the end.
    let next: Int64?
}
