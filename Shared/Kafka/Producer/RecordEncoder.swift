import CRdKafka
import FoundationEssentials

/// Hands records to librdkafka, with the memory for its arguments taken once for a whole batch.
struct RecordEncoder {
    private let arguments = UnsafeMutablePointer<rd_kafka_vu_t>.allocate(capacity: 8)

    func free() {
        arguments.deallocate()
    }

    /// - Parameter opaque: what the delivery report carries back; it must outlive the report.
    /// - Returns: why the record was refused, nil when librdkafka has taken it.
    mutating func produce(
        _ record: KafkaRecord, on client: OpaquePointer, topic: ProducerClient.TopicHandle,
        opaque: UnsafeMutablePointer<DeliverySlot>
    ) -> KafkaError.Code? {
        guard let headers = Self.headers(record.headers) else { return KafkaError.Code.usage }
        let error = withBytes(record.key) { key, keySize in
            withBytes(record.value) { value, valueSize in
                var count = 0
                func append(_ kind: rd_kafka_vtype_t, _ fill: (inout rd_kafka_vu_t) -> Void) {
                    var argument = rd_kafka_vu_t()
                    argument.vtype = kind
                    fill(&argument)
                    (arguments + count).initialize(to: argument)
                    count += 1
                }
                append(RD_KAFKA_VTYPE_RKT) { $0.u.rkt = topic.pointer }
                if let partition = record.partition { append(RD_KAFKA_VTYPE_PARTITION) { $0.u.i32 = partition } }
                append(RD_KAFKA_VTYPE_MSGFLAGS) { $0.u.i = RD_KAFKA_MSG_F_COPY }
                append(RD_KAFKA_VTYPE_KEY) { $0.u.mem = .init(ptr: key, size: keySize) }
                append(RD_KAFKA_VTYPE_VALUE) { $0.u.mem = .init(ptr: value, size: valueSize) }
                if let timestamp = record.timestamp {
                    let milliseconds = Int64((timestamp.timeIntervalSince1970 * 1000).rounded())
                    append(RD_KAFKA_VTYPE_TIMESTAMP) { $0.u.i64 = milliseconds }
                }
                append(RD_KAFKA_VTYPE_OPAQUE) { $0.u.ptr = UnsafeMutableRawPointer(opaque) }
                append(RD_KAFKA_VTYPE_HEADERS) { $0.u.headers = headers }
                return rd_kafka_produceva(client, arguments, count)
            }
        }
        guard let error else { return nil }
        // The headers are librdkafka's only once it has taken the record.
        rd_kafka_headers_destroy(headers)
        let code = KafkaError.Code(rd_kafka_error_code(error))
        rd_kafka_error_destroy(error)
        return code
    }

    /// The list is ours until a record takes it over.
    private static func headers(_ headers: [KafkaHeader]) -> OpaquePointer? {
        guard let list = rd_kafka_headers_new(headers.count) else { return nil }
        for header in headers {
            var name = header.name
            name.withUTF8 { name in
                withBytes(header.value) { value, size in
                    // Both are copied.
                    name.withMemoryRebound(to: CChar.self) { name in
                        _ = rd_kafka_header_add(list, name.baseAddress, name.count, value, size)
                    }
                }
            }
        }
        return list
    }
}

/// The place and length of the bytes: none when absent, some place when they are merely empty.
private func withBytes<R>(_ bytes: [UInt8]?, _ body: (UnsafeMutableRawPointer?, Int) -> R) -> R {
    guard let bytes else { return body(nil, 0) }
    return bytes.withUnsafeBytes { buffer in
        // librdkafka only reads through it, though its type does not say so.
        if let start = buffer.baseAddress { return body(UnsafeMutableRawPointer(mutating: start), buffer.count) }
        return withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { body($0.baseAddress, 0) }
    }
}
