public import Contracts

/// Which event is told to whom, how and with which text.
public struct NoticeRule: Sendable, Hashable {
    /// For example `dossier-acknowledged`: part of the natural key of a delivery, so never changed.
    public let name: String
    /// The type of the event without its version, for example `hoso.dossier.submitted`.
    public let event: String
    /// The one state of the event that is told; absent where any is, and for events that have none.
    public let state: String?
    public let channels: [NoticeChannel]
    public let template: NoticeTemplate

    public init(
        name: String, event: String, state: String? = nil, channels: [NoticeChannel], template: NoticeTemplate
    ) {
        self.name = name
        self.event = event
        self.state = state
        self.channels = channels
        self.template = template
    }
}

/// The rules of an installation.
public struct NoticeRules: Sendable {
    private let byEvent: [String: [NoticeRule]]

    /// - Throws: `InvalidValue` for two rules of one name, a channel that has no adapter, an event that gives no facts
    ///   for a place of the template, or a state that the event has not.
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
            if let state = rule.state, NoticeFacts.states[rule.event]?.contains(state) != true {
                throw InvalidValue(
                    field: "rules.\(rule.name).state", rule: "state.known",
                    vietnamese: "Sự kiện không có trạng thái này.", english: "The event has no such state.")
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
    ///
    /// - Parameter state: the state that it tells, of an event that has some.
    public func rules(for event: String, in state: String? = nil) -> [NoticeRule] {
        (byEvent[event] ?? []).filter { $0.state == nil || $0.state == state }
    }
}

/// The facts that each event gives to templates.
public enum NoticeFacts {
    public static let names: [String: Set<String>] = [
        "hoso.dossier.submitted": ["code", "receivedAt", "deadline"],
        "hoso.dossier.supplemented": ["code", "suppliedAt"],
        "hoso.result.issued": ["code", "number", "verificationId"],
        "hoso.case.letter-issued": ["code", "organizations"],
        "hoso.case.letter-cancelled": ["code"],
        "hoso.case.member-admitted": ["code", "effectiveOn"],
        "hoso.case.stay-ending": ["code", "until"],
        "hoso.case.stay-changed": ["code", "until"],
        "hoso.case.stay-ended": ["code", "until"],
        "hoso.case.paper-file-recorded": ["code", "on"],
        "hoso.case.supplement-requested": ["code"],
        "hoso.case.rejected": ["code"],
        "hoso.receipt.issued": ["number", "amount", "months"],
        "hoso.refund.succeeded": ["amount"],
    ]

    /// The states of events that a rule can choose one of.
    public static let states: [String: Set<String>] = [
        "hoso.case.paper-file-recorded": Set(PaperFileState.allCases.map(\.rawValue))
    ]
}
