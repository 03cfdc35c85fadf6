public import Foundation
import Trust

/// One link of the audit chain: it covers every row of a range of transactions.
public struct AuditSeal: Sendable, Hashable {
    /// Counts from 1.
    public var number: Int64
    /// The first transaction covered.
    public var fromTransaction: UInt64
    /// The first transaction no longer covered.
    public var beforeTransaction: UInt64
    /// The rows covered, in the order of the chain.
    public var rowIDs: [UUID]
    /// The digest of each of them.
    public var rowDigests: [[UInt8]]
    /// The rows of the whole chain up to here.
    public var total: Int64
    /// The hash of the seal before; empty for the first.
    public var previous: [UInt8]
    /// The hash of this one.
    public var hash: [UInt8]

    /// Seals rows after a seal.
    ///
    /// - Parameter rows: at least one; every committed row of the transactions they span.
    public static func make(of rows: [AuditRow], after previous: AuditSeal?) -> AuditSeal {
        let rows = rows.sorted(by: AuditChain.isInOrder)
        var seal = AuditSeal(
            number: (previous?.number ?? 0) + 1, fromTransaction: previous?.beforeTransaction ?? 0,
            beforeTransaction: (rows.last?.transaction ?? 0) + 1, rowIDs: rows.map(\.id),
            rowDigests: rows.map(\.digest), total: (previous?.total ?? 0) + Int64(rows.count),
            previous: previous?.hash ?? [], hash: [])
        seal.hash = seal.computedHash
        return seal
    }

    /// The hash over everything the seal says.
    public var computedHash: [UInt8] {
        var canonical = CanonicalBytes()
        canonical.append(Array("hoso.audit.seal.v1".utf8))
        canonical.append(previous)
        canonical.append(UInt64(bitPattern: number))
        canonical.append(fromTransaction)
        canonical.append(beforeTransaction)
        canonical.append(UInt64(bitPattern: total))
        canonical.append(UInt64(rowIDs.count))
        for id in rowIDs { canonical.append(withUnsafeBytes(of: id.uuid) { Array($0) }) }
        for digest in rowDigests { canonical.append(digest) }
        return Digest.sha256(canonical.bytes)
    }
}
