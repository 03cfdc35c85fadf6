import Contracts
import Foundation
import Kafka

/// One event as a line of text.
enum EventLine {
    static func header(_ record: ConsumedRecord, _ name: String) -> String? {
        record.header(name).map { String(decoding: $0, as: UTF8.self) }
    }

    static func human(_ record: ConsumedRecord) -> String {
        let key = record.key.map { String(decoding: $0, as: UTF8.self) } ?? "-"
        return [
            header(record, EventHeader.time) ?? "-", "\(record.topic)[\(record.partition)]@\(record.offset)",
            header(record, EventHeader.type) ?? "(no type)", key, "#\(header(record, EventHeader.sequence) ?? "-")",
            record.value.map { String(decoding: $0, as: UTF8.self) } ?? "(no data)",
        ].joined(separator: "  ")
    }

    private struct Line: Encodable {
        var topic: String
        var partition: Int32
        var offset: Int64
        var key: String?
        var headers: [String: String]
        /// The data, when it is JSON; otherwise as text.
        var data: JSONValue?
        var text: String?
    }

    static func json(_ record: ConsumedRecord) -> String {
        let data = record.value.flatMap { try? ContractsJSON.decode(JSONValue.self, from: $0) }
        let headers = record.headers.map { ($0.name, String(decoding: $0.value, as: UTF8.self)) }
        let line = Line(
            topic: record.topic, partition: record.partition, offset: record.offset,
            key: record.key.map { String(decoding: $0, as: UTF8.self) },
            headers: Dictionary(headers, uniquingKeysWith: { first, _ in first }), data: data,
            text: data == nil ? record.value.map { String(decoding: $0, as: UTF8.self) } : nil)
        return (try? ContractsJSON.encode(line)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
