import Contracts
import Foundation
import Testing

/// Types, schemas, recorded examples and topics say the same.
@Suite("The published contracts agree with the program")
struct ContractAgreementTests {
    @Test("every registered type has a schema and examples, and nothing else has")
    func complete() throws {
        let types = ContractsRegistry.all.map { $0.type }
        #expect(Set(types).count == types.count)
        #expect(try ContractFiles.names(in: "schemas") == types.map { "\($0).json" }.sorted())
        #expect(try ContractFiles.names(in: "examples") == types.sorted())
        for type in types {
            #expect(try ContractFiles.names(in: "examples/\(type)").first == "0001.json")
            #expect(ContractsRegistry.payload(ofType: type)?.type == type)
        }
        #expect(ContractsRegistry.payload(ofType: "hoso.unknown.v1") == nil)
    }

    @Test("types are named by what they are and end in a version")
    func names() {
        for payload in ContractsRegistry.all {
            #expect(payload.type.wholeMatch(of: /hoso(\.[a-z]+(-[a-z]+)*){2}\.v[1-9][0-9]*/) != nil, "\(payload.type)")
        }
    }

    @Test("every recorded event decodes and encodes to the same JSON", arguments: ContractsRegistry.all.map { $0.type })
    func roundTrips(type: String) throws {
        let payload = try #require(ContractsRegistry.payload(ofType: type))
        for example in try ContractFiles.examples(of: type) {
            #expect(try roundTrip(payload, example.data) == example.data, "\(example)")
        }
    }

    @Test(
        "every recorded event has the envelope of its type and topic", arguments: ContractsRegistry.all.map { $0.type })
    func envelopes(type: String) throws {
        let payload = try #require(ContractsRegistry.payload(ofType: type))
        for example in try ContractFiles.examples(of: type) {
            let header = { example.headers[$0]?.string ?? "" }
            let service = try #require(ServiceName(source: header(EventHeader.source)), "\(example)")
            let topic = payload.topic(writtenBy: service)
            #expect(topic.name == example.topic && topic.owner == service, "\(example)")
            #expect(TopicCatalogue[example.topic] == topic, "\(example)")
            #expect(header(EventHeader.type) == type)
            #expect(header(EventHeader.dataSchema) == payload.dataSchema)
            #expect(header(EventHeader.specVersion) == EventHeader.specVersionValue)
            #expect(header(EventHeader.contentType) == EventHeader.contentTypeValue)
            #expect(UUIDv7(header(EventHeader.id)) != nil)
            #expect(RFC3339.moment(of: header(EventHeader.time)) != nil)
            #expect(Int64(header(EventHeader.sequence)) != nil)
            #expect(EventHeader.required.allSatisfy { example.headers[$0] != nil }, "\(example)")
            #expect(UUIDv7(example.key) != nil && header(EventHeader.subject) == example.key)
            #expect(example.data[topic.keyField]?.string == example.key, "\(example): the key is \(topic.keyField)")
        }
    }

    @Test("ids of recorded events are never used twice")
    func ids() throws {
        let ids = try ContractsRegistry.all.flatMap { try ContractFiles.examples(of: $0.type) }
            .compactMap { $0.headers[EventHeader.id]?.string }
        #expect(Set(ids).count == ids.count && ids.count >= ContractsRegistry.all.count)
    }

    @Test("the list of topics for scripts is the catalogue")
    func topics() throws {
        let expected = TopicCatalogue.all.map { topic -> JSONValue in
            let types = ContractsRegistry.all.filter { $0.topic(writtenBy: topic.owner) == topic }
            return [
                "name": .string(topic.name), "owner": .string(topic.owner.rawValue),
                "kind": .string(topic.kind.rawValue), "partitions": .integer(Int64(topic.partitions)),
                "keyField": .string(topic.keyField), "maximumBytes": .integer(Int64(topic.maximumBytes)),
                "retentionSeconds": .integer(topic.retention.components.seconds),
                "brokerSettings": .object(topic.brokerSettings.mapValues { .string($0) }),
                "types": .array(types.map { .string($0.type) }),
            ]
        }
        #expect(try ContractFiles.json("topics.json") == ["topics": .array(expected)])
    }
}
