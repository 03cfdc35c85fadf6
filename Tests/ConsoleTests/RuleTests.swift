import ConsoleDomain
import Contracts
import Foundation
import Testing

@Suite("What the console tells and when")
struct RuleTests {
    private func event(_ number: Int64) -> SeenEvent {
        let ids = SequentialIDSource(seed: UInt64(number))
        let now = Date(timeIntervalSince1970: 1_795_143_600)
        return SeenEvent(
            number: number, id: ids.next(at: now), type: "hoso.member.state.v1", topic: TopicCatalogue.members.name,
            partition: 0, offset: number, key: ids.next(at: now), sequence: 1, time: now, service: .directory,
            seenAt: now)
    }

    @Test("each event is told once, in order, also one that became visible after a later one")
    func window() {
        var window = EventWindow()
        #expect(window.fresh([event(2), event(1)]).isEmpty)
        #expect(window.fresh([event(5), event(3), event(2), event(1)]).map(\.number) == [3, 5])
        #expect(window.fresh([event(5), event(4), event(3), event(2)]).map(\.number) == [4])
        #expect(window.fresh([event(5), event(4), event(3), event(2)]).isEmpty)
    }

    @Test(
        "an address names a service of the suite and an http address",
        arguments: [
            "intake=http://127.0.0.1:8101", "dues=https://dues.example/", "console=http://[::1]:8100",
        ])
    func addresses(_ text: String) throws {
        let address = try ServiceAddress(text)
        #expect(!address.url.hasSuffix("/") && address.url.hasPrefix("http"))
    }

    @Test(
        "what is no address is refused by its setting's name",
        arguments: [
            "", "intake", "village=http://127.0.0.1", "intake=ftp://127.0.0.1", "intake=file:///etc", "intake=http:",
        ])
    func wrongAddresses(_ text: String) throws {
        let fault = try #require(throws: InvalidValue.self) { try ServiceAddress(text) }
        #expect(fault.field == "console.services")
    }

    @Test("only a report that fits its status is believed")
    func standings() {
        #expect(ServiceStanding.state(word: "ready", status: 200) == .ready)
        #expect(ServiceStanding.state(word: "degraded", status: 200) == .degraded)
        #expect(ServiceStanding.state(word: "not-ready", status: 503) == .notReady)
        #expect(ServiceStanding.state(word: "ready", status: 503) == .notReady)
        #expect(ServiceStanding.state(word: nil, status: 200) == .notReady)
    }

    @Test("every topic of the suite is listed, also a silent one; a strange one comes last")
    func topics() {
        let seen = [
            TopicCount(topic: "elsewhere", service: nil, count: 1, newest: nil),
            TopicCount(topic: TopicCatalogue.roles.name, service: .directory, count: 7, newest: nil),
        ]
        let complete = TopicCount.complete(seen)
        #expect(complete.count == TopicCatalogue.all.count + 1)
        #expect(complete.first { $0.topic == TopicCatalogue.roles.name }?.count == 7)
        #expect(complete.last?.topic == "elsewhere")
    }
}
