import CoreMetrics
import Foundation
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
        let verdict = try await Self.run("/usr/bin/promtool", ["check", "metrics"], input: text)
        #expect(verdict.status == 0, "\(verdict.output)\n\(text)")
        #expect(text.contains("process_anonymous_memory_bytes "))
    }

    /// Runs a tool. Files instead of pipes: a server that another test starts meanwhile would inherit the pipe's end and
    /// keep it open.
    static func run(
        _ path: String, _ arguments: [String], input: String
    ) async throws -> (status: Int32, output: String) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hoso-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (inputFile, outputFile) = (folder.appending(path: "in"), folder.appending(path: "out"))
        try Data(input.utf8).write(to: inputFile)
        try Data().write(to: outputFile)
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        let output = try FileHandle(forWritingTo: outputFile)
        process.standardOutput = output
        process.standardError = output
        let status = try await withCheckedThrowingContinuation {
            (continuation: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        return (status, try String(contentsOf: outputFile, encoding: .utf8))
    }
}
