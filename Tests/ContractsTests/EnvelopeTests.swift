import Contracts
import Foundation
import TestSeed
import Testing

@Suite("The envelope of events")
struct EnvelopeTests {
    @Test("a trace goes on in a child with a new span")
    func trace() throws {
        var generator = SeededGenerator(seed: 9)
        let root = TraceContext.root(using: &generator)
        let child = root.child(using: &generator)
        #expect(child.traceID == root.traceID && child.spanID != root.spanID && child.isSampled)
        #expect(TraceContext(root.description) == root)
        #expect(TraceContext.root(sampled: false, using: &generator).description.hasSuffix("-00"))
        let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        #expect(TraceContext(given)?.description == given)
        #expect(TraceContext("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later")?.description == given)
    }

    @Test(
        "a header that is no trace is not taken for one",
        arguments: [
            "", "00", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "00-0af7651916cd43dd8448eb211c8031-9cb7ad6b7169203331-01",
        ])
    func noTrace(header: String) {
        #expect(TraceContext(header) == nil)
    }

    @Test("any JSON survives, whole numbers exactly")
    func anyJSON() throws {
        let text = #"{"a":[1,2.5,-9007199254740993,true,null,"Đ"],"b":{},"c":9223372036854775807}"#
        let value = try ContractsJSON.decode(JSONValue.self, from: Array(text.utf8))
        #expect(try jsonText(value) == text)
        #expect(value["a"]?.array?[2].integer == -9_007_199_254_740_993)
        #expect(
            value["a"]?.array?[1].double == 2.5 && value["a"]?.array?[3].bool == true
                && value["a"]?.array?[4].isNull == true)
        #expect(
            value == ["a": [1, 2.5, -9_007_199_254_740_993, true, nil, "Đ"], "b": [:], "c": 9_223_372_036_854_775_807])
    }

    @Test("poison is an error, never a crash")
    func poison() {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        for text in ["", "{", "nul", "\"\\ud800\"", deep, "{\"a\":1}x"] {
            #expect(throws: (any Error).self, "\(text.prefix(20))") {
                try ContractsJSON.decode(JSONValue.self, from: Array(text.utf8))
            }
        }
        #expect(throws: (any Error).self) {
            try ContractsJSON.decode([String].self, from: [0x5B, 0x22, 0xFF, 0x22, 0x5D])
        }
        for payload in ContractsRegistry.all {
            for data in [JSONValue.null, [:], [], "x", ["dossierId": 5]] {
                #expect(throws: (any Error).self, "\(payload.type)") { try decode(payload, data) }
            }
        }
    }

    @Test("the source of an event names its service")
    func sources() {
        for service in ServiceName.allCases { #expect(ServiceName(source: service.source) == service) }
        #expect(ServiceName(source: "urn:hoso:service:other") == nil && ServiceName(source: "") == nil)
    }
}

@Suite("The catalogue of topics")
struct TopicCatalogueTests {
    @Test("each topic has one writer and is named after it")
    func names() {
        #expect(Set(TopicCatalogue.all.map(\.name)).count == TopicCatalogue.all.count)
        for topic in TopicCatalogue.all {
            #expect(
                topic.name.wholeMatch(of: /hoso\.[a-z]+\.[a-z]+\.v[1-9]/) != nil
                    && topic.name.hasPrefix("hoso.\(topic.owner.rawValue)."))
            #expect(TopicCatalogue[topic.name] == topic && TopicCatalogue.owned(by: topic.owner).contains(topic))
            #expect(topic.maximumBytes == 900_000 && topic.partitions > 0)
        }
        #expect(TopicCatalogue["hoso.unknown.v1"] == nil)
    }

    @Test("state topics are compacted and keep everything, event topics delete by age")
    func cleanup() {
        let state = TopicCatalogue.all.filter { $0.kind == .state }
        #expect(
            state == [
                TopicCatalogue.organizations, TopicCatalogue.members, TopicCatalogue.roles, TopicCatalogue.standings,
            ])
        #expect(
            state.allSatisfy {
                $0.brokerSettings["cleanup.policy"] == "compact" && $0.brokerSettings["retention.ms"] == "-1"
            })
        #expect(TopicCatalogue.cases.brokerSettings["retention.ms"] == "2592000000")
        #expect(TopicCatalogue.longestRetention == .seconds(30 * 86_400))
    }

    @Test("each service writes operations events on its own topic")
    func operations() {
        for service in ServiceName.allCases {
            let topic = MessageParked.topic(writtenBy: service)
            #expect(topic.owner == service && topic.partitions < TopicCatalogue.cases.partitions)
        }
        #expect(DossierSubmitted.topic(writtenBy: .intake) == TopicCatalogue.dossiers)
    }

    @Test("every topic but feedback has events")
    func written() {
        for topic in TopicCatalogue.all where topic != TopicCatalogue.feedback {
            #expect(ContractsRegistry.all.contains { $0.topic(writtenBy: topic.owner) == topic }, "\(topic.name)")
        }
    }
}
