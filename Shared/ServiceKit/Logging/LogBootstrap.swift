import Logging
import Synchronization

/// Sets the log of the whole process up.
public enum LogBootstrap {
    private static let isDone = Mutex(false)

    /// Makes every logger write as configured; a second call changes nothing but the known secrets.
    public static func start(_ settings: Settings) throws(ConfigurationFault) {
        Redaction.install(secrets: settings.secrets)
        let level = Logger.Level(rawValue: try settings.string("log.level")) ?? .info
        let format = HosoLogHandler.Format(rawValue: try settings.string("log.format")) ?? .json
        let isFirst = isDone.withLock { done in
            defer { done = true }
            return !done
        }
        guard isFirst else { return }
        LoggingSystem.bootstrap { label in HosoLogHandler(label: label, level: level, format: format) }
    }
}
