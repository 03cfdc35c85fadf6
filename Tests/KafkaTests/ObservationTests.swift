import CoreMetrics
import Foundation
import Logging
import TestStack
import Testing

@testable import Kafka

@Suite("Observation")
struct ObservationTests {
    @Test("what librdkafka says arrives in the log, with the client's name")
    func logging() async throws {
        let scene = try Scene()
        let lines = Seen<String>()
        let logger = Logger(label: "kafka") { _ in CapturingLogHandler(lines: lines) }
        let producer = try KafkaProducer(scene.configuration(), logger: logger)
        _ = try await producer.send(records(0..<1)[0])
        try scene.cluster.stopBroker()
        try await eventually { lines.values.contains { $0.contains("FAIL") && $0.contains(scene.clientID) } }
        await producer.close()
        #expect(scene.isClean)
    }

    @Test("the statistics become numbers")
    func statistics() throws {
        let json = """
            {"name":"x","msg_cnt":7,"msg_size":700,"tx_bytes":10,"rx_bytes":20,
             "brokers":{"b1":{"name":"b1","nodeid":1,"state":"UP","rtt":{"p99":1500}},
                        "boot":{"name":"boot","nodeid":-1,"state":"UP","rtt":{"p99":9}}},
             "topics":{"t":{"topic":"t","partitions":{
                "0":{"partition":0,"consumer_lag":5,"fetchq_size":100},
                "-1":{"partition":-1,"consumer_lag":-1,"fetchq_size":20}}}}}
            """
        let statistics = try #require(Array(json.utf8).withUnsafeBytes { ClientStatistics(json: $0) })
        #expect(statistics.queuedRecords == 7)
        #expect(statistics.numberedBrokers.map(\.nodeid) == [1])
        #expect(statistics.prefetchedBytes == 120)
        #expect([UInt8]("{".utf8).withUnsafeBytes { ClientStatistics(json: $0) } == nil)
    }

    @Test("a client's own statistics are understood")
    func ownStatistics() async throws {
        let scene = try Scene()
        let recorded = Seen<String>()
        let metrics = ClientMetrics(.producer, clientID: scene.clientID, factory: CapturingMetrics(labels: recorded))
        let producer = try KafkaProducer(
            scene.configuration(["statistics.interval.ms": "20"]), logger: Scene.quiet, metrics: metrics)
        _ = try await producer.send(records(0..<1)[0])
        let wanted = ["kafka_producer_connected_brokers 1.0", "kafka_producer_records_total 1"]
        try await eventually { Set(recorded.values).isSuperset(of: wanted) }
        await producer.close()
        #expect(scene.isClean)
    }
}

private struct CapturingLogHandler: LogHandler {
    let lines: Seen<String>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.add("\(metadata) \(event.metadata ?? [:]) \(event.message)")
    }
}

/// Notes "label value" for all that is recorded.
private struct CapturingMetrics: MetricsFactory {
    let labels: Seen<String>

    private final class Instrument: CounterHandler, RecorderHandler, TimerHandler {
        let label: String
        let labels: Seen<String>

        init(_ label: String, _ labels: Seen<String>) {
            self.label = label
            self.labels = labels
        }

        func increment(by amount: Int64) { labels.add("\(label) \(amount)") }
        func reset() {}
        func record(_ value: Int64) { labels.add("\(label) \(Double(value))") }
        func record(_ value: Double) { labels.add("\(label) \(value)") }
        func recordNanoseconds(_ duration: Int64) {}
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { Instrument(label, labels) }
    func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler { Instrument(label, labels) }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { Instrument(label, labels) }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}
