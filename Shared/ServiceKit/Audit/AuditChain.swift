public import Foundation

/// The rules of the audit chain; pure.
public enum AuditChain {
    /// Whether one row stands before another in the chain.
    static func isInOrder(_ left: AuditRow, _ right: AuditRow) -> Bool {
        if left.transaction != right.transaction { return left.transaction < right.transaction }
        return left.id.uuidString < right.id.uuidString
    }

    /// Everything that is wrong with one seal and the rows it covers.
    ///
    /// - Parameters:
    ///   - previous: the seal before; nothing for the first.
    ///   - rows: every row that now lies in the seal's range of transactions, in the order of the chain.
    public static func faults(of seal: AuditSeal, after previous: AuditSeal?, rows: [AuditRow]) -> [AuditFault] {
        var faults: [AuditFault] = []
        let expectedNumber = (previous?.number ?? 0) + 1
        if seal.number != expectedNumber { faults.append(.sealMissing(number: expectedNumber)) }
        let isLinked =
            seal.previous == previous?.hash ?? [] && seal.fromTransaction == previous?.beforeTransaction ?? 0
            && seal.total == (previous?.total ?? 0) + Int64(seal.rowIDs.count)
        if !isLinked, seal.number == expectedNumber { faults.append(.chainBroken(number: seal.number)) }
        if seal.hash != seal.computedHash { faults.append(.sealChanged(number: seal.number)) }
        return faults + rowFaults(of: seal, rows: rows)
    }

    private static func rowFaults(of seal: AuditSeal, rows: [AuditRow]) -> [AuditFault] {
        guard seal.rowIDs.count == seal.rowDigests.count else { return [.sealChanged(number: seal.number)] }
        let found = Dictionary(rows.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var faults: [AuditFault] = []
        for (id, digest) in zip(seal.rowIDs, seal.rowDigests) {
            guard let row = found[id] else {
                faults.append(.rowMissing(id: id, seal: seal.number))
                continue
            }
            if row.digest != digest { faults.append(.rowChanged(id: id, seal: seal.number)) }
        }
        let sealed = Set(seal.rowIDs)
        faults += rows.filter { !sealed.contains($0.id) }.map { .rowAdded(id: $0.id, seal: seal.number) }
        if faults.isEmpty, rows.map(\.id) != seal.rowIDs { faults.append(.reordered(seal: seal.number)) }
        return faults
    }

    /// What the published anchors say against the seals that are there now.
    ///
    /// A seal that was anchored and is gone was cut off; one with another hash was written again, for example on a
    /// database restored from before.
    public static func faults(of seals: [AuditSeal], against anchors: [AuditAnchor]) -> [AuditFault] {
        faults(
            of: seals.map { AuditAnchor(number: $0.number, total: $0.total, hash: $0.hash) }, against: anchors)
    }

    /// The same for seals of which only number, count and hash are known.
    public static func faults(of seals: [AuditAnchor], against anchors: [AuditAnchor]) -> [AuditFault] {
        let known = Dictionary(seals.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        return anchors.sorted { $0.number < $1.number }.compactMap { anchor in
            guard let seal = known[anchor.number] else { return .cutOff(number: anchor.number) }
            return seal == anchor ? nil : .forked(number: anchor.number)
        }
    }
}

/// What the operations topic holds of a seal.
public struct AuditAnchor: Sendable, Hashable {
    /// The number of the seal.
    public var number: Int64
    /// The rows of the chain up to it.
    public var total: Int64
    /// Its hash.
    public var hash: [UInt8]

    /// Describes an anchor.
    public init(number: Int64, total: Int64, hash: [UInt8]) {
        self.number = number
        self.total = total
        self.hash = hash
    }
}

/// One thing that is wrong with an audit, named so that somebody can look at it.
public enum AuditFault: Error, Sendable, Hashable, CustomStringConvertible {
    /// A row's contents differ from what was sealed.
    case rowChanged(id: UUID, seal: Int64)
    /// A sealed row is gone.
    case rowMissing(id: UUID, seal: Int64)
    /// A row lies in a sealed range but was not sealed with it.
    case rowAdded(id: UUID, seal: Int64)
    /// The rows are the same but stand in another order.
    case reordered(seal: Int64)
    /// The seal itself was changed.
    case sealChanged(number: Int64)
    /// A seal between two others is gone.
    case sealMissing(number: Int64)
    /// A seal does not continue the one before it.
    case chainBroken(number: Int64)
    /// A published seal is gone, with everything after it.
    case cutOff(number: Int64)
    /// Another seal was published under the same number.
    case forked(number: Int64)

    /// The fault as an operator reads it.
    public var description: String {
        switch self {
        case .rowChanged(let id, let seal): "row \(id.uuidString.lowercased()) of seal \(seal) was changed"
        case .rowMissing(let id, let seal): "row \(id.uuidString.lowercased()) of seal \(seal) is missing"
        case .rowAdded(let id, let seal): "row \(id.uuidString.lowercased()) was added to sealed range \(seal)"
        case .reordered(let seal): "the rows of seal \(seal) stand in another order"
        case .sealChanged(let number): "seal \(number) was changed"
        case .sealMissing(let number): "seal \(number) is missing"
        case .chainBroken(let number): "seal \(number) does not continue the one before it"
        case .cutOff(let number): "seal \(number) was published and is gone"
        case .forked(let number): "seal \(number) differs from the published one"
        }
    }
}
