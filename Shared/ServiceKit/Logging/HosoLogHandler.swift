import Contracts
public import Foundation
public import Logging

/// Writes log lines as JSON or as text for people, with the trace of the running task and without secrets.
public struct HosoLogHandler: LogHandler {
    /// How a line looks.
    public enum Format: String, Sendable {
        /// One JSON object a line.
        case json
        /// Text for people.
        case human
    }

    /// The lowest level that is written.
    public var logLevel: Logger.Level
    /// What every line of this logger says beside its message.
    public var metadata: Logger.Metadata = [:]
    /// A further source of such values.
    public var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: Format
    private let write: @Sendable (String) -> Void
    private let now: @Sendable () -> Date

    /// - Parameter write: takes one whole line, its line break included; called from any thread.
    public init(
        label: String, level: Logger.Level = .info, format: Format = .json,
        now: @escaping @Sendable () -> Date = { Date() },
        write: @escaping @Sendable (String) -> Void = HosoLogHandler.standardError
    ) {
        self.label = label
        logLevel = level
        self.format = format
        self.now = now
        self.write = write
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadataProvider?.get() ?? [:]
        all.merge(metadata) { _, own in own }
        if let more = event.metadata { all.merge(more) { _, own in own } }
        if let error = event.error { all["error"] = "\(error)" }
        let trace = CurrentTrace.context?.traceID
        let redaction = Redaction.current
        let fields = all.map { (name: $0.key, value: redaction.apply("\($0.value)")) }.sorted { $0.name < $1.name }
        let message = redaction.apply(event.message.description)
        let line =
            switch format {
            case .json: jsonLine(event.level, message, trace, fields)
            case .human: humanLine(event.level, message, trace, fields)
            }
        write(line)
    }

    private func jsonLine(
        _ level: Logger.Level, _ message: String, _ trace: String?, _ fields: [(name: String, value: String)]
    ) -> String {
        var line = "{\"time\":\"\(RFC3339.text(of: now()))\",\"level\":\"\(level.rawValue)\",\"logger\":"
        JSONText.append(label, to: &line)
        line += ",\"message\":"
        JSONText.append(message, to: &line)
        if let trace { line += ",\"traceId\":\"\(trace)\"" }
        for field in fields {
            line += ","
            JSONText.append(Self.reserved.contains(field.name) ? "_" + field.name : field.name, to: &line)
            line += ":"
            JSONText.append(field.value, to: &line)
        }
        return line + "}\n"
    }

    private static let reserved: Set<String> = ["time", "level", "logger", "message", "traceId"]

    private func humanLine(
        _ level: Logger.Level, _ message: String, _ trace: String?, _ fields: [(name: String, value: String)]
    ) -> String {
        var line = "\(RFC3339.text(of: now())) \(level.rawValue.uppercased()) [\(label)] \(message)"
        for field in fields { line += " \(field.name)=\(field.value)" }
        if let trace { line += " trace=\(trace.prefix(8))" }
        // A line break inside a value must not look like another line.
        return line.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            default: text.unicodeScalars.append(scalar)
            }
        } + "\n"
    }

    /// Writes to the standard error stream, one call for each line.
    public static let standardError: @Sendable (String) -> Void = { line in
        var line = line
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let written = Foundation.write(2, rest.baseAddress, rest.count)
                guard written > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }
    }
}
