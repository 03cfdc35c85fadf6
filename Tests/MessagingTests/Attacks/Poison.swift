import Contracts
import Foundation
import Kafka
import TestStack

@testable import Messaging

/// An event with all that can be wrong in one.
struct Weighed: EventPayload {
    static let type = "hoso.dossier.weighed.v1"
    static let topic = TopicCatalogue.dossiers

    let dossierId: DossierID
    var grams: Int64?
    var fee: Dong?
    var labels: [String: String]?
    var parts: [Int64]?
}

/// A way in which a record can be bad, or odd and good all the same.
struct Poison: Sendable {
    static let personal = "079123456789"
    /// What is told of it even where it is written as a number.
    static let telling = "79123456789"
    static let spared = "spared"

    let name: String
    /// How it is parked; `nil` for what is not.
    let code: String?
    var isUnknown = false
    let spoil: @Sendable (inout ConsumedRecord) -> Void

    func record(_ make: TestBatch) throws -> ConsumedRecord {
        let dossier = make.dossier()
        var record = try make.record(
            make.withdrawal(of: dossier, reason: Self.personal), type: Weighed.type,
            value: ContractsJSON.encode(Weighed(dossierId: dossier, labels: ["owner": Self.personal])))
        spoil(&record)
        return record
    }

    static let all: [Poison] = data + missing + headers + keys + unknown

    private static let unknown: [Poison] = [
        Poison(name: "unknown version", code: nil, isUnknown: true) {
            $0.set(EventHeader.type, "hoso.dossier.weighed.v9")
        },
        Poison(name: "unknown type as long as a book", code: nil, isUnknown: true) {
            $0.set(EventHeader.type, String(repeating: personal, count: 50_000))
        },
    ]

    private static let data: [Poison] = [
        Poison(name: "not JSON", code: "data.malformed") { $0.value = Array("\(personal) is no JSON".utf8) },
        Poison(name: "cut off", code: "data.malformed") { $0.value?.removeLast() },
        Poison(name: "empty", code: "data.malformed") { $0.value = [] },
        Poison(name: "tombstone", code: "data.tombstone") { $0.value = nil },
        Poison(name: "bad UTF-8", code: "data.not-utf8") { $0.value?.replaceSubrange(3..<4, with: [0xFF, 0xC0]) },
        Poison(name: "NUL", code: "data.nul") { $0.value?.insert(0, at: 1) },
        Poison(name: "escaped NUL", code: "data.nul") { $0.with(#""labels":{"owner":"079\u0000"}"#) },
        Poison(name: "deep", code: "data.too-deep") { $0.value = Array(repeating: 0x5B, count: 200_000) },
        Poison(name: "a megabyte", code: "data.too-large") {
            $0.with(#""labels":{"owner":"\#(String(repeating: "9", count: 1_000_000))"}"#)
        },
        Poison(name: "beyond 2^53", code: nil) { $0.with(#""grams":9007199254740993"#) },
        Poison(name: "beyond 2^63", code: "data.malformed") { $0.with(#""grams":9223372036854775808"#) },
        Poison(name: "beyond everything", code: "data.malformed") { $0.with(#""grams":1e400"#) },
        Poison(name: "money beyond 2^53", code: "data.money.too-large") { $0.with(#""fee":9007199254740993"#) },
        Poison(name: "money with a part", code: "data.malformed") { $0.with(#""fee":1.5"#) },
        Poison(name: "a member twice", code: "data.duplicate-member") { $0.with(#""grams":1,"grams":2"#) },
        Poison(name: "a member twice, once escaped", code: "data.duplicate-member") {
            $0.with(#""grams":1,"gr\u0061ms":2"#)
        },
        Poison(name: "a value of the wrong type in a list", code: "data.wrong-type") {
            $0.with(#""parts":[1,"\#(personal)"]"#)
        },
        Poison(name: "a value under a personal name", code: "data.wrong-type") {
            $0.with(#""labels":{"\#(personal)":5}"#)
        },
    ]

    private static let missing: [Poison] = [
        EventHeader.specVersion, EventHeader.id, EventHeader.type, EventHeader.source, EventHeader.time,
        EventHeader.sequence,
    ].map { header in
        Poison(name: "without \(header)", code: "header.missing") { $0.headers.removeAll { $0.name == header } }
    }

    private static let headers: [Poison] = [
        Poison(name: "an id of another version", code: "header.invalid") {
            $0.set(EventHeader.id, "7d444840-9dc0-11d1-b245-5ffdce74fad2")
        },
        Poison(name: "no id, and a time beyond all", code: "header.missing") {
            $0.headers.removeAll { $0.name == EventHeader.id }
            $0.timestamp = Date(timeIntervalSince1970: Double(Int64.max) / 1_000)
        },
        Poison(name: "a header that is not UTF-8", code: "header.missing") { record in
            record.headers = record.headers.map {
                $0.name == EventHeader.source ? KafkaHeader(name: $0.name, value: [0xFF, 0xFE]) : $0
            }
        },
        Poison(name: "a sequence beyond 2^63", code: "header.invalid") {
            $0.set(EventHeader.sequence, "9223372036854775808")
        },
        Poison(name: "no time", code: "header.invalid") { $0.set(EventHeader.time, personal) },
        Poison(name: "no trace", code: nil) { $0.set(EventHeader.traceParent, "\0\(personal)") },
        Poison(name: "a trace as long as a book", code: nil) {
            $0.set(EventHeader.traceParent, String(repeating: personal, count: 50_000))
        },
    ]

    private static let keys: [Poison] = [
        Poison(name: "no key", code: "key.invalid") { $0.key = nil },
        Poison(name: "a key that is no id", code: "key.invalid") { $0.key = Array(personal.utf8) },
        Poison(name: "a key as long as a book", code: "key.invalid") { $0.key = drawnBytes(500_000) },
    ]

    /// Bytes that cannot be compressed.
    private static func drawnBytes(_ count: Int) -> [UInt8] {
        var random = SeededGenerator(seed: 1)
        return (0..<count).map { _ in UInt8.random(in: 1...255, using: &random) }
    }
}

extension ConsumedRecord {
    fileprivate mutating func set(_ name: String, _ text: String) {
        headers.removeAll { $0.name == name }
        headers.append(KafkaHeader(name, text))
    }

    /// The same data with other members, but the first.
    fileprivate mutating func with(_ members: String) {
        let id = String(decoding: key ?? [], as: UTF8.self)
        value = Array(#"{"dossierId":"\#(id)",\#(members)}"#.utf8)
    }
}
