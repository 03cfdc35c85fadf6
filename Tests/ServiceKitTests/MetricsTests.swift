import CoreMetrics
import Subprocess
import Testing

@testable import ServiceKit

@Suite("Metrics")
struct MetricsTests {
    @Test(
        "names follow what the Prometheus linter wants",
        arguments: [
            ("http.server.requests", MetricName.Kind.counter, "http_server_requests_total"),
            ("hoso_relay_events_sent_total", .counter, "hoso_relay_events_sent_total"),
            ("hoso.pool-Waiting", .gauge, "hoso_pool_waiting"), ("queueCount", .gauge, "queue"),
            ("3things", .gauge, "n3things"), ("..", .gauge, "unnamed"), ("số.đơn", .gauge, "s_n"),
        ])
    func names(label: String, kind: MetricName.Kind, name: String) {
        #expect(MetricName.name(of: label, kind: kind) == name)
    }

    @Test("timers are histograms in seconds")
    func timer() {
        let registry = MetricsRegistry()
        HosoMetricsFactory(registry: registry).makeTimer(label: "db.query", dimensions: [("kind", "read")])
            .recordNanoseconds(3_000_000)
        let text = registry.text()
        #expect(text.contains("# TYPE db_query_seconds histogram"))
        #expect(text.contains("db_query_seconds_bucket{kind=\"read\",le=\"0.0025\"} 0"))
        #expect(text.contains("db_query_seconds_bucket{kind=\"read\",le=\"0.005\"} 1"))
        #expect(text.contains("db_query_seconds_sum{kind=\"read\"} 0.003"))
    }

    @Test("a gauge that was never set is absent, not zero")
    func absentGauge() {
        let registry = MetricsRegistry()
        _ = HosoMetricsFactory(registry: registry).makeMeter(label: "lag", dimensions: [])
        #expect(!registry.text().contains("lag"))
    }

    @Test("values from the outside cannot make endless series")
    func bounded() {
        let registry = MetricsRegistry(seriesLimit: 5)
        for number in 0..<1_000 { registry.counter("calls", [("who", "\(number)")]).increment(by: Int64(1)) }
        let lines = registry.text().split(separator: "\n").filter { $0.hasPrefix("calls_total") }
        #expect(lines.count == 6)
        #expect(lines.contains("calls_total{who=\"other\"} 995"))
    }

    @Test("label values are escaped")
    func escaping() {
        let registry = MetricsRegistry()
        registry.counter("calls", [("who", "a\"b\\c\nd")]).increment(by: Int64(1))
        #expect(registry.text().contains(#"calls_total{who="a\"b\\c\nd"} 1"#))
    }

    @Test("one name with two sets of labels keeps the exposition valid")
    func mixedLabels() {
        let registry = MetricsRegistry()
        registry.counter("calls", [("who", "a")]).increment(by: Int64(1))
        registry.counter("calls", []).increment(by: Int64(1))
        #expect(registry.text().split(separator: "\n").filter { $0.hasPrefix("calls_total") }.count == 1)
    }

    @Test("promtool accepts the text")
    func promtool() async throws {
        let registry = MetricsRegistry()
        ProcessMetrics.install(in: registry)
        let factory = HosoMetricsFactory(registry: registry)
        factory.makeCounter(label: "dues.callbacks", dimensions: [("outcome", "accepted")]).increment(by: 3)
        factory.makeTimer(label: "http.server.request.duration", dimensions: [("route", "/v1/{id}")])
            .recordNanoseconds(1_000)
        factory.makeRecorder(label: "batch.rows", dimensions: [], aggregate: true).record(Int64(12))
        factory.makeRecorder(label: "queueTotal", dimensions: [], aggregate: false).record(Int64(12))
        factory.makeMeter(label: "wait_ms", dimensions: []).set(1.5)
        let text = registry.text()
        #expect(try await Self.complaints(about: text) == nil, "\(text)")
        #expect(text.contains("process_anonymous_memory_bytes "))
    }

    /// The Prometheus linter's complaints about an exposition; nil when it has none.
    static func complaints(about text: String) async throws -> String? {
        let ended = try await Subprocess.run(
            .name("promtool"), arguments: ["check", "metrics"], input: .string(text), output: .string(limit: 64 * 1024),
            error: .combinedWithOutput)
        return ended.terminationStatus.isSuccess ? nil : ended.standardOutput
    }
}
