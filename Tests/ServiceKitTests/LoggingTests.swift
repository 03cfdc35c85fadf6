import Contracts
import Foundation
import Logging
import Synchronization
import Testing

@testable import ServiceKit

@Suite("Logging")
struct LoggingTests {
    final class Lines: Sendable {
        private let all = Mutex<[String]>([])
        func add(_ line: String) { all.withLock { $0.append(line) } }
        var joined: String { all.withLock { $0.joined() } }
    }

    func logger(_ format: HosoLogHandler.Format, _ lines: Lines) -> Logger {
        Logger(label: "test") { label in
            HosoLogHandler(
                label: label, level: .trace, format: format, now: { Date(timeIntervalSince1970: 0) },
                write: { lines.add($0) })
        }
    }

    @Test("a JSON line is one JSON object with time, level, message, trace and metadata")
    func json() throws {
        let lines = Lines()
        let trace = try #require(TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
        CurrentTrace.$context.withValue(trace) {
            logger(.json, lines).info("xin \"chào\"\n\u{1}", metadata: ["order": "7", "message": "kept"])
        }
        struct Line: Decodable {
            var time: String
            var level: String
            var message: String
            var traceId: String
            var order: String
            var _message: String
        }
        let line = try JSONDecoder().decode(Line.self, from: Data(lines.joined.utf8))
        #expect(line.time == "1970-01-01T00:00:00.000Z")
        #expect(line.message == "xin \"chào\"\n\u{1}")
        #expect(line.traceId == "0af7651916cd43dd8448eb211c80319c")
        #expect(line.order == "7" && line._message == "kept")
        #expect(lines.joined.filter { $0 == "\n" }.count == 1)
    }

    @Test("a line for people stays one line, whatever a value holds")
    func human() {
        let lines = Lines()
        logger(.human, lines).warning("one\ntwo", metadata: ["a": "x\r\ny"])
        #expect(lines.joined.filter(\.isNewline).count == 1)
        #expect(lines.joined.contains("WARNING [test] one\\ntwo"))
    }

    @Test(
        "a personal identifier never shows",
        arguments: [
            "012345678901", "id=012345678901.", "(012345678901)", "số 012345678901 và 012345678902", "-012345678901-",
        ])
    func personalIdentifiers(text: String) {
        let redacted = Redaction().apply(text)
        #expect(!redacted.contains("01234567890"))
        #expect(redacted.contains(Redaction.personalMark))
    }

    @Test(
        "what only looks like one stays",
        arguments: [
            "01234567890", "0123456789012", "019aa1b2-c3d4-7abc-8def-012345678901", "abc012345678901def",
            "1795143600000", "",
        ])
    func otherNumbers(text: String) {
        #expect(Redaction().apply(text) == text)
    }

    @Test("declared secrets never show, not even inside a longer text")
    func secrets() {
        let redaction = Redaction(secrets: ["made-up-secret", "short", "made-up"])
        #expect(redaction.apply("url?key=made-up-secret&x") == "url?key=\(Redaction.secretMark)&x")
        #expect(!redaction.apply("made-up-secret\u{301}").contains("made-up-secret"))
        #expect(redaction.apply("a short word") == "a short word")
    }
}
