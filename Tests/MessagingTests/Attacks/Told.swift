import Logging
import TestStack

/// What was said in the log, for a test to look at.
final class Told: Sendable {
    private let lines = Locked<[String]>([])

    func count(of text: String) -> Int { lines.withLock { $0.filter { $0.contains(text) }.count } }

    var all: [String] { lines.withLock { $0 } }

    var logger: Logger {
        Logger(label: "attack") { [lines] _ in Handler(lines: lines) }
    }

    private struct Handler: LogHandler {
        let lines: Locked<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .debug

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let all = metadata.merging(event.metadata ?? [:]) { $1 }
            lines.withLock { $0.append("\(event.message) \(all)") }
        }
    }
}
