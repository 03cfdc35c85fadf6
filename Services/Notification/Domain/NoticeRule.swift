public import Contracts

/// Which event is told to whom, how and with which text.
public struct NoticeRule: Sendable, Hashable {
    /// For example `dossier-acknowledged`: part of the natural key of a delivery, so never changed.
    public let name: String
    /// The type of the event without its version, for example `hoso.dossier.submitted`.
    public let event: String
    public let channels: [NoticeChannel]
    public let template: NoticeTemplate

    public init(name: String, event: String, channels: [NoticeChannel], template: NoticeTemplate) {
        self.name = name
        self.event = event
        self.channels = channels
        self.template = template
    }
}

/// The rules of an installation.
public struct NoticeRules: Sendable {
    private let byEvent: [String: [NoticeRule]]

    /// - Throws: `InvalidValue` for two rules of one name, a channel that has no adapter, or an event that gives no
    ///   facts for a place of the template.
    public init(_ rules: [NoticeRule]) throws(InvalidValue) {
        var names: Set<String> = []
        for rule in rules {
            guard names.insert(rule.name).inserted else {
                throw InvalidValue(
                    field: "rules.\(rule.name)", rule: "rule.unique", vietnamese: "Tên quy tắc bị trùng.",
                    english: "Two rules have this name.")
            }
            guard let facts = NoticeFacts.names[rule.event] else {
                throw InvalidValue(
                    field: "rules.\(rule.name).event", rule: "event.known",
                    vietnamese: "Không có thông báo nào cho sự kiện này.", english: "No notice is made of this event.")
            }
            if let place = rule.template.places.subtracting(facts).min() {
                throw InvalidValue(
                    field: "rules.\(rule.name).\(place)", rule: "place.known",
                    vietnamese: "Sự kiện không có dữ liệu này.", english: "The event has no such fact.")
            }
        }
        byEvent = Dictionary(grouping: rules, by: \.event)
    }

    /// The rules for an event.
    public func rules(for event: String) -> [NoticeRule] { byEvent[event] ?? [] }
}

/// The facts that each event gives to templates.
public enum NoticeFacts {
    public static let names: [String: Set<String>] = [
        "hoso.dossier.submitted": ["code", "receivedAt", "deadline"],
        "hoso.dossier.supplemented": ["code", "suppliedAt"],
        "hoso.result.issued": ["code", "number", "verificationId"],
        "hoso.case.letter-cancelled": ["code"],
        "hoso.case.member-admitted": ["code", "effectiveOn"],
        "hoso.case.stay-ending": ["code", "until"],
        "hoso.case.stay-changed": ["code", "until"],
        "hoso.case.stay-ended": ["code", "until"],
        "hoso.case.supplement-requested": ["code"],
        "hoso.case.rejected": ["code"],
        "hoso.receipt.issued": ["number", "amount", "months"],
    ]
}
