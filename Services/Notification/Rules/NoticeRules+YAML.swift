import Contracts
import NotificationDomain
import Yams

/// The rules as an installation writes them.
private struct NoticeFile: Decodable {
    struct Rule: Decodable {
        let name: String
        let event: String
        let state: String?
        let channels: [NoticeChannel]
        let subject: Text
        let body: Text
        let short: String
    }

    struct Text: Decodable {
        let vi: String
        let en: String

        var localized: LocalizedText { LocalizedText(vietnamese: vi, english: en) }
    }

    let version: Int
    let rules: [Rule]
}

extension NoticeRules {
    /// The rules inside the program.
    static func bundled() throws -> NoticeRules {
        try NoticeRules(yaml: String(decoding: PackageResources.notices_yaml, as: UTF8.self))
    }

    /// - Throws: a `YamlError` or `DecodingError` with line or path, or `InvalidValue` with the rule's name.
    init(yaml: String) throws {
        let file = try YAMLDecoder().decode(NoticeFile.self, from: yaml)
        try self.init(
            file.rules.map { rule in
                NoticeRule(
                    name: rule.name, event: rule.event, state: rule.state, channels: rule.channels,
                    template: NoticeTemplate(
                        subject: rule.subject.localized, body: rule.body.localized, short: rule.short))
            })
    }
}
