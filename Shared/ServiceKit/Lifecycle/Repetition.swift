public import Logging
import ServiceLifecycle

/// Does something again and again until the process is asked to stop; a failure is logged and tried again at the next
/// turn, with the wait growing up to a minute while it goes on failing.
public func repeatUntilShutdown(
    every interval: Duration, logger: Logger, name: String, _ work: @escaping @Sendable () async throws -> Void
) async {
    await cancelWhenGracefulShutdown {
        var failures = 0
        while !Task.isCancelled {
            do {
                try await work()
                failures = 0
            } catch is CancellationError {
                return
            } catch {
                failures += 1
                logger.warning("\(name) failed", metadata: ["error": "\(error)", "failures": "\(failures)"])
            }
            let wait = min(interval * (1 << min(failures, 6)), max(interval, .seconds(60)))
            do { try await Task.sleep(for: wait) } catch { return }
        }
    }
}
