import Contracts
import Foundation
import Kafka

/// The headers of an event, read and checked.
struct Envelope: Sendable {
    let id: UUIDv7
    let type: String
    let key: UUIDv7
    let sequence: Int64
    let time: Date
    let source: String
    let traceparent: String?
    let place: RecordPlace
}

/// What a record turns out to be for one consumer.
enum Reading: Sendable {
    /// An event of a type that the consumer handles.
    case known(Envelope, Handler.Effect)
    /// A well-formed event of a type or version that the consumer does not know.
    case unknown(type: String)
    /// Not readable: its id where it has one.
    case poison(id: UUIDv7?, type: String?, fault: MessageFault)
}

/// Why a message cannot be applied. Both parts are shown to operators and hold no value of the message.
struct MessageFault: Error, Sendable, Equatable {
    /// Stable, for example `data.missing-field`.
    let code: String
    let reason: String
}

extension ConsumerDefinition {
    /// Reads a record. Pure: the same record always gives the same reading.
    func read(_ record: ConsumedRecord) -> Reading {
        let headers = RecordHeaders(record)
        let id = headers.text(EventHeader.id).flatMap { UUIDv7($0) }
        let type = headers.text(EventHeader.type)
        do {
            let envelope = try headers.envelope(of: record)
            guard let handler = handlers[envelope.type] else {
                guard let everyOther else { return .unknown(type: envelope.type) }
                return .known(envelope, traced(envelope, try everyOther.prepare(envelope, record.value ?? [])))
            }
            guard let value = record.value else {
                return .poison(id: id, type: type, fault: MessageFault(code: "data.tombstone", reason: "no data"))
            }
            try JSONGuard.check(value)
            return .known(envelope, traced(envelope, try handler.prepare(envelope, value)))
        } catch {
            // A type that nobody here handles is skipped even if its other headers are odd: it is not ours to judge.
            if let type, handlers[type] == nil, everyOther == nil { return .unknown(type: type) }
            return .poison(id: id, type: try? headers.type(), fault: MessageFault(reading: error))
        }
    }

    /// The effect, within the trace of its message: what it logs and writes down can be found by it.
    private func traced(_ envelope: Envelope, _ effect: @escaping Handler.Effect) -> Handler.Effect {
        guard let trace = envelope.traceparent.flatMap({ TraceContext($0) }) else { return effect }
        return { scope in try await CurrentTrace.$context.withValue(trace) { try await effect(scope) } }
    }
}

/// The headers of one record by name.
private struct RecordHeaders {
    private let values: [String: [UInt8]]

    init(_ record: ConsumedRecord) {
        // Of a repeated header the first one counts, as for every reader of CloudEvents.
        values = Dictionary(record.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
    }

    func text(_ name: String) -> String? { values[name].flatMap { String(validating: $0, as: UTF8.self) } }

    func required(_ name: String) throws(MessageFault) -> String {
        guard let text = text(name), !text.isEmpty else {
            throw MessageFault(code: "header.missing", reason: "header \(name) is missing or not UTF-8")
        }
        return text
    }

    /// Longer than any type of ours: what is written down of it has to fit into a column, an index and an event.
    private static let longestType = 255

    func type() throws(MessageFault) -> String {
        let type = try required(EventHeader.type)
        guard type.utf8.count <= Self.longestType else { throw .invalid(EventHeader.type) }
        return type
    }

    func envelope(of record: ConsumedRecord) throws(MessageFault) -> Envelope {
        guard try required(EventHeader.specVersion) == "1.0" else {
            throw MessageFault(code: "header.invalid", reason: "header \(EventHeader.specVersion) is not 1.0")
        }
        guard let id = UUIDv7(try required(EventHeader.id)) else { throw .invalid(EventHeader.id) }
        guard let sequence = Int64(try required(EventHeader.sequence)) else { throw .invalid(EventHeader.sequence) }
        guard let time = RFC3339.moment(of: try required(EventHeader.time)) else { throw .invalid(EventHeader.time) }
        guard let bytes = record.key, let key = String(validating: bytes, as: UTF8.self).flatMap({ UUIDv7($0) }) else {
            throw MessageFault(code: "key.invalid", reason: "the key is missing or no UUIDv7")
        }
        return Envelope(
            id: id, type: try type(), key: key, sequence: sequence, time: time,
            source: try required(EventHeader.source),
            // One that cannot be read is no trace, and no fault of the event.
            traceparent: text(EventHeader.traceParent).flatMap { TraceContext($0) }?.description,
            place: RecordPlace(topic: record.topic, partition: record.partition, offset: record.offset))
    }
}

extension MessageFault {
    fileprivate static func invalid(_ header: String) -> MessageFault {
        MessageFault(code: "header.invalid", reason: "header \(header) cannot be read")
    }

    /// What is wrong with a message that could not be read: the place in it and the kind of fault, never a value.
    init(reading error: any Error) {
        switch error {
        case let fault as MessageFault: self = fault
        case let invalid as InvalidValue:
            self.init(code: "data.\(invalid.rule)", reason: "\(invalid.field): \(invalid.rule)")
        case DecodingError.keyNotFound(let key, let context):
            self.init(code: "data.missing-field", reason: Self.path(context.codingPath + [key]))
        case DecodingError.typeMismatch(let type, let context):
            self.init(code: "data.wrong-type", reason: "\(Self.path(context.codingPath)) is no \(type)")
        case DecodingError.valueNotFound(let type, let context):
            self.init(code: "data.null", reason: "\(Self.path(context.codingPath)) is null, not \(type)")
        case DecodingError.dataCorrupted(let context):
            if let invalid = context.underlyingError as? InvalidValue {
                self.init(code: "data.\(invalid.rule)", reason: Self.path(context.codingPath))
            } else {
                let path = Self.path(context.codingPath)
                self.init(code: "data.malformed", reason: path.isEmpty ? "not JSON" : path)
            }
        default: self.init(code: "data.unreadable", reason: String(describing: Swift.type(of: error)))
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String { keys.map(shown).joined(separator: ".") }

    /// The names of our own members and the places in arrays; a name within a map comes with the message.
    private static func shown(_ key: any CodingKey) -> String {
        if String(describing: Swift.type(of: key)) == "CodingKeys" { return key.stringValue }
        guard let index = key.intValue, key.stringValue == "Index \(index)" else { return "*" }
        return "[\(index)]"
    }
}
