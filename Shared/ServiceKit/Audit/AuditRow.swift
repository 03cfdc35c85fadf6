public import Foundation
import Trust

/// One audit row as the chain sees it.
public struct AuditRow: Sendable, Hashable {
    /// Its id.
    public var id: UUID
    /// The number of the transaction that wrote it; rows are chained in this order, then by id.
    public var transaction: UInt64
    /// When, to the microsecond.
    public var at: Date
    /// What was done.
    public var action: String
    /// To what.
    public var subject: String
    /// By whom.
    public var actor: String
    /// JSON, byte for byte as it was written.
    public var details: String
    /// The trace of the request.
    public var traceparent: String?

    /// SHA-256 over all fields, each with its length before it, so that no two rows have the same bytes.
    public var digest: [UInt8] {
        var canonical = CanonicalBytes()
        canonical.append(withUnsafeBytes(of: id.uuid) { Array($0) })
        canonical.append(transaction)
        canonical.append(UInt64(bitPattern: Int64((at.timeIntervalSince1970 * 1_000_000).rounded())))
        for text in [action, subject, actor, details, traceparent ?? ""] { canonical.append(Array(text.utf8)) }
        return Digest.sha256(canonical.bytes)
    }
}

/// Bytes that can be read in one way only: every part has its length before it.
struct CanonicalBytes {
    private(set) var bytes: [UInt8] = []

    mutating func append(_ part: [UInt8]) {
        append(UInt64(part.count))
        bytes += part
    }

    mutating func append(_ number: UInt64) {
        withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
    }
}
