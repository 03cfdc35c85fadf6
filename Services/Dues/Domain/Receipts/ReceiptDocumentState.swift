/// How far the document (bản điện tử) of a receipt is.
public enum ReceiptDocumentState: String, Codable, Hashable, Sendable, CaseIterable {
    /// Nobody has asked for it.
    case unasked
    /// Asked for; Signing draws and seals it.
    case asked
    /// Signing has tried several times and goes on trying.
    case late
    /// Sealed, and given out as it is from now on.
    case issued
    /// It cannot be made as it was asked for; it can be asked for again.
    case failed

    /// Whether asking for it makes a new request.
    public var canBeAsked: Bool { self == .unasked || self == .failed }
}
