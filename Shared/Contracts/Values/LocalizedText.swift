/// One text in Vietnamese, which is what members and officers read, with the English beside it.
public struct LocalizedText: Codable, Hashable, Sendable {
    public let vietnamese: String
    public let english: String

    public init(vietnamese: String, english: String) {
        self.vietnamese = vietnamese
        self.english = english
    }
}
