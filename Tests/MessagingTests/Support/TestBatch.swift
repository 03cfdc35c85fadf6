import Contracts
import Foundation
import Kafka

@testable import Messaging

/// Builds records as the relay of Intake would write them.
struct TestBatch {
    static let start = Date(timeIntervalSince1970: 1_795_000_000)

    let ids = SequentialIDSource(seed: 1)
    var now = Self.start

    func dossier() -> DossierID { ids.next(at: now) }

    func withdrawal(of dossier: DossierID, reason: String? = nil) -> DossierWithdrawn {
        DossierWithdrawn(
            dossierId: dossier, withdrawnAt: now, byMemberId: ids.next(at: now), reason: reason)
    }

    /// A good record; parts of it can be replaced to make it a bad one.
    func record(
        _ payload: DossierWithdrawn, id: UUIDv7? = nil, version: Int64 = 1, offset: Int64 = 0,
        type: String = DossierWithdrawn.type, value: [UInt8]? = nil, without missing: String? = nil,
        traceparent: String? = nil
    ) throws -> ConsumedRecord {
        var headers = [
            (EventHeader.specVersion, "1.0"), (EventHeader.id, (id ?? ids.next(at: now)).description),
            (EventHeader.type, type), (EventHeader.source, "urn:hoso:intake"),
            (EventHeader.subject, payload.dossierId.description), (EventHeader.time, RFC3339.text(of: now)),
            (EventHeader.sequence, String(version)), (EventHeader.dataSchema, "urn:hoso:schema:\(type)"),
            (EventHeader.contentType, "application/json"),
        ]
        if let traceparent { headers.append((EventHeader.traceParent, traceparent)) }
        return ConsumedRecord(
            topic: DossierWithdrawn.topic.name, partition: 0, offset: offset,
            key: Array(payload.dossierId.description.utf8), value: try value ?? ContractsJSON.encode(payload),
            headers: headers.filter { $0.0 != missing }.map { KafkaHeader(name: $0.0, value: Array($0.1.utf8)) },
            timestamp: now)
    }

    /// A batch that follows what was read up to `from`; without it the batch starts with its first record, at offset 0 at
    /// the beginning of the partition.
    static func batch(_ records: [ConsumedRecord], from: Int64? = nil) -> PartitionBatch {
        PartitionBatch(
            topic: records.first?.topic ?? DossierWithdrawn.topic.name, partition: 0,
            startOffset: from ?? records.first?.offset ?? 0, records: records,
            nextOffset: (records.last?.offset ?? -1) + 1, isFromBeginning: from == nil && records.first?.offset == 0)
    }
}
