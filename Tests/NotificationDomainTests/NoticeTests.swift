import Contracts
import Foundation
import NotificationDomain
import Testing

@Suite("Notices")
struct NoticeTests {
    private let template = NoticeTemplate(
        subject: LocalizedText(vietnamese: "Hồ sơ {code}", english: "Dossier {code}"),
        body: LocalizedText(vietnamese: "Lúc {at}", english: "At {at}"), short: "{code}")

    @Test("the facts stand in both languages")
    func fills() throws {
        let notice = try template.filled(with: ["code": "A35-1", "at": "08:00"])
        #expect(notice.subject == "Hồ sơ A35-1 / Dossier A35-1")
        #expect(notice.body.contains("Lúc 08:00") && notice.body.contains("At 08:00"))
        #expect(notice.short == "A35-1")
    }

    @Test("a notice with a hole in it is not made")
    func missing() {
        #expect(throws: NoticeFault.missingFact("at")) { try template.filled(with: ["code": "A35-1"]) }
    }

    @Test("a fact brings no header of its own", arguments: ["x\r\nBcc: a@b.example", "x\nY", "x\u{0}y", "x\ty"])
    func injection(fact: String) throws {
        let notice = try template.filled(with: ["code": fact, "at": ""])
        #expect(!notice.subject.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }

    @Test("a fact is not read as a template")
    func nesting() throws {
        #expect(try template.filled(with: ["code": "{at}", "at": "08:00"]).short == "{at}")
    }

    @Test("a rule whose template asks for what its event does not have is refused by name")
    func unknownPlace() {
        let rule = NoticeRule(name: "r", event: "hoso.receipt.issued", channels: [.email], template: template)
        #expect { try NoticeRules([rule]) } throws: { ($0 as? InvalidValue)?.rule == "place.known" }
    }

    @Test("rules with unknown events or equal names are refused")
    func unknownEvent() {
        let plain = NoticeTemplate(
            subject: LocalizedText(vietnamese: "a", english: "a"), body: LocalizedText(vietnamese: "b", english: "b"),
            short: "c")
        let odd = NoticeRule(name: "r", event: "hoso.nothing", channels: [], template: plain)
        #expect { try NoticeRules([odd]) } throws: { ($0 as? InvalidValue)?.rule == "event.known" }
        let good = NoticeRule(name: "r", event: "hoso.receipt.issued", channels: [], template: plain)
        #expect { try NoticeRules([good, good]) } throws: { ($0 as? InvalidValue)?.rule == "rule.unique" }
    }

    @Test("a rule can tell one state of an event; a state that the event has not is refused by name")
    func states() throws {
        let plain = NoticeTemplate(
            subject: LocalizedText(vietnamese: "a", english: "a"), body: LocalizedText(vietnamese: "b", english: "b"),
            short: "c")
        func rule(_ name: String, _ event: String, _ state: String?) -> NoticeRule {
            NoticeRule(name: name, event: event, state: state, channels: [.email], template: plain)
        }
        let event = "hoso.case.paper-file-recorded"
        let rules = try NoticeRules([rule("one", event, "lost"), rule("any", event, nil)])
        #expect(rules.rules(for: event, in: "lost").map(\.name) == ["one", "any"])
        #expect(rules.rules(for: event, in: "arrived").map(\.name) == ["any"])
        for odd in [rule("r", event, "burnt"), rule("r", "hoso.case.rejected", "lost")] {
            #expect { try NoticeRules([odd]) } throws: { ($0 as? InvalidValue)?.rule == "state.known" }
        }
    }

    @Test("only channels that a member has and has agreed to are used")
    func consent() {
        let all = MemberState.Channels(
            email: "a@mau.example", phone: "0900000001", consent: .init(email: true, sms: false, push: false))
        #expect(usableChannels([.email, .sms, .push], of: all).map(\.0) == [.email])
        let none = MemberState.Channels(consent: .init(email: true, sms: true, push: true))
        #expect(usableChannels([.email, .sms], of: none).isEmpty)
    }

    @Test("a failed delivery is tried again with doubled pauses and given up in the end")
    func plan() {
        let plan = DeliveryPlan(attempts: 4, firstPause: 5, longestPause: 15)
        let now = Date(timeIntervalSince1970: 1_795_000_000)
        let failed = DeliveryOutcome.failed(reason: "x")
        #expect(
            (1...4).map { plan.next(after: failed, attempt: $0, now: now)?.timeIntervalSince(now) } == [5, 10, 15, nil])
        #expect(plan.next(after: .sent, attempt: 1, now: now) == nil)
        #expect(plan.next(after: .refused(reason: "x"), attempt: 1, now: now) == nil)
    }
}
